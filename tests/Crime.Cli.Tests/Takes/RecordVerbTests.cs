using System;
using System.IO;
using System.Threading.Tasks;
using Crime.Cli.Tests.Data;
using NUnit.Framework;

namespace Crime.Cli.Tests.Takes;

/// <summary>Input of <c>crime record</c> that is wrong gives one line and exit code 2.</summary>
public sealed class RecordVerbTests
{
    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "record", Guid.NewGuid().ToString("n"))).FullName;

    [TestCase("--port none: ", "--port", "none", "--label", "wave", "-o", "set")]
    [TestCase("record takes either --port or --mqtt", "--label", "wave", "-o", "set")]
    [TestCase("--mqtt needs --board", "--mqtt", "localhost", "--label", "wave", "-o", "set")]
    [TestCase("'a/b' is not that", "--mqtt", "localhost", "--board", "a/b", "--label", "wave", "-o", "set")]
    [TestCase("--mqtt 127.0.0.1:1: cannot connect", "--mqtt", "127.0.0.1:1", "--board", "b", "--label", "wave", "-o", "set")]
    [TestCase("--label 'a:b'", "--port", "none", "--label", "a:b", "-o", "set")]
    [TestCase("--split takes a number above 0, up to 1", "--port", "none", "--label", "wave", "-o", "set", "--split", "0")]
    [TestCase("'--label' is required", "--port", "none", "-o", "set")]
    public Task WrongInputIsRefused(string expected, params string[] arguments) => CrimeProcess.RefusesAsync(_folder, expected, ["record", .. arguments]);

    [Test]
    public async Task AFolderWithSomethingElseIsRefused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "set"));
        File.WriteAllText(Path.Combine(_folder, "set", "train.txt"), "wave\thello");
        await CrimeProcess.RefusesAsync(_folder, "set: holds something else", "record", "--port", "none", "--label", "wave", "-o", "set");
    }
}

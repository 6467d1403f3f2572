using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The gate for device code as a command: its exit codes and what it prints.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class CheckDeviceTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("crime-check-device-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task AFindingIsOneLineAndTheExitCodeIsTwo()
    {
        File.WriteAllText(Path.Combine(_folder, "Names.cs"), "public static class Names\n{\n    public static string First() => (new string[2])[0];\n}\n");
        CrimeCommand.Outcome text = await CrimeCommand.RunAsync("check-device", "--source", _folder);
        CrimeCommand.Outcome json = await CrimeCommand.RunAsync("check-device", "--source", _folder, "--json");
        Assert.That((text.ExitCode, json.ExitCode, text.Error), Is.EqualTo((2, 2, "")));
        Assert.That(text.Out, Does.Match(@"\ANames\.cs:3: an element of a string array that may be unset is returned: .+\r?\n\z"));
        JsonElement finding = JsonDocument.Parse(json.Out).RootElement.GetProperty("findings")[0];
        Assert.That((finding.GetProperty("file").GetString(), finding.GetProperty("line").GetInt32()), Is.EqualTo(("Names.cs", 3)));
    }

    [Test]
    public async Task CleanCodeEndsWithZero()
    {
        File.WriteAllText(Path.Combine(_folder, "Names.cs"), "public static class Names\n{\n    public static string First() => (new[] { \"a\" })[0];\n}\n");
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("check-device", "--source", _folder);
        Assert.That((outcome.ExitCode, outcome.Out.Trim()), Is.EqualTo((0, "1 files of device code, no finding")));
    }
}

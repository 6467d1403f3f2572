using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Gateway.Access;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Access;

[Parallelizable(ParallelScope.Self)]
public sealed class CredentialBookTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private string _folder = "";

    private string FilePath => Path.Combine(_folder, CredentialFile.Name);

    [SetUp]
    public void MakeFolder() => _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void TheFileHasNoPassword()
    {
        var book = new CredentialBook(_folder);
        string password = book.Add("hall-1", ClientRole.Board, "hall", s_now)!;
        Assert.That(password, Does.Match("^[0-9a-f]{40}$"));
        Assert.That(File.ReadAllText(FilePath), Does.Not.Contain(password));
        Credential read = book.All.Single();
        Assert.That((read.Id, read.Role, read.Group, read.SinceUtc), Is.EqualTo(("hall-1", ClientRole.Board, "hall", s_now)));
        Assert.That((read.Secret.Matches(password), read.Secret.Matches(password[1..]), read.Secret.Matches("")), Is.EqualTo((true, false, false)));
    }

    [Test]
    public void NobodyElseReadsTheFile()
    {
        Assume.That(OperatingSystem.IsWindows(), Is.False);
        new CredentialBook(_folder).Add("hall-1", ClientRole.Board, "", s_now);
#pragma warning disable CA1416 // not on Windows
        Assert.That(File.GetUnixFileMode(FilePath), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
#pragma warning restore CA1416
    }

    [Test]
    public void AnIdIsEnrolledOnce()
    {
        var book = new CredentialBook(_folder);
        string first = book.Add("hall-1", ClientRole.Board, "", s_now)!;
        Assert.That(book.Add("hall-1", ClientRole.Tool, "", s_now), Is.Null);
        Assert.That(book.All.Single().Secret.Matches(first), Is.True);
    }

    [Test]
    public void RotationAndRevocation()
    {
        var book = new CredentialBook(_folder);
        string first = book.Add("hall-1", ClientRole.Board, "", s_now)!;
        string second = book.Rotate("hall-1", s_now)!;
        Assert.That((book.All.Single().Secret.Matches(first), book.All.Single().Secret.Matches(second)), Is.EqualTo((false, true)));
        Assert.That(book.Rotate("hall-2", s_now), Is.Null);
        Assert.That((book.Revoke("hall-1"), book.Revoke("hall-1"), book.All.Count), Is.EqualTo((true, false, 0)));
    }

    [Test]
    public async Task CommandsAtOnceLoseNothing()
    {
        const int count = 12;
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => new CredentialBook(_folder).Add($"board-{i}", ClientRole.Board, "", s_now))));
        Assert.That(new CredentialBook(_folder).All, Has.Count.EqualTo(count));
        string[] left = [CredentialFile.Name, CredentialFile.Name + CredentialBook.LockEnding];
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName), Is.EquivalentTo(left));
    }

    [TestCase("", "line 1 is not the JSON of this file")]
    [TestCase("{}", "its version is 0, this program reads 1")]
    [TestCase("null", "its version is 0, this program reads 1")]
    [TestCase("{\"version\": 2, \"credentials\": []}", "its version is 2, this program reads 1")]
    [TestCase("{\"version\": 1, \"credentials\": [null]}", "client 1 lacks a field or has one out of its range")]
    [TestCase("{\"version\": 1, \"credentials\": [{\"id\": \"a\"}]}", "client 1 lacks a field or has one out of its range")]
    [TestCase("{\"version\": 1, \"credentials\": [\n{]}", "line 2 is not the JSON of this file")]
    public void ADamagedFileIsOneLineAndStays(string text, string reason)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(FilePath, text);
        var book = new CredentialBook(_folder);
        Assert.That(() => book.Add("hall-1", ClientRole.Board, "", s_now), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{FilePath}: {reason}"));
        Assert.That(File.ReadAllText(FilePath), Is.EqualTo(text));
    }

    /// <summary>Whatever byte of the file is another one, it is read as it is or refused in one line, and no other password is right.</summary>
    [Test]
    public void AMutatedFileAdmitsNobodyElse()
    {
        var book = new CredentialBook(_folder);
        book.Add("hall-1", ClientRole.Board, "", s_now);
        byte[] good = File.ReadAllBytes(FilePath);
        int refused = 0;
        for (int at = 0; at < good.Length; at++)
        {
            byte[] bad = [.. good];
            bad[at] ^= 0x10;
            File.WriteAllBytes(FilePath, bad);
            try
            {
                Assert.That(CredentialFile.Read(FilePath).Where(one => one.Secret.Iterations <= 20_000 && one.Secret.Matches("")), Is.Empty);
            }
            catch (InvalidDataException e)
            {
                Assert.That(e.Message, Does.Not.Contain("\n"));
                refused++;
            }
        }
        Assert.That(refused, Is.GreaterThan(good.Length / 4));
    }
}

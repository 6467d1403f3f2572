using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>crime segment as a person runs it.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SegmentTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Checkout.NewFolder();

    [Test]
    public async Task TheExampleIsDividedIntoItsGestures()
    {
        string log = Path.Combine(_folder, "gestures.csv"), picture = Path.Combine(_folder, "gestures.png");
        Assert.That((await CrimeCommand.RunAsync("segment", "--example", log)).ExitCode, Is.Zero);
        JsonElement result = (await CrimeCommand.RunAsync("segment", log, "--json", "-o", picture)).Json();
        JsonElement known = result.GetProperty("known_parts");
        Assert.That((known.GetProperty("count").GetInt32(), known.GetProperty("found").GetInt32()), Is.EqualTo((36, 36)));
        Assert.That((known.GetProperty("merged").GetInt32(), known.GetProperty("extra").GetInt32()), Is.EqualTo((0, 0)));
        Assert.That(result.GetProperty("sequences").GetProperty("list").GetArrayLength(), Is.EqualTo(36));
        Assert.That(File.ReadAllBytes(picture).Take(4), Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));

        CrimeCommand.Outcome text = await CrimeCommand.RunAsync("segment", log, "--start-level", "100000");
        Assert.That(text.ExitCode, Is.Zero, text.Error);
        Assert.That(text.Out, Does.Contain("at 100.0 Hz, 36 known parts of 3 classes").And.Contain("\nsegment.start-level=100000").And.Contain("no sequence found"));
    }

    [Test]
    public async Task ABadLogGetsOneLineAndExitCodeTwo()
    {
        string log = Path.Combine(_folder, "bad.csv");
        File.WriteAllText(log, "time,x\n0,1\n0.01,one\n");
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("segment", log);
        Assert.That((outcome.ExitCode, outcome.Out), Is.EqualTo((2, "")));
        Assert.That(outcome.Error.TrimEnd(), Does.StartWith($"crime: {log}:3: 'one' in column 'x' is not a number").And.Not.Contain("\n"));
    }
}

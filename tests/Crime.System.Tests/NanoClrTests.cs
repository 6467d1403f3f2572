using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The bench on a nanoCLR: the real one where the machine has it, and a script that prints its lines.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class NanoClrTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFiles()
    {
        _folder = Checkout.NewFolder();
        foreach (string name in new[] { "Crime.Bench.pe", "System.Math.pe", "mscorlib.pe" }) File.WriteAllText(Path.Combine(_folder, name), "");
    }

    private Task<CrimeCommand.Outcome> RunAsync(string name, string script, params string[] more) =>
        CrimeCommand.RunAsync(["nanoclr", _folder, "--nanoclr", FakeProgram.Create(_folder, name, script), .. more]);

    private static IEnumerable<TestCaseData> BenchOnTheRealClr() => RealClr.Cases(RealClr.BenchFolder);

    [Test]
    public async Task TheBenchPassesOnTheRealClr()
    {
        if (!BenchOnTheRealClr().Any())
            Assert.Ignore($"no nanoCLR ({RealClr.Program}) or no bench built for it ({RealClr.BenchFolder}): this test and the three others on the real CLR do not run");
        string folder = Environment.GetEnvironmentVariable(RealClr.BenchFolder)!;
        JsonElement result = (await CrimeCommand.RunAsync("nanoclr", folder, "--json")).Json();
        Assert.That(result.GetProperty("failed").GetInt32(), Is.Zero);
        Assert.That(result.GetProperty("passed").GetInt32(), Is.Positive);
        string[] names = result.GetProperty("measurements").EnumerateArray().Select(line => line.GetProperty("name").GetString()!).ToArray();
        Assert.That(names, Does.Contain("op.LongMultiply").And.Contain("step.table").And.Contain("decision").And.Contain("encode.request"));
    }

    [TestCaseSource(nameof(BenchOnTheRealClr))]
    public async Task PredictionsComeWithin15PercentOfTheRealClrsSteps(string clr, string folder)
    {
        const int runs = 3;
        string[] logs = Enumerable.Range(0, runs).Select(run => Path.Combine(_folder, $"{run}.log")).ToArray();
        foreach (string log in logs) Assert.That((await CrimeCommand.RunAsync("nanoclr", folder, "--nanoclr", clr, "-o", log)).ExitCode, Is.Zero);
        string profile = Path.Combine(_folder, "desk.json");
        JsonElement result = (await CrimeCommand.RunAsync(["calibrate", .. logs, "-o", profile, "--board", "nanoclr-linux", "--json"])).Json();
        int count = 0;
        foreach (JsonElement step in result.GetProperty("steps").EnumerateArray())
        {
            string name = $"{step.GetProperty("kernel").GetString()} {step.GetProperty("inputs").GetInt32()}, {step.GetProperty("hidden").GetInt32()}";
            double error = step.GetProperty("error").GetDouble();
            TestContext.Out.WriteLine($"{name}: {100 * error:0.0} %");
            Assert.That(Math.Abs(error), Is.LessThan(0.15), name);
            count++;
        }
        Assert.That(count, Is.GreaterThanOrEqualTo(12));
    }

    [Test]
    public async Task LinesBecomeVerdictsAndMeasurements()
    {
        string log = Path.Combine(_folder, "bench.log");
        const string script = """
            echo 'BENCH start 1 version'
            echo 'GOLDEN table gestures 99 PASS len=117'
            echo 'noise of the debug channel'
            echo 'BENCH step.table 41.330 us inputs=1 hidden=8'
            echo 'BENCH end 0 failures'
            sleep 60
            """;
        JsonElement result = (await RunAsync("clr", script, "--json", "-o", log)).Json();
        Assert.That((result.GetProperty("passed").GetInt32(), result.GetProperty("failed").GetInt32()), Is.EqualTo((1, 0)));
        JsonElement line = result.GetProperty("measurements")[0];
        Assert.That(line.GetProperty("name").GetString(), Is.EqualTo("step.table"));
        Assert.That(line.GetProperty("value").GetDouble(), Is.EqualTo(41.33));
        Assert.That(line.GetProperty("details").GetProperty("hidden").GetString(), Is.EqualTo("8"));
        Assert.That(File.ReadAllLines(log)[^1], Is.EqualTo("BENCH end 0 failures"));
    }

    [Test]
    public async Task AFailedVectorIsAnExitCodeOfItsOwn()
    {
        CrimeCommand.Outcome outcome = await RunAsync("clr", "echo 'GOLDEN table gestures 99 FAIL len=117 wrong-step=3'; echo 'BENCH end 1 failures'");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Out, Does.Contain("0 passed, 1 failed"));
    }

    [TestCase("echo 'BENCH start 1 version'", "the bench broke off", "300")]
    [TestCase("echo hello; exec sleep 60", "did not end within 1 s; its last line was: hello", "1")]
    public async Task ABenchThatDoesNotEndIsSaid(string script, string expected, string timeout)
    {
        CrimeCommand.Outcome outcome = await RunAsync("clr", script, "--timeout", timeout);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain(expected));
    }

    [TestCase("clr", "")]
    [TestCase("nanoclr", "run --assemblies ")]
    public async Task EachKindOfProgramGetsTheFilesItsWayCoreLibraryFirst(string name, string verb)
    {
        string calls = Path.Combine(_folder, "calls");
        await RunAsync(name, $"echo \"$*\" > '{calls}'");
        IEnumerable<string> files = new[] { "mscorlib.pe", "Crime.Bench.pe", "System.Math.pe" }.Select(file => Path.Combine(_folder, file));
        Assert.That(File.ReadAllText(calls).TrimEnd(), Is.EqualTo(verb + string.Join(' ', files)));
    }

    [Test]
    public async Task WithoutANanoClrItSaysWhereOneComesFrom()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunWithAsync(new Dictionary<string, string?> { ["NANOCLR"] = null }, "nanoclr", _folder);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("--nanoclr PATH").And.Contain("dotnet tool install -g nanoclr"));
    }
}

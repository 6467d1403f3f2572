using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The whole firmware on a nanoCLR: the real one where the machine has it, and a script that prints its lines.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class NanoClrFirmwareTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFiles()
    {
        _folder = Checkout.NewFolder();
        foreach (string name in new[] { "Crime.Gestures.pe", "mscorlib.pe" }) File.WriteAllText(Path.Combine(_folder, name), "");
    }

    private Task<CrimeCommand.Outcome> RunAsync(string script, params string[] more) =>
        CrimeCommand.RunAsync(["nanoclr", _folder, "--firmware", "--nanoclr", FakeProgram.Create(_folder, "clr", script), .. more]);

    private static string Inf(int id, string target, string timeMs = "2.000") =>
        $"echo 'INF id={id} len=30 at={target} class=4 ms={timeMs} active-ms={timeMs} mj=0.000 mw=0.000 even=49 depth=0 meter=model conf=950 name=\"still\"'\n";

    private static string End(int local, int gateway, int fallback) =>
        $"echo 'END inputs={local + gateway + fallback} local={local} gateway={gateway} fallback={fallback} ms=6.000 mj=0.000 background-total-mj=0.000'\n";

    private static string[] Problems(CrimeCommand.Outcome outcome) => JsonDocument.Parse(outcome.Out).RootElement.GetProperty("problems")
        .EnumerateArray().Select(problem => problem.GetString()!).ToArray();

    private static IEnumerable<TestCaseData> FirmwareOnTheRealClr() => RealClr.Cases(RealClr.FirmwareFolder);

    [TestCaseSource(nameof(FirmwareOnTheRealClr))]
    public async Task TheFirmwareRunsOnTheRealClr(string clr, string folder)
    {
        JsonElement result = (await CrimeCommand.RunAsync("nanoclr", folder, "--nanoclr", clr, "--firmware", "--timeout", "120", "--json")).Json();
        Assert.That(result.GetProperty("inputs").GetInt32(), Is.Positive);
        Assert.That(result.GetProperty("results").GetInt32(), Is.EqualTo(result.GetProperty("inputs").GetInt32()));
    }

    [Test]
    public async Task LinesBecomeCountsTimesAndHeap()
    {
        string log = Path.Combine(_folder, "run.log");
        string script = "trap 'echo \"HEAP least free 33300 of 110000 after 12 collections\" >&2; exit 0' TERM\n"
            + "echo 'CRIME board hall-1, firmware 0.1.0'\n"
            + Inf(0, "local", "1.000") + Inf(1, "gateway", "7.000") + Inf(2, "local", "3.000") + Inf(3, "local", "2.000") + End(3, 1, 0)
            + "while :; do sleep 0.1; done";
        JsonElement result = (await RunAsync(script, "--json", "-o", log)).Json();
        Assert.That(result.GetProperty("passed").GetBoolean(), Is.True);
        Assert.That(new[] { "inputs", "local", "gateway", "fallback" }.Select(name => result.GetProperty(name).GetInt32()), Is.EqualTo(new[] { 4, 3, 1, 0 }));
        JsonElement local = result.GetProperty("targets")[0];
        Assert.That((local.GetProperty("target").GetString(), local.GetProperty("count").GetInt32()), Is.EqualTo(("local", 3)));
        Assert.That((local.GetProperty("median_ms").GetDouble(), local.GetProperty("p95_ms").GetDouble()), Is.EqualTo((2.0, 3.0)));
        Assert.That(result.GetProperty("heap").GetProperty("least_free_bytes").GetInt64(), Is.EqualTo(33_300));
        Assert.That(File.ReadAllLines(log)[0], Is.EqualTo("CRIME board hall-1, firmware 0.1.0"));
    }

    [Test]
    public async Task TheTableHasATargetsTimes()
    {
        CrimeCommand.Outcome outcome = await RunAsync(Inf(0, "fallback", "1.250") + End(0, 0, 1));
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("fallback").And.Contain("1.250").And.Contain("passed: each input has one result"));
    }

    private static IEnumerable<TestCaseData> WrongRuns()
    {
        yield return new TestCaseData(Inf(0, "local") + Inf(2, "local") + End(3, 0, 0), "1 inputs without a result: 1").SetArgDisplayNames("missing");
        yield return new TestCaseData(Inf(0, "local") + Inf(1, "local") + Inf(1, "local") + End(2, 0, 0), "1 inputs with more than one result: 1")
            .SetArgDisplayNames("double");
        yield return new TestCaseData(Inf(0, "local") + Inf(7, "local") + End(2, 0, 0), "1 inputs outside 0 to 1: 7").SetArgDisplayNames("foreign");
        yield return new TestCaseData("echo 'INF id=0 len=3'\n" + End(1, 0, 0), "1 INF or END lines are damaged").SetArgDisplayNames("damaged");
        yield return new TestCaseData(Inf(0, "local") + End(0, 1, 0), "the END line counts other targets than the INF lines").SetArgDisplayNames("targets");
        yield return new TestCaseData(End(0, 0, 0), "there were no inputs").SetArgDisplayNames("no inputs");
        yield return new TestCaseData(Inf(0, "local"), "the firmware printed no END line").SetArgDisplayNames("no end");
    }

    [TestCaseSource(nameof(WrongRuns))]
    public async Task AWrongRunIsAnExitCodeOfItsOwn(string script, string problem)
    {
        CrimeCommand.Outcome outcome = await RunAsync(script, "--json");
        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.Error);
        Assert.That(Problems(outcome), Does.Contain(problem));
    }

    [Test]
    public async Task ARunThatDoesNotEndFailsAtTheTimeout()
    {
        CrimeCommand.Outcome outcome = await RunAsync(Inf(0, "local") + "exec sleep 60", "--json", "--timeout", "2");
        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.Error);
        Assert.That(Problems(outcome), Is.EqualTo(new[] { "the firmware printed no END line", "the run ended at the timeout of 2 s" }));
    }

    [Test]
    public async Task FewerInputsThanExpectedFail()
    {
        CrimeCommand.Outcome outcome = await RunAsync(Inf(0, "local") + End(1, 0, 0), "--json", "--expect", "2");
        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.Error);
        Assert.That(Problems(outcome), Is.EqualTo(new[] { "the END line counts 1 inputs instead of 2", "1 inputs without a result: 1" }));
    }

    [Test]
    public async Task TheClrGetsItsOwnArgumentsBeforeTheFiles()
    {
        string calls = Path.Combine(_folder, "calls");
        await RunAsync($"echo \"$*\" > '{calls}'", "--clr-args", "-h 110000");
        Assert.That(File.ReadAllText(calls), Does.StartWith($"-h 110000 {Path.Combine(_folder, "mscorlib.pe")} "));
    }

    [Test]
    public async Task FilesBecomeSourceInPieces()
    {
        string settings = Path.Combine(_folder, "crime.cfg"), output = Path.Combine(_folder, "new", "BakedFiles.g.cs");
        File.WriteAllText(settings, "board.id=" + new string('a', 3) + "\n" + string.Concat(Enumerable.Repeat("# filler of thirty-two characters\n", 20)));
        JsonElement result = (await CrimeCommand.RunAsync("nanoclr", "--bake", output, "--settings", settings, "--json")).Json();
        Assert.That(result.GetProperty("files")[0].GetProperty("path").GetString(), Is.EqualTo(@"I:\crime.cfg"));
        string source = File.ReadAllText(output);
        Assert.That(source, Does.Contain(@"if (path == @""I:\crime.cfg"") return 0;").And.Contain("case 1:").And.Not.Contain("case 2:"));
        Assert.That(source, Does.Contain(string.Join(", ", "board.id=aaa\n# filler of thi"u8.ToArray()[..13])));
    }

    [TestCase(new[] { "--bake", "x.cs" }, "nothing to bake")]
    [TestCase(new[] { "--settings", "crime.cfg" }, "need --bake")]
    [TestCase(new string[0], "no PE files")]
    [TestCase(new[] { "--bake", "x.cs", "--settings", "no-such-file" }, "no-such-file")]
    public async Task WrongOptionsAreSaid(string[] arguments, string expected)
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(["nanoclr", .. arguments]);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain(expected));
    }
}

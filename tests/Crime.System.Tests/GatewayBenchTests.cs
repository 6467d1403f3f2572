using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary><c>crime bench gateway</c>, shortened: what it says is there and true. How fast things are is not judged here.</summary>
public sealed class GatewayBenchTests
{
    private const int ClientCount = 40;
    private const int SoakCount = 40_000;
    private const long HeapGrowthBytes = 8_000_000;

    [Test]
    public async Task TheBenchComparesWithAnEchoAndKeepsTheBudget()
    {
        JsonElement report = (await CrimeCommand.RunAsync(
            "bench", "gateway", "--clients", $"{ClientCount}", "--rounds", "2", "--slice-ms", "800", "--json")).Json();
        string[] positive = ["requests_per_s", "echo_requests_per_s", "ratio", "p99_ms_at_half_load", "allocated_bytes_per_request", "requests_per_batch"];
        foreach (string name in positive) Assert.That(report.GetProperty(name).GetDouble(), Is.Positive, name);
        Assert.That(report.GetProperty("ratios").GetArrayLength(), Is.EqualTo(2));
        Assert.That((report.GetProperty("refused").GetInt64(), report.GetProperty("faults").GetInt64()), Is.EqualTo((0, 0)));
        // Every board but those in the running batch waits: what the bench calls the true depth can be checked.
        Assert.That(report.GetProperty("depth_mean").GetDouble(), Is.InRange(1, ClientCount));
        string budgets = await File.ReadAllTextAsync(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "gateway.json"));
        Assert.That(report.GetProperty("allocated_bytes_per_request").GetDouble(),
            Is.LessThanOrEqualTo(JsonDocument.Parse(budgets).RootElement.GetProperty("bytes_per_request_with_broker").GetInt32()));
    }

    [Test]
    public async Task ASoakLeavesNothingBehind()
    {
        JsonElement report = (await CrimeCommand.RunAsync(
            "bench", "gateway", "--clients", $"{ClientCount}", "--soak", $"{SoakCount}", "--json")).Json();
        long Value(string name) => report.GetProperty(name).GetInt64();
        Assert.That(Value("requests"), Is.GreaterThanOrEqualTo(SoakCount));
        Assert.That((Value("refused"), Value("faults")), Is.EqualTo((0L, 0L)));
        Assert.That(Value("end_heap_bytes") - Value("warm_heap_bytes"), Is.LessThan(HeapGrowthBytes));
        // A request's own socket would be one each; the runtime opens a few for itself.
        Assert.That(Value("end_open_files") - Value("warm_open_files"), Is.LessThan(ClientCount / 2));
        Assert.That(new[] { "warm_working_set_bytes", "end_working_set_bytes", "max_working_set_bytes" }.Select(Value), Is.All.Positive);
    }

    [TestCase("--clients", "0")]
    [TestCase("--soak", "-1")]
    public async Task AWrongOptionIsOneLine(string option, string value)
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("bench", "gateway", option, value);
        Assert.That((outcome.ExitCode, outcome.Error.Trim().Split('\n').Length), Is.EqualTo((2, 1)), outcome.Error);
        Assert.That(outcome.Error, Does.Contain(option));
    }
}

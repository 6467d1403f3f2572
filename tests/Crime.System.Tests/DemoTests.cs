using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The main job: a real gateway process, virtual boards, real TCP.</summary>
[NonParallelizable]
public sealed class DemoTests
{
    private static void AssertExactlyOneResultEach(JsonElement summary)
    {
        Assert.That(summary.GetProperty("results").GetInt32(), Is.EqualTo(summary.GetProperty("inputs").GetInt32()));
        Assert.That(summary.GetProperty("lost").GetInt32(), Is.Zero);
        Assert.That(summary.GetProperty("duplicates").GetInt32(), Is.Zero);
        int sum = summary.GetProperty("local").GetInt32() + summary.GetProperty("offloaded").GetInt32() + summary.GetProperty("fallback").GetInt32();
        Assert.That(sum, Is.EqualTo(summary.GetProperty("results").GetInt32()));
        Assert.That(summary.GetProperty("accuracy").GetDouble(), Is.GreaterThan(0.95));
    }

    [TestCase("time")]
    [TestCase("energy")]
    public async Task TheMappingBeatsBothSingleDevices(string objective)
    {
        JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--objective", objective)).Json();
        AssertExactlyOneResultEach(summary);
        Assert.That(summary.GetProperty("local").GetInt32(), Is.Positive);
        Assert.That(summary.GetProperty("offloaded").GetInt32(), Is.Positive);
        string unit = objective == "time" ? "time_ms" : "energy_mj";
        double crime = summary.GetProperty("crime_" + unit).GetDouble();
        Assert.That(crime, Is.LessThan(summary.GetProperty("all_local_" + unit).GetDouble()));
        Assert.That(crime, Is.LessThan(summary.GetProperty("all_gateway_" + unit).GetDouble()));
    }

    [Test]
    public async Task TheCompiledKernelIsFasterAndTheMappingFollows()
    {
        JsonElement table = (await CrimeCommand.RunAsync("demo", "--json")).Json();
        JsonElement compiled = (await CrimeCommand.RunAsync("demo", "--json", "--kernel", "auto")).Json();
        AssertExactlyOneResultEach(compiled);
        Assert.That(compiled.GetProperty("all_local_time_ms").GetDouble(), Is.LessThan(0.6 * table.GetProperty("all_local_time_ms").GetDouble()));
        Assert.That(compiled.GetProperty("local").GetInt32(), Is.GreaterThan(table.GetProperty("local").GetInt32()));
    }

    [Test]
    public async Task NoInputIsLostWhenTheGatewayIsKilled()
    {
        JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--fault", "gateway-down", "--inputs", "90")).Json();
        AssertExactlyOneResultEach(summary);
        Assert.That(summary.GetProperty("offloaded").GetInt32(), Is.Positive, "before the kill");
        Assert.That(LocalShareRises(summary), Is.True);
    }

    [TestCase("slow-link")]
    [TestCase("busy-gateway")]
    public async Task TroubleKeepsInputsOnTheBoards(string fault)
    {
        JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--fault", fault)).Json();
        AssertExactlyOneResultEach(summary);
        Assert.That(LocalShareRises(summary), Is.True, summary.ToString());
    }

    private static bool LocalShareRises(JsonElement summary) =>
        summary.GetProperty("local_share_after_fault").GetDouble() > summary.GetProperty("local_share_before_fault").GetDouble() + 0.1;
}

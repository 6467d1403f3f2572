using System;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>
/// The main job: a real gateway process, virtual boards, real TCP. That the mapping beats both single devices is tested without a clock, in
/// the simulator. Here other programs take processor time too, so the bounds are those that hold beside them.
/// </summary>
public sealed class DemoTests
{
    /// <summary>The demo as it is without options: two tests compare with it.</summary>
    private static readonly Lazy<Task<CrimeCommand.Outcome>> s_plain = new(() => CrimeCommand.RunAsync("demo", "--json"));

    [TestCase("time")]
    [TestCase("energy")]
    public async Task TheMappingBeatsTheWorseSingleDevice(string objective)
    {
        JsonElement summary = (await (objective == "time" ? s_plain.Value : CrimeCommand.RunAsync("demo", "--json", "--objective", objective))).Json();
        Assert.That(summary.GetProperty("objective").GetString(), Is.EqualTo(objective));
        DemoResults.AssertOneEach(summary);
        Assert.That(summary.GetProperty("local").GetInt32(), Is.Positive);
        // Listening to an answer takes a board in modem sleep more energy than computing a gesture.
        Assert.That(summary.GetProperty("offloaded").GetInt32(), objective == "time" ? Is.Positive : Is.Zero);
        string unit = objective == "time" ? "time_ms" : "energy_mj";
        double crime = summary.GetProperty("crime_" + unit).GetDouble();
        double local = summary.GetProperty("all_local_" + unit).GetDouble(), gateway = summary.GetProperty("all_gateway_" + unit).GetDouble();
        TestContext.Out.WriteLine($"{unit}: {local:0} all on the boards, {gateway:0} all at the gateway, {crime:0} by the mapping");
        Assert.That(crime, Is.LessThan(objective == "time" ? Math.Max(local, gateway) : 1.05 * Math.Min(local, gateway)));
    }

    [Test]
    public async Task TheCompiledKernelIsFasterAndTheMappingFollows()
    {
        JsonElement table = (await s_plain.Value).Json();
        JsonElement compiled = (await CrimeCommand.RunAsync("demo", "--json", "--kernel", "auto")).Json();
        DemoResults.AssertOneEach(compiled);
        Assert.That(compiled.GetProperty("all_local_time_ms").GetDouble(), Is.LessThan(0.6 * table.GetProperty("all_local_time_ms").GetDouble()));
        Assert.That(compiled.GetProperty("local").GetInt32(), Is.GreaterThanOrEqualTo(table.GetProperty("local").GetInt32()));
    }
}

using System;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The main job while something fails. What the boards decide follows from measured times, so it runs alone.</summary>
public sealed class DemoFaultTests
{
    [Test]
    public async Task NoInputIsLostWhenTheGatewayIsKilled()
    {
        JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--fault", "gateway-down", "--inputs", "90")).Json();
        DemoResults.AssertOneEach(summary);
        Assert.That(summary.GetProperty("offloaded").GetInt32(), Is.Positive, "before the kill");
        Assert.That(LocalShareRises(summary), Is.True);
    }

    [TestCase("slow-link")]
    [TestCase("busy-gateway")]
    public async Task TroubleKeepsInputsOnTheBoards(string fault)
    {
        JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--fault", fault)).Json();
        DemoResults.AssertOneEach(summary);
        Assert.That(LocalShareRises(summary), Is.True, summary.ToString());
    }

    // On a busy machine the gateway may be the worse place before the fault already: then almost all stays on the boards.
    private static bool LocalShareRises(JsonElement summary)
    {
        double before = summary.GetProperty("local_share_before_fault").GetDouble(), after = summary.GetProperty("local_share_after_fault").GetDouble();
        return after > Math.Min(before + 0.1, 0.9);
    }
}

using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The way from a sensor to a lamp, with a second model that is published while gestures are performed.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SensorSwapTests
{
    // Else the swap would say nothing about the gestures around it.
    private const int LeastAfterSwap = 3;

    [Test]
    public async Task NoGestureIsLostWhileTheModelIsSwapped()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("demo", "--live-sensor", "--swap", "--seed", "3", "--json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        TestContext.Out.WriteLine(outcome.Error);
        using JsonDocument json = JsonDocument.Parse(outcome.Out);
        SensorDemoTests.AssertPlayed(json.RootElement);
        Assert.That(json.RootElement.GetProperty("model_swapped").GetBoolean(), Is.True);
        int after = json.RootElement.GetProperty("gestures_after_swap").GetInt32();
        Assert.That(after, Is.GreaterThanOrEqualTo(LeastAfterSwap));
        TestContext.Out.WriteLine($"{after} gestures after the swap");
    }
}

using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The whole way from a sensor to a lamp, by the verbs that a person types.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SensorDemoTests
{
    /// <summary>Checks that every gesture has one result, on the console and as JSON, that most are right, and that the pin follows them.</summary>
    internal static void AssertPlayed(JsonElement summary)
    {
        int Count(string name) => summary.GetProperty(name).GetInt32();
        Assert.That((Count("takes"), Count("gestures")), Is.EqualTo((36, 30)));
        Assert.That((summary.GetProperty("model_published").GetBoolean(), summary.GetProperty("board_switched").GetBoolean()), Is.EqualTo((true, true)));
        Assert.That(Count("right"), Is.GreaterThanOrEqualTo(27));
        Assert.That((Count("lost"), Count("duplicates"), Count("json_results")), Is.EqualTo((0, 0, 30)));
        Assert.That(Count("rules_fired"), Is.EqualTo(Count("rules_expected")).And.GreaterThan(0));
    }

    /// <summary>Another person than the one of the default seed.</summary>
    [Test]
    public async Task TakesBecomeAModelThatSwitchesALamp()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("demo", "--live-sensor", "--seed", "2", "--json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        TestContext.Out.WriteLine(outcome.Error);
        using JsonDocument json = JsonDocument.Parse(outcome.Out);
        AssertPlayed(json.RootElement);
        Assert.That(json.RootElement.GetProperty("model_swapped").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task AModelIsSwappedInThatDemoOnly()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("demo", "--swap");
        Assert.That((outcome.ExitCode, outcome.Error.TrimEnd()), Is.EqualTo((2, "crime: --swap needs --live-sensor (see 'crime demo --help')")));
    }

    [Test]
    public async Task OptionsOfTheOtherDemoAreRefused()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("demo", "--live-sensor", "--boards", "2");
        Assert.That((outcome.ExitCode, outcome.Error.TrimEnd()), Is.EqualTo((2, "crime: --boards does not go with --live-sensor (see 'crime demo --help')")));
    }
}

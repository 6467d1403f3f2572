// Tiny scenarios, whose outcome can be worked out by hand.

using System.Collections.Generic;
using System.IO;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.Tests;

/// <summary>Makes them.</summary>
internal static class Worlds
{
    /// <summary>A link of 10 ms without any noise.</summary>
    public static LinkKind Quiet { get; } = new("quiet", 10, 1e6, 1e9);

    /// <summary>The same of 100 ms: a dozing radio does not listen on for so long.</summary>
    public static LinkKind Far { get; } = Quiet with { RttMs = 100 };

    /// <summary>A gateway that takes 1 ms for every request, with one worker.</summary>
    public static GatewayKind OneMs { get; } = new("one-ms", 1, 0, 1000, 0);

    /// <summary>A set that comes with the project.</summary>
    public static InputSet Set(string name = "japanese-vowels-lstm") =>
        InputSet.Load(Path.Combine(ScenarioFile.BundledInputsFolder, name + ".yaml"));

    /// <summary>A scenario that comes with the project.</summary>
    public static Scenario Bundled(string name) => ScenarioFile.Load(Path.Combine(ScenarioFile.BundledFolder, name + ".yaml"));

    /// <summary>Boards of one kind around one gateway.</summary>
    public static Scenario Star(
        int boards, double usPerIl, LinkKind link, double everyS = 1, double durationS = 100, RadioKind radio = RadioKind.Awake,
        GatewayKind? gateway = null, BackgroundLoad? background = null)
    {
        var kind = new BoardKind("board", "esp32-devkitc", usPerIl, KernelKind.Table, 97.5);
        return new Scenario(
            "star", "for a test", durationS, new LoadShape(LoadPattern.Steady, 0, 1, 0), [new GatewayNode("hub", gateway ?? OneMs, background, [])],
            [new BoardGroup(boards, kind, radio, everyS, [new NodeLink(0, link)])]);
    }

    /// <summary>Writes a file into a folder of its own.</summary>
    public static string Write(string name, string text)
    {
        string path = Path.Combine(Checkout.NewFolder(), name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Names of the scenarios of the grid.</summary>
    public static IEnumerable<string> GridNames() =>
    [
        "always-on-lan", "modem-sleep", "duty-cycled", "cellular-cloud", "contended-gateway", "chain-of-three", "mesh-failing-link", "diurnal-load", "flash-crowd",
        "fast-association", "night-watch", "reporting-sensor", "urgent-and-patient",
    ];
}

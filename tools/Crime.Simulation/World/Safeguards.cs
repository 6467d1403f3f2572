// What stands between a crowd of boards and a herd, and the names under which a run can leave each of it out: what a measure is
// worth is seen where it is missing.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Mapping;

namespace Crime.Simulation.World;

/// <summary>Measures against herds: those of the engines, as <see cref="AntiHerding"/> has them, and those of the gateways.</summary>
[Flags]
public enum Safeguards
{
    /// <summary>None: nodes believe the last status as it stands, gateways take whatever comes.</summary>
    None = 0,

    /// <summary><see cref="AntiHerding.AnswerLoad"/>.</summary>
    AnswerLoad = AntiHerding.AnswerLoad,

    /// <summary><see cref="AntiHerding.InFlight"/>.</summary>
    InFlight = AntiHerding.InFlight,

    /// <summary><see cref="AntiHerding.Hysteresis"/>.</summary>
    Hysteresis = AntiHerding.Hysteresis,

    /// <summary><see cref="AntiHerding.Growth"/>.</summary>
    Growth = AntiHerding.Growth,

    /// <summary><see cref="AntiHerding.ForecastError"/>.</summary>
    ForecastError = AntiHerding.ForecastError,

    /// <summary><see cref="AntiHerding.Spread"/>.</summary>
    Spread = AntiHerding.Spread,

    /// <summary>A gateway refuses at once what would miss its deadline, and does not begin what has missed it.</summary>
    Admission = 64,

    /// <summary>A gateway's queue holds <see cref="GatewayDriver.Capacity"/> requests; else as many as its memory.</summary>
    QueueBound = 128,

    /// <summary>All of them: what the project does.</summary>
    All = (int)AntiHerding.All | Admission | QueueBound,
}

/// <summary>Names of measures.</summary>
public static class SafeguardNames
{
    /// <summary>The word for all measures.</summary>
    public const string All = "all";

    /// <summary>Every measure with its name.</summary>
    public static IReadOnlyList<(string Name, Safeguards Measure)> Each { get; } =
    [
        ("answer-load", Safeguards.AnswerLoad), ("in-flight", Safeguards.InFlight), ("hysteresis", Safeguards.Hysteresis), ("growth", Safeguards.Growth),
        ("forecast-error", Safeguards.ForecastError), ("spread", Safeguards.Spread), ("admission", Safeguards.Admission),
        ("queue-bound", Safeguards.QueueBound),
    ];

    /// <summary>The measure of a name; null when there is none.</summary>
    public static Safeguards? Of(string name)
    {
        if (name == All) return Safeguards.All;
        return Each.FirstOrDefault(entry => entry.Name == name) is (not null, var measure) ? measure : null;
    }

    /// <summary>What a run leaves out, in words.</summary>
    /// <param name="on">The measures that are on.</param>
    public static string Without(Safeguards on) => on switch
    {
        Safeguards.All => "with all measures",
        Safeguards.None => "without any measure",
        _ => "without " + string.Join(", ", Each.Where(entry => (on & entry.Measure) == 0).Select(entry => entry.Name)),
    };
}

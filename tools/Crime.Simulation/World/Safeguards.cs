// The anti-herding measures of a run, and the names under which a run can leave each one out.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Mapping;

namespace Crime.Simulation.World;

/// <summary>Anti-herding measures: those of the engines, see <see cref="AntiHerding"/>, and those of the gateways.</summary>
[Flags]
public enum Safeguards
{
    /// <summary>None: nodes take the last status as it stands, and gateways accept every request.</summary>
    None = 0,

    /// <summary><see cref="AntiHerding.AnswerLoad"/>.</summary>
    AnswerLoad = AntiHerding.AnswerLoad,

    /// <summary><see cref="AntiHerding.Growth"/>.</summary>
    Growth = AntiHerding.Growth,

    /// <summary><see cref="AntiHerding.ForecastError"/>.</summary>
    ForecastError = AntiHerding.ForecastError,

    /// <summary><see cref="AntiHerding.Spread"/>.</summary>
    Spread = AntiHerding.Spread,

    /// <summary>A gateway refuses a request that would miss its deadline, and does not compute one that has missed it.</summary>
    Admission = 64,

    /// <summary>A gateway's queue holds <see cref="GatewayDriver.Capacity"/> requests; else as many as its memory.</summary>
    QueueBound = 128,

    /// <summary>All of them, as in the product.</summary>
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
        ("answer-load", Safeguards.AnswerLoad), ("growth", Safeguards.Growth),
        ("forecast-error", Safeguards.ForecastError), ("spread", Safeguards.Spread), ("admission", Safeguards.Admission),
        ("queue-bound", Safeguards.QueueBound),
    ];

    /// <summary>The measure of a name; null when there is none.</summary>
    public static Safeguards? Of(string name)
    {
        if (name == All) return Safeguards.All;
        return Each.FirstOrDefault(entry => entry.Name == name) is (not null, var measure) ? measure : null;
    }

    /// <summary>Returns the measures that a run leaves out, in words.</summary>
    /// <param name="on">The measures that are on.</param>
    public static string Without(Safeguards on) => on switch
    {
        Safeguards.All => "with all measures",
        Safeguards.None => "without any measure",
        _ => "without " + string.Join(", ", Each.Where(entry => (on & entry.Measure) == 0).Select(entry => entry.Name)),
    };
}

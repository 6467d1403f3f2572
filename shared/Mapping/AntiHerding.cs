// What keeps boards that read the same reports from acting as one. All are on; each can be left out, to see what it is worth.

using System;

namespace Crime.Mapping;

/// <summary>Measures of an engine against herds.</summary>
[Flags]
public enum AntiHerding
{
    /// <summary>None: a status is believed as it stands until the next one.</summary>
    None = 0,

    /// <summary>Answers, refusals and pongs tell the load as well as statuses do.</summary>
    AnswerLoad = 1,

    /// <summary>Requests of this node that no report includes yet count as waiting.</summary>
    InFlight = 2,

    /// <summary>A wait that changes less than its usual error is taken as unchanged.</summary>
    Hysteresis = 4,

    /// <summary>A queue goes on growing or draining after a report, as the gateway's utilisation says.</summary>
    Growth = 8,

    /// <summary>The forecast of a queue corrects itself by how wrong it was.</summary>
    ForecastError = 16,

    /// <summary>Nodes that read the same report draw different conclusions, as far as the report is uncertain.</summary>
    Spread = 32,

    /// <summary>All of them.</summary>
    All = AnswerLoad | InFlight | Hysteresis | Growth | ForecastError | Spread,
}

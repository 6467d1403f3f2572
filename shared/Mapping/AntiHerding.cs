// The measures that keep boards which receive the same statuses from acting as one. All are on. A simulation can leave each one out, which
// shows its effect.

using System;

namespace Crime.Mapping;

/// <summary>Anti-herding measures of an engine.</summary>
[Flags]
public enum AntiHerding
{
    /// <summary>None: the engine takes a status as it stands until the next one.</summary>
    None = 0,

    /// <summary>Answers, refusals and pongs report the load as statuses do.</summary>
    AnswerLoad = 1,

    /// <summary>The forecast of a wait grows or drains after a report, by the utilisation of the gateway.</summary>
    Growth = 2,

    /// <summary>The forecast of a wait is corrected by its mean error.</summary>
    ForecastError = 4,

    /// <summary>Each node adds its own share of the uncertainty of a report.</summary>
    Spread = 8,

    /// <summary>All of them.</summary>
    All = AnswerLoad | Growth | ForecastError | Spread,
}

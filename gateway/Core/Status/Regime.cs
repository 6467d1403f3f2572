// The load of a gateway in four words: how long a request waits, compared with the time that it takes.

namespace Crime.Gateway.Core.Status;

/// <summary>Regime of a gateway's load, in the order of growing load.</summary>
public enum Regime : byte
{
    /// <summary>A request waits for less time than it takes.</summary>
    Idle = 0,

    /// <summary>A request waits for longer than it takes.</summary>
    Busy = 1,

    /// <summary>A request waits for several times as long as it takes.</summary>
    Saturated = 2,

    /// <summary>Many requests are refused.</summary>
    Refusing = 3,
}

// The knobs of a link that an experiment turns while boards run.

using System.Threading;

namespace Crime.VirtualBoard;

/// <summary>What an experiment does to a board's link while it runs.</summary>
public sealed class LinkConditions
{
    private double _extraDelayMs;

    /// <summary>Delay added to every message in each direction, in ms.</summary>
    public double ExtraDelayMs
    {
        get => Volatile.Read(ref _extraDelayMs);
        set => Volatile.Write(ref _extraDelayMs, value);
    }
}

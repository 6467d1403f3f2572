// One way to send an input away: to a gateway that computes it, or to one that passes it on. What a decision looks at lies
// side by side here, because a field costs the interpreter less than an element of an array.

namespace Crime.Mapping;

/// <summary>A place that inputs can go to; usable routes form a list. Guarded by the engine's lock.</summary>
internal sealed class Route
{
    /// <summary>Index of the gateway that the input is sent to.</summary>
    public readonly int Candidate;

    /// <summary>Time to write and send the request and to compute there in µs, per bucket of lengths.</summary>
    public readonly int[] Row;

    /// <summary>The way there and back, and what is known to be spent beyond, in µs.</summary>
    public int Link;

    /// <summary>Wait in µs at tick 0; below zero it has not begun.</summary>
    public int Start;

    /// <summary>What the wait grows by in µs per tick of 1024 µs.</summary>
    public int Growth;

    /// <summary>What the time may come to so that its quantile meets the deadline, in µs.</summary>
    public int SlackUs;

    /// <summary>The next usable route; null at the end.</summary>
    public Route Next;

    /// <summary>Makes the route of a gateway.</summary>
    /// <param name="candidate">Index of the gateway.</param>
    /// <param name="row">Where its times go.</param>
    public Route(int candidate, int[] row)
    {
        Candidate = candidate;
        Row = row;
    }
}

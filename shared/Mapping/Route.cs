// One way to offload an input: to a gateway that computes it, or to one that passes it on. A decision reads the fields side by side here,
// because a field costs the interpreter less than an element of an array.

namespace Crime.Mapping;

/// <summary>A way that inputs can take; usable routes form a list. Guarded by the engine's lock.</summary>
internal sealed class Route
{
    /// <summary>The gateway that the input is sent to.</summary>
    public readonly GatewayCandidate Gateway;

    /// <summary>Time in µs to write and transmit the request and to compute beyond, per bucket of lengths.</summary>
    public readonly int[] RowUs;

    /// <summary>Round trip in µs, with the deadline's margin where answers wait for beacons.</summary>
    public int RoundTripUs;

    /// <summary>Wait in µs at tick 0; below zero when the queue has been empty for that long.</summary>
    public int StartUs;

    /// <summary>Growth of the wait in µs per tick of 1024 µs.</summary>
    public int GrowthUsPerTick;

    /// <summary>Largest time in µs whose quantile still meets the deadline.</summary>
    public int SlackUs;

    /// <summary>The next usable route; null at the end.</summary>
    public Route Next;

    /// <summary>Makes the route of a gateway.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="rowUs">Receives its times.</param>
    public Route(GatewayCandidate gateway, int[] rowUs)
    {
        Gateway = gateway;
        RowUs = rowUs;
    }

    /// <summary>Time of an input on this route in µs.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="tick">Time since the routes were refreshed, in 1024 µs.</param>
    public int TimeUs(int bucket, int tick)
    {
        int waitUs = StartUs + GrowthUsPerTick * tick;
        return RowUs[bucket] + RoundTripUs + (waitUs > 0 ? waitUs : 0);
    }
}

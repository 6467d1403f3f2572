// Rates at which the network drops, doubles and delays messages. Each run draws its own.

using Crime.Simulation.Events;

namespace Crime.Chaos.Worlds;

/// <summary>Rates per thousand messages, and delays in µs.</summary>
internal sealed class NetworkRates
{
    private const int PerMille = 1000;

    /// <summary>Draws the rates of a run. A third of all runs has a clean network: nodes fail, messages do not.</summary>
    public NetworkRates(ref RandomStream random)
    {
        bool isClean = random.NextBelow(3) == 0;
        Dropped = isClean ? 0 : random.NextBelow(60);
        Doubled = isClean ? 0 : random.NextBelow(60);
        Delayed = isClean ? 0 : random.NextBelow(40);
        LatencyUs = 100 + random.NextBelow(4000);
        JitterUs = 1 + random.NextBelow(2000);
        LongestDelayUs = 100_000 + random.NextBelow(4_000_000);
    }

    /// <summary>Messages of 1000 that are dropped.</summary>
    public int Dropped { get; private set; }

    /// <summary>Messages of 1000 that arrive twice.</summary>
    public int Doubled { get; private set; }

    /// <summary>Messages of 1000 that are delayed, and so overtaken by others.</summary>
    public int Delayed { get; private set; }

    /// <summary>Shortest time of a message from a client to the broker or back.</summary>
    public int LatencyUs { get; }

    /// <summary>Largest time beyond it without a fault.</summary>
    public int JitterUs { get; }

    /// <summary>Longest delay of a delayed message.</summary>
    public int LongestDelayUs { get; }

    /// <summary>Draws whether something of a rate happens.</summary>
    public static bool Happens(ref RandomStream random, int rate) => rate > 0 && random.NextBelow(PerMille) < rate;

    /// <summary>Ends all faults.</summary>
    public void Heal() => Dropped = Doubled = Delayed = 0;
}

// The faults of a run, by kind.

using System.Collections.Generic;
using System.Linq;

namespace Crime.Chaos.Worlds;

/// <summary>Kinds of faults.</summary>
internal enum FaultKind
{
    /// <summary>A message was dropped.</summary>
    Drop,

    /// <summary>A message arrived twice.</summary>
    Double,

    /// <summary>A message was delayed.</summary>
    Delay,

    /// <summary>A link was cut; it heals later.</summary>
    Cut,

    /// <summary>A board was killed; it restarts later.</summary>
    BoardKill,

    /// <summary>A board went into deep sleep; it restarts later with its memory of gateways.</summary>
    DeepSleep,

    /// <summary>A gateway was killed; it restarts later.</summary>
    GatewayKill,

    /// <summary>A gateway was stopped in order; it restarts later.</summary>
    GatewayStop,

    /// <summary>The broker was killed; it restarts later.</summary>
    BrokerKill,

    /// <summary>Another client took a client id over.</summary>
    TakeOver,

    /// <summary>The clock of a node jumped forward.</summary>
    ClockJump,

    /// <summary>A board or a gateway got other models.</summary>
    ModelSwap,

    /// <summary>A burst of requests filled a gateway's queue.</summary>
    Flood,

    /// <summary>A gateway that answers nothing published a status.</summary>
    Stranger,

    /// <summary>A worker failed to compute its batch.</summary>
    WorkerFailure,
}

/// <summary>Counts faults.</summary>
internal sealed class FaultCounts
{
    private readonly int[] _counts = new int[(int)FaultKind.WorkerFailure + 1];

    /// <summary>All faults.</summary>
    public int Total => _counts.Sum();

    /// <summary>Faults by kind, by name.</summary>
    public IReadOnlyDictionary<string, int> ByKind =>
        _counts.Select((count, kind) => (Kind: (FaultKind)kind, Count: count)).ToDictionary(entry => entry.Kind.ToString(), entry => entry.Count);

    /// <summary>Counts a fault.</summary>
    public void Add(FaultKind kind) => _counts[(int)kind]++;
}

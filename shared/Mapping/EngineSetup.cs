// The parts of an engine: the node's model and costs, and its anti-herding measures. One setup can serve many engines.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>Setup of a <see cref="MappingEngine"/>; read once, when the engine is made, and never changed by it.</summary>
public sealed class EngineSetup
{
    /// <summary>Time between two beacons of an access point: 100 time units of 1024 µs.</summary>
    public const int StandardBeaconUs = 102_400;

    /// <summary>Shorter of the two lengths that a node measures its first lines at.</summary>
    public const int ShortLength = 4;

    /// <summary>Longer of the two lengths that a node measures its first lines at.</summary>
    public const int LongLength = 16;

    /// <summary>Identity of the node's model; gateways without it are not candidates.</summary>
    public uint ModelId;

    /// <summary>Length that the decision table must resolve, in timesteps.</summary>
    public int LongestLength = 1;

    /// <summary>
    /// Time to compute here, with a decoder to read the input; null when the node cannot: then it is never chosen while there is a gateway.
    /// </summary>
    public CostLine LocalTime;

    /// <summary>Expected output length of a decoder; null for a model that writes no sequence.</summary>
    public OutputLength Output;

    /// <summary>Deviation of output lengths from <see cref="Output"/>, in thousandths of a step.</summary>
    public int OutputDeviation;

    /// <summary>Time of a step of output here, in ns.</summary>
    public int OutputStepNs;

    /// <summary>Time to write a request.</summary>
    public CostLine EncodeTime = new CostLine(0, 0);

    /// <summary>Bytes of a request per timestep.</summary>
    public int BytesPerStep;

    /// <summary>Bytes of the state that goes with the rest of a stream; 0 where streams stay whole.</summary>
    public int StateSize;

    /// <summary>The node's power and air time.</summary>
    public PowerProfile Power;

    /// <summary>The objective.</summary>
    public Objective Objective = Objective.Time;

    /// <summary>Messages that the node listens to: statuses and answers, answers only, or answers and slow statuses.</summary>
    public ListeningMode Listening;

    /// <summary>True when the node passes requests on and advertises what it reaches: a gateway does, a board does not.</summary>
    public bool Relays;

    /// <summary>
    /// True when the rows of the table are allocated with the engine, so that memory runs out at the start or not at all. Otherwise each row is
    /// allocated with its gateway.
    /// </summary>
    public bool ReservesRows = true;

    /// <summary>True when the lines of this node follow the measured times of inferences and requests.</summary>
    public bool UseRefit = true;

    /// <summary>Time in µs between the beacons of a radio in modem sleep; 0 for a link without modem sleep.</summary>
    public int BeaconIntervalUs;

    /// <summary>Least time in µs that a request waits for its answer beyond the expected time.</summary>
    public int TimeoutMarginUs = 200_000;

    /// <summary>Longest time in µs that a request waits for its answer.</summary>
    public int TimeoutMaxUs = 2_000_000;

    /// <summary>Anti-herding measures that are on.</summary>
    public AntiHerding Measures = AntiHerding.All;
}

// One gateway as the board sees it: its costs for the board's model, its load, and the link to it.

using Crime.Frames;

namespace Crime.Mapping;

/// <summary>The state of a gateway as this node knows it. Guarded by the engine's lock.</summary>
public sealed class GatewayCandidate
{
    /// <summary>Id of the gateway in topics.</summary>
    public readonly string Id;

    /// <summary>The number that stands for the id in paths.</summary>
    public readonly uint Key;

    /// <summary>False after its last will, or while it does not serve the board's model.</summary>
    public bool IsServing;

    /// <summary>True when the gateway was usable as the radio went off: nothing newer is known while it is off.</summary>
    public bool WasUsable;

    /// <summary>Session and count of the last status, to tell old from new.</summary>
    public uint StatusSession;

    /// <summary>Count of the last status within its session.</summary>
    public uint StatusSequence;

    /// <summary>Time of the last status in µs.</summary>
    public long StatusAtUs;

    /// <summary>Time in µs from which the last status counts no longer; never for a node that learns from answers.</summary>
    public long StatusUntilUs;

    /// <summary>The gateway's advert, without the ways that lead back to this node.</summary>
    public readonly CostAdvert Advert = new CostAdvert();

    /// <summary>Its position in the advert of the line of the gateway itself; -1 when it does not compute the model.</summary>
    public int OwnSegment = -1;

    /// <summary>Workers that share its queue.</summary>
    public int Workers = 1;

    /// <summary>The wait in µs that was forecast for the last request sent there.</summary>
    public int SentWaitUs;

    /// <summary>The gateway gets no inputs before this time in µs: it has refused for a lasting reason.</summary>
    public long RefusedUntilUs;

    /// <summary>
    /// Time in µs at which an answer that is overdue counts as lost; 0 while none is. The node has computed the input itself meanwhile. The gateway
    /// gets no inputs before an answer or a pong.
    /// </summary>
    public long OverdueUntilUs;

    /// <summary>The way there and back.</summary>
    public readonly LinkEstimator Link = new LinkEstimator();

    /// <summary>The queue there.</summary>
    public readonly QueueForecast Queue = new QueueForecast();

    /// <summary>Sequence number of the ping under way, 0 when there is none.</summary>
    public uint PingSequence;

    /// <summary>Time of that ping in µs.</summary>
    public long PingSentAtUs;

    /// <summary>Air time of that ping, in µs.</summary>
    public int PingAirUs;

    /// <summary>To the gateway itself.</summary>
    internal readonly Route Own;

    /// <summary>Through the gateway to others.</summary>
    internal Route Relay;

    /// <summary>Makes a candidate that is not serving yet.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="row">Receives the times of its route; null to make one.</param>
    internal GatewayCandidate(string id, int[] row)
    {
        Id = id;
        Key = NodeKey.Of(id);
        Own = new Route(this, row ?? new int[DecisionTable.BucketCount]);
    }

    /// <summary>Mean absolute error in µs of the forecasts of its link and its queue so far.</summary>
    public int ForecastErrorUs => (Link.IsScheduleBetter ? Link.ScheduleErrorUs : Link.DeviationUs) + Queue.DeviationUs;

    /// <summary>Returns true when the gateway can get inputs while the radio is on.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsUsable(long nowUs) =>
        IsServing && Link.IsUsable && OverdueUntilUs == 0 && nowUs <= StatusUntilUs && nowUs >= RefusedUntilUs;

    /// <summary>True when others are reached through it.</summary>
    public bool IsRelaying => Advert.Count > (OwnSegment < 0 ? 0 : 1);
}

// The costs that depend on the length alone, computed once per bucket of lengths. A decision then takes a few additions and a comparison per
// route, one multiplication that turns time into cost, and a comparison with the node.
//
// Two routes differ in time only: the radio draws the same power while it waits for either, and the request is the same. So the best route is
// the fastest one for every objective, and only that one is compared with the node.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>Precomputed costs per length bucket: of the node itself, and of what every route shares.</summary>
/// <remarks>Not thread-safe. Allocates in its constructor only.</remarks>
public sealed class DecisionTable
{
    /// <summary>Buckets of lengths. With <see cref="MaxCandidates"/> gateways, each with a relay behind it, the table takes 4 KiB.</summary>
    public const int BucketCount = 84;

    /// <summary>Most gateways.</summary>
    public const int MaxCandidates = 4;

    /// <summary>Cost of a place that must not be chosen.</summary>
    public const int Unusable = int.MaxValue / 2;

    // Fraction bits of the factor that makes a time into a cost.
    private const int ScaleBits = 16;

    private readonly int[] _local = new int[BucketCount];
    private readonly int[] _request = new int[BucketCount];
    private readonly int[] _extra = new int[BucketCount];
    private readonly int _shift;
    private int _scale;
    private int _localScale;
    private int _spareScale;
    private int _listenScale;
    private int _lastLocalInTime = BucketCount;

    /// <summary>Makes a table of zero costs.</summary>
    /// <param name="longestLength">Longest length in timesteps that the buckets resolve; longer inputs share the last bucket.</param>
    public DecisionTable(int longestLength)
    {
        while (longestLength >> _shift >= BucketCount) _shift++;
    }

    /// <summary>Timesteps per bucket: a power of two.</summary>
    public int BucketWidth => 1 << _shift;

    /// <summary>The bucket of a length.</summary>
    public int Bucket(int length)
    {
        int bucket = length >> _shift;
        return bucket >= BucketCount ? BucketCount - 1 : bucket;
    }

    /// <summary>The shortest length of a bucket, at least 1.</summary>
    public int ShortestLength(int bucket) => bucket == 0 ? 1 : bucket << _shift;

    /// <summary>Computes the costs of an objective.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="lines">The node's power and costs. A node that cannot compute is the last resort.</param>
    internal void Build(Objective objective, NodeLines lines)
    {
        SetScales(objective, lines.Power, out int encodeScale, out int transmitScale);
        CostLine localTime = lines.LocalTime;
        int marginUs = objective.MarginUs(lines.LocalDeviationUs);
        int clientUs = lines.Power.SendUs + lines.Power.ReceiveUs;
        StateCost = (int)(((long)lines.StateUs * transmitScale) >> ScaleBits);
        _lastLocalInTime = BucketCount;
        for (int i = 0; i < BucketCount; i++)
        {
            int length = MiddleOf(i);
            long encodeUs = lines.EncodeTime.At(length), transmitUs = lines.TransmitTime.At(length);
            _request[i] = (int)(encodeUs + transmitUs);
            _extra[i] = (int)(((encodeUs + clientUs) * encodeScale + transmitUs * transmitScale) >> ScaleBits);
            int localUs = localTime == null ? Unusable : localTime.At(length);
            _local[i] = localTime == null ? Unusable : Scale(localUs, _localScale);
            bool isLate = objective.Kind == ObjectiveKind.Deadline && localUs + marginUs > objective.DeadlineMs * 1000;
            if (isLate && i < _lastLocalInTime) _lastLocalInTime = i - 1;
        }
    }

    /// <summary>
    /// Computes the cost of a µs in each state of <see cref="RadioTimeline"/>: time * onTime + energy * onEnergy, both in 1/65536. Waiting is
    /// part of every offload, so the other states count what they draw beyond waiting.
    /// </summary>
    private void SetScales(Objective objective, PowerProfile power, out int encodeScale, out int transmitScale)
    {
        int onTime = 0, onEnergy = 0;
        switch (objective.Kind)
        {
            case ObjectiveKind.Time: onTime = 1 << ScaleBits; break;
            case ObjectiveKind.Weighted:
                onTime = (objective.LambdaThousandths << ScaleBits) / Objective.FullLambda;
                // Energy over the power of computing, in mW: 1000 µs per µJ and mW. A node that draws nothing minimises time.
                if (power.ComputeMw > 0) onEnergy = (int)((long)(Objective.FullLambda - objective.LambdaThousandths) * (1 << ScaleBits) / power.ComputeMw);
                else onTime = 1 << ScaleBits;
                break;
            default: onEnergy = 1 << ScaleBits; break;
        }
        _scale = onTime + ScaleOf(power.WaitMw, onEnergy);
        _localScale = onTime + ScaleOf(power.ComputeMw, onEnergy);
        _listenScale = ScaleOf(power.ListenExtraMw, onEnergy);
        encodeScale = ScaleOf(power.ComputeMw - power.WaitMw, onEnergy);
        transmitScale = ScaleOf(power.TransmitMw - power.WaitMw, onEnergy);
        // The power that computing draws beyond waiting, as a share of the cost of computing.
        _spareScale = _localScale > 0 ? (int)(((long)encodeScale << ScaleBits) / _localScale) : 0;
    }

    /// <summary>Fills a route's row with what the request and computing there take.</summary>
    /// <param name="row">A route's row.</param>
    /// <param name="alphaNs">Cost of a timestep there in ns.</param>
    /// <param name="betaUs">Cost of length zero in µs.</param>
    /// <param name="isFirst">False to keep what is cheaper already.</param>
    public void Fill(int[] row, uint alphaNs, uint betaUs, bool isFirst)
    {
        var line = new CostLine(alphaNs, betaUs);
        for (int i = 0; i < BucketCount; i++)
        {
            int timeUs = _request[i] + line.At(MiddleOf(i));
            if (isFirst || timeUs < row[i]) row[i] = timeUs;
        }
    }

    /// <summary>The fastest route.</summary>
    /// <param name="first">The first usable route; null when there is none.</param>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="tick">Time since the routes were refreshed, in 1024 µs.</param>
    /// <param name="bestUs">Its time in µs.</param>
    /// <returns>A route, or null.</returns>
    internal static Route Fastest(Route first, int bucket, int tick, out int bestUs)
    {
        int best = int.MaxValue;
        Route choice = null;
        for (Route route = first; route != null; route = route.Next)
        {
            int timeUs = route.RowUs[bucket] + route.RoundTripUs, waitUs = route.StartUs + route.GrowthUsPerTick * tick;
            if (waitUs > 0) timeUs += waitUs;
            if (timeUs >= best) continue;
            best = timeUs;
            choice = route;
        }
        bestUs = best;
        return choice;
    }

    /// <summary>The fastest route among those that meet a deadline.</summary>
    /// <param name="first">The first usable route; null when there is none.</param>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="tick">Time since the routes were refreshed, in 1024 µs.</param>
    /// <param name="bestUs">Its time in µs.</param>
    /// <returns>A route, or null.</returns>
    internal static Route FastestWithin(Route first, int bucket, int tick, out int bestUs)
    {
        int best = int.MaxValue;
        Route choice = null;
        for (Route route = first; route != null; route = route.Next)
        {
            int timeUs = route.RowUs[bucket] + route.RoundTripUs, waitUs = route.StartUs + route.GrowthUsPerTick * tick;
            if (waitUs > 0) timeUs += waitUs;
            if (timeUs >= best || timeUs > route.SlackUs) continue;
            best = timeUs;
            choice = route;
        }
        bestUs = best;
        return choice;
    }

    /// <summary>Cost of an input on the node; <see cref="Unusable"/> when the node cannot compute it.</summary>
    public int LocalCost(int bucket) => _local[bucket];

    /// <summary>Cost of computing while the rest of the input is still to come: the energy that computing adds to waiting.</summary>
    public int SpareCost(int bucket) => Scale(_local[bucket], _spareScale);

    /// <summary>Cost of transmitting the state of a stream beyond the cost of its time.</summary>
    public int StateCost { get; private set; }

    /// <summary>Cost of an offloaded input, without listening.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="timeUs">Time in µs from the decision to the result.</param>
    public int OffloadCost(int bucket, int timeUs)
    {
        long cost = (((long)timeUs * _scale) >> ScaleBits) + _extra[bucket];
        return cost > Unusable - 1 ? Unusable - 1 : (int)cost;
    }

    /// <summary>Time in µs after which an offloaded input costs as much as on the node.</summary>
    /// <returns>At least 1; <see cref="int.MaxValue"/> when the node cannot compute it, or when waiting costs nothing.</returns>
    public int BudgetUs(int bucket)
    {
        if (_local[bucket] >= Unusable || _scale <= 0) return int.MaxValue;
        long budgetUs = ((long)_local[bucket] << ScaleBits) / _scale;
        // A budget of 0 would be none.
        return budgetUs > int.MaxValue ? int.MaxValue : budgetUs < 1 ? 1 : (int)budgetUs;
    }

    /// <summary>Time in µs from the decision until the request has left.</summary>
    public int RequestUs(int bucket) => _request[bucket];

    /// <summary>Cost that listening adds to waiting for a time in µs.</summary>
    public int ListenCost(int timeUs) => _listenScale == 0 ? 0 : Scale(timeUs, _listenScale);

    /// <summary>Cost of computing for a time in µs.</summary>
    public int ComputeCost(int timeUs) => Scale(timeUs, _localScale);

    /// <summary>Returns true when computing on the node meets the deadline.</summary>
    public bool IsLocalInTime(int bucket) => bucket <= _lastLocalInTime;

    private static int Scale(int timeUs, int scale)
    {
        long cost = ((long)timeUs * scale) >> ScaleBits;
        return cost > Unusable - 1 ? Unusable - 1 : (int)cost;
    }

    /// <summary>Cost of a µs at a power in 1/65536: mW times µs are nJ.</summary>
    private static int ScaleOf(int powerMw, int onEnergy) => (int)((long)powerMw * onEnergy / 1000);

    private int MiddleOf(int bucket)
    {
        // The middle of the bucket stands for all its lengths.
        return (bucket << _shift) + (BucketWidth >> 1);
    }
}

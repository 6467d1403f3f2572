// What a decision looks up: all that depends only on the length is worked out beforehand, per bucket of lengths. A decision is
// then a few additions and a comparison per route, one multiplication that makes time into what is minimised, and a comparison.
//
// Two routes differ in time only: the radio draws the same while it waits for either, and the request is the same. So the best
// route is the fastest, whatever is minimised, and only it is compared with the board.

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

    /// <summary>Result of a decision: compute here.</summary>
    public const int Local = -1;

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

    /// <summary>Makes a table in which everything costs nothing yet.</summary>
    /// <param name="longestLength">Length that the buckets must resolve; longer inputs share the last bucket.</param>
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

    /// <summary>Works out what follows from a goal and the node's own lines.</summary>
    /// <param name="goal">What is minimised.</param>
    /// <param name="power">The node's power.</param>
    /// <param name="localTime">Time to compute here; null when the node cannot: then it is the last resort.</param>
    /// <param name="localMarginUs">What is added to that time for the quantile of a deadline.</param>
    /// <param name="encodeTime">Time to write a request.</param>
    /// <param name="transmitTime">Air time of a request.</param>
    /// <param name="stateUs">Air time of the state of a stream.</param>
    public void Build(
        Goal goal, PowerProfile power, CostLine localTime, int localMarginUs, CostLine encodeTime, CostLine transmitTime, int stateUs)
    {
        // A cost is time * onTime + energy * onEnergy, both in 1/65536.
        int onTime = 0, onEnergy = 0;
        switch (goal.Objective)
        {
            case Objective.Time: onTime = 1 << ScaleBits; break;
            case Objective.Weighted:
                onTime = (goal.LambdaThousandths << ScaleBits) / Goal.FullLambda;
                // Energy over the power of computing, in mW: 1000 µs per µJ and mW. A node that draws nothing minimises time.
                if (power.ComputeMw > 0) onEnergy = (int)((long)(Goal.FullLambda - goal.LambdaThousandths) * (1 << ScaleBits) / power.ComputeMw);
                else onTime = 1 << ScaleBits;
                break;
            default: onEnergy = 1 << ScaleBits; break;
        }
        _scale = onTime + ScaleOf(power.WaitMw, onEnergy);
        _localScale = onTime + ScaleOf(power.ComputeMw, onEnergy);
        // What listening draws more than dozing does.
        _listenScale = power.ListenOnUs > 0 ? ScaleOf(power.ListenMw - power.WaitMw, onEnergy) : 0;
        // What computing draws more than waiting does, as a share of what a decision otherwise takes computing for.
        _spareScale = _localScale > 0 ? (int)(((long)ScaleOf(power.ComputeMw - power.WaitMw, onEnergy) << ScaleBits) / _localScale) : 0;
        int encodeScale = ScaleOf(power.ComputeMw - power.WaitMw, onEnergy), transmitScale = ScaleOf(power.TransmitMw - power.WaitMw, onEnergy);
        StateCost = (int)(((long)stateUs * transmitScale) >> ScaleBits);
        _lastLocalInTime = BucketCount;
        for (int i = 0; i < BucketCount; i++)
        {
            int length = MiddleOf(i);
            long encodeUs = encodeTime.At(length), transmitUs = transmitTime.At(length);
            _request[i] = (int)(encodeUs + transmitUs);
            _extra[i] = (int)((encodeUs * encodeScale + transmitUs * transmitScale) >> ScaleBits);
            int localUs = localTime == null ? Unusable : localTime.At(length);
            _local[i] = localTime == null ? Unusable : Scale(localUs, _localScale);
            bool isLate = goal.Objective == Objective.Deadline && localUs + localMarginUs > goal.DeadlineMs * 1000;
            if (isLate && i < _lastLocalInTime) _lastLocalInTime = i - 1;
        }
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
            int timeUs = route.Row[bucket] + route.Link, waitUs = route.Start + route.Growth * tick;
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
            int timeUs = route.Row[bucket] + route.Link, waitUs = route.Start + route.Growth * tick;
            if (waitUs > 0) timeUs += waitUs;
            if (timeUs >= best || timeUs > route.SlackUs) continue;
            best = timeUs;
            choice = route;
        }
        bestUs = best;
        return choice;
    }

    /// <summary>Time of an input on a route.</summary>
    internal static int TimeUs(Route route, int bucket, int tick)
    {
        int waitUs = route.Start + route.Growth * tick;
        return route.Row[bucket] + route.Link + (waitUs > 0 ? waitUs : 0);
    }

    /// <summary>Cost of an input here; <see cref="Unusable"/> when this node cannot compute it.</summary>
    public int LocalCost(int bucket) => _local[bucket];

    /// <summary>Cost of computing here in time that passes anyway, while the input is still coming: what it draws on top.</summary>
    public int SpareCost(int bucket) => Scale(_local[bucket], _spareScale);

    /// <summary>What sending the state of a stream costs, apart from the time that it takes.</summary>
    public int StateCost { get; private set; }

    /// <summary>Cost of an input that is sent away.</summary>
    /// <param name="bucket">The input's bucket.</param>
    /// <param name="timeUs">From the decision to the result.</param>
    public int AwayCost(int bucket, int timeUs)
    {
        long cost = (((long)timeUs * _scale) >> ScaleBits) + _extra[bucket];
        return cost > Unusable - 1 ? Unusable - 1 : (int)cost;
    }

    /// <summary>How long an input may be away, in µs, until it costs as much as computing it here.</summary>
    /// <returns>A time, or <see cref="int.MaxValue"/> when this node cannot compute it.</returns>
    public int WorthUs(int bucket)
    {
        if (_local[bucket] >= Unusable || _scale <= 0) return int.MaxValue;
        long worthUs = ((long)_local[bucket] << ScaleBits) / _scale;
        // A budget of 0 would be none.
        return worthUs > int.MaxValue ? int.MaxValue : worthUs < 1 ? 1 : (int)worthUs;
    }

    /// <summary>Time from the decision to the request's leaving, in µs.</summary>
    public int RequestUs(int bucket) => _request[bucket];

    /// <summary>What it costs on top of waiting that a radio which otherwise dozes listens for a time.</summary>
    public int ListenCost(int timeUs) => _listenScale == 0 ? 0 : Scale(timeUs, _listenScale);

    /// <summary>What a time costs that the node spends computing.</summary>
    public int ComputeCost(int timeUs) => Scale(timeUs, _localScale);

    /// <summary>Whether computing here meets the deadline.</summary>
    public bool IsLocalInTime(int bucket) => bucket <= _lastLocalInTime;

    private static int Scale(int timeUs, int scale)
    {
        long cost = ((long)timeUs * scale) >> ScaleBits;
        return cost > Unusable - 1 ? Unusable - 1 : (int)cost;
    }

    /// <summary>What a µs at a power costs, in 1/65536: mW times µs are nJ.</summary>
    private static int ScaleOf(int powerMw, int onEnergy) => (int)((long)powerMw * onEnergy / 1000);

    private int MiddleOf(int bucket)
    {
        // The middle of the bucket stands for all its lengths.
        return (bucket << _shift) + (BucketWidth >> 1);
    }
}

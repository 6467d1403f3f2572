// The decision itself: for every length, where is the input cheaper? All that depends only on the length is worked out
// beforehand, per bucket of lengths; a decision is then one look-up, one addition and one comparison per candidate.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>Precomputed costs per length bucket, for the node itself and for each remote candidate.</summary>
/// <remarks>Not thread-safe. Allocates in its constructor only.</remarks>
public sealed class DecisionTable
{
    /// <summary>Buckets of lengths. With four candidates the table takes 2.5 KiB.</summary>
    public const int BucketCount = 128;

    /// <summary>Most remote candidates.</summary>
    public const int MaxCandidates = 4;

    /// <summary>Result of <see cref="Choose"/>: compute here.</summary>
    public const int Local = -1;

    /// <summary>Cost of a place that must not be chosen.</summary>
    public const int Unusable = int.MaxValue / 2;

    private readonly int[] _local = new int[BucketCount];
    private readonly int[][] _remote = new int[MaxCandidates][];
    private readonly int _shift;

    /// <summary>Makes a table in which every candidate costs nothing yet.</summary>
    /// <param name="longestLength">Length that the buckets must resolve; longer inputs share the last bucket.</param>
    public DecisionTable(int longestLength)
    {
        while (longestLength >> _shift >= BucketCount) _shift++;
        for (int i = 0; i < MaxCandidates; i++) _remote[i] = new int[BucketCount];
    }

    /// <summary>Timesteps per bucket: a power of two.</summary>
    public int BucketWidth => 1 << _shift;

    /// <summary>Sets the cost of computing here.</summary>
    /// <param name="line">The cost; null when this node cannot compute: then it is the last resort.</param>
    public void SetLocal(CostLine line)
    {
        if (line != null) Fill(_local, line);
        else for (int i = 0; i < BucketCount; i++) _local[i] = Unusable;
    }

    /// <summary>Sets the part of a candidate's cost that does not change from moment to moment.</summary>
    /// <param name="candidate">0 to <see cref="MaxCandidates"/> - 1.</param>
    /// <param name="line">Encoding, air time and service, in the unit of the objective.</param>
    public void SetRemote(int candidate, CostLine line) => Fill(_remote[candidate], line);

    /// <summary>Cost of computing an input here; <see cref="Unusable"/> when this node cannot.</summary>
    public int LocalCost(int length) => _local[Bucket(length)];

    /// <summary>Unchanging cost of an input at a candidate.</summary>
    public int RemoteCost(int candidate, int length) => _remote[candidate][Bucket(length)];

    /// <summary>The cheapest place for an input.</summary>
    /// <param name="length">Timesteps, at least 0.</param>
    /// <param name="dynamicCosts">Per candidate: link and queue at this moment, or <see cref="Unusable"/>.</param>
    /// <param name="candidateCount">How many candidates there are, 0 to <see cref="MaxCandidates"/>.</param>
    /// <returns>The candidate's index, or <see cref="Local"/>; ties go to the board.</returns>
    public int Choose(int length, int[] dynamicCosts, int candidateCount)
    {
        int bucket = length >> _shift;
        if (bucket >= BucketCount) bucket = BucketCount - 1;
        int best = _local[bucket], choice = Local;
        for (int i = 0; i < candidateCount; i++)
        {
            int cost = _remote[i][bucket] + dynamicCosts[i];
            if (cost >= best) continue;
            best = cost;
            choice = i;
        }
        return choice;
    }

    private int Bucket(int length)
    {
        int bucket = length >> _shift;
        return bucket >= BucketCount ? BucketCount - 1 : bucket;
    }

    private void Fill(int[] costs, CostLine line)
    {
        // The middle of the bucket stands for all its lengths.
        int middle = BucketWidth >> 1;
        for (int i = 0; i < BucketCount; i++) costs[i] = line.At((i << _shift) + middle);
    }
}

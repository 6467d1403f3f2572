// The least of several costs at every length: the offer of a node that computes inputs itself and can also pass them on. An advert has room for
// a few lines. Where more lines are the least somewhere, the envelope drops the lines whose absence raises it least.

using Crime.Costs;

namespace Crime.Gateway.Core.Relaying;

/// <summary>Lower envelope of cost lines over the lengths 1 to a longest. Allocates in its constructor only.</summary>
/// <remarks>Exact in integers: values are compared in thousandths of a µs, which fit 64 bits by the limits of <see cref="CostLine"/>.</remarks>
public sealed class CostEnvelope
{
    private readonly int[] _alpha;
    private readonly int[] _beta;
    private readonly int[] _tag;

    // Best[m * capacity + j]: least loss of an envelope of m + 1 lines that ends with line j; Before: the line before j in it.
    private readonly long[] _best;
    private readonly int[] _before;
    private readonly bool[] _isKept;

    /// <summary>Makes an empty envelope.</summary>
    /// <param name="capacity">Most lines that are added.</param>
    public CostEnvelope(int capacity)
    {
        _alpha = new int[capacity];
        _beta = new int[capacity];
        _tag = new int[capacity];
        _best = new long[capacity * capacity];
        _before = new int[capacity * capacity];
        _isKept = new bool[capacity];
    }

    /// <summary>Number of lines.</summary>
    public int Count { get; private set; }

    /// <summary>Slope of a line, in ns per timestep.</summary>
    public int AlphaNs(int index) => _alpha[index];

    /// <summary>Intercept of a line, in µs.</summary>
    public int BetaUs(int index) => _beta[index];

    /// <summary>The caller's mark on a line.</summary>
    public int Tag(int index) => _tag[index];

    /// <summary>Removes all lines.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a line; one beyond the capacity is dropped.</summary>
    /// <param name="alphaNs">0 to <see cref="CostLine.MaxAlphaNs"/>.</param>
    /// <param name="betaUs">0 to <see cref="CostLine.MaxBetaUs"/>.</param>
    /// <param name="tag">The caller's mark.</param>
    public void Add(int alphaNs, int betaUs, int tag)
    {
        if (Count == _alpha.Length) return;
        _alpha[Count] = alphaNs;
        _beta[Count] = betaUs;
        _tag[Count] = tag;
        Count++;
    }

    /// <summary>The least cost at a length, in thousandths of a µs.</summary>
    public long At(int length)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Count; i++)
            if (ValueAt(i, length) < least) least = ValueAt(i, length);
        return least;
    }

    /// <summary>Keeps the lines that are the least somewhere, in the order of the lengths, and of those the best few.</summary>
    /// <param name="longestLength">Lengths 1 to this count.</param>
    /// <param name="maxCount">Most lines to keep, at least 1: the choice whose worst raise above the whole envelope is the least.</param>
    public void Reduce(int longestLength, int maxCount)
    {
        KeepLeast(longestLength);
        if (Count <= maxCount) return;
        FindBest(longestLength, maxCount);
        int kept = 0;
        for (int i = 0; i < Count; i++)
            if (_isKept[i]) Move(i, kept++);
        Count = kept;
    }

    private long ValueAt(int line, int length) => _beta[line] * 1000L + (long)_alpha[line] * length;

    /// <summary>Walks along the envelope: from the line that is the least at length 1 to the line that first falls below it, and so on.</summary>
    private void KeepLeast(int longestLength)
    {
        int kept = 0, length = 1;
        while (kept < Count)
        {
            // The least at this length, and of equals the one that stays the least.
            int least = kept;
            for (int i = kept + 1; i < Count; i++)
            {
                long difference = ValueAt(i, length) - ValueAt(least, length);
                if (difference < 0 || (difference == 0 && _alpha[i] < _alpha[least])) least = i;
            }
            Swap(kept, least);
            length = NextLength(kept, longestLength);
            kept++;
            if (length > longestLength) break;
        }
        Count = kept;
    }

    /// <summary>The first length at which a line not yet kept is below the current one; beyond the longest when none is.</summary>
    private int NextLength(int current, int longestLength)
    {
        int next = longestLength + 1;
        for (int i = current + 1; i < Count; i++)
        {
            if (_alpha[i] >= _alpha[current]) continue;
            int crossing = Crossing(current, i);
            if (crossing < next) next = crossing;
        }
        return next;
    }

    /// <summary>The first length at which the flatter line is strictly below the steeper one; it is not at length 1.</summary>
    private int Crossing(int steeper, int flatter)
    {
        long length = (_beta[flatter] - (long)_beta[steeper]) * 1000 / (_alpha[steeper] - _alpha[flatter]) + 1;
        return length > CostLine.Never ? CostLine.Never : (int)length;
    }

    /// <summary>Marks the best few lines. The loss between two kept neighbours is largest where they cross.</summary>
    private void FindBest(int longestLength, int maxCount)
    {
        int capacity = _alpha.Length;
        for (int j = 0; j < Count; j++) _best[j] = ValueAt(j, 1) - At(1);
        for (int m = 1; m < maxCount; m++)
        {
            for (int j = m; j < Count; j++)
            {
                _best[m * capacity + j] = long.MaxValue;
                for (int i = m - 1; i < j; i++)
                {
                    long loss = LossBetween(i, j, longestLength), before = _best[(m - 1) * capacity + i];
                    if (before > loss) loss = before;
                    if (loss >= _best[m * capacity + j]) continue;
                    _best[m * capacity + j] = loss;
                    _before[m * capacity + j] = i;
                }
            }
        }
        int last = -1;
        long least = long.MaxValue;
        for (int j = maxCount - 1; j < Count; j++)
        {
            long loss = ValueAt(j, longestLength) - At(longestLength), before = _best[(maxCount - 1) * capacity + j];
            if (before > loss) loss = before;
            if (loss >= least) continue;
            least = loss;
            last = j;
        }
        for (int i = 0; i < Count; i++) _isKept[i] = false;
        for (int m = maxCount - 1; m >= 0; m--)
        {
            _isKept[last] = true;
            last = _before[m * capacity + last];
        }
    }

    private long LossBetween(int steeper, int flatter, int longestLength)
    {
        int crossing = Crossing(steeper, flatter);
        long loss = 0;
        for (int length = crossing - 1; length <= crossing; length++)
        {
            if (length < 1 || length > longestLength) continue;
            long one = ValueAt(steeper, length), other = ValueAt(flatter, length), raise = (one < other ? one : other) - At(length);
            if (raise > loss) loss = raise;
        }
        return loss;
    }

    private void Swap(int a, int b)
    {
        int alpha = _alpha[a], beta = _beta[a], tag = _tag[a];
        Move(b, a);
        _alpha[b] = alpha;
        _beta[b] = beta;
        _tag[b] = tag;
    }

    private void Move(int from, int to)
    {
        _alpha[to] = _alpha[from];
        _beta[to] = _beta[from];
        _tag[to] = _tag[from];
    }
}

// Cost of straight-line code over its size. The costs of instructions are those of code that stays in a cache. Larger code costs
// more per instruction, because the interpreter fetches its bytes from farther away each time and predicts its branches worse.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Crime.Modelling.Prediction;

/// <summary>A point of the cost over the size.</summary>
/// <param name="Bytes">Byte code that a step runs through once.</param>
/// <param name="ExtraNs">Time that an instruction of it takes beyond the table of costs, in ns, at least 0.</param>
public sealed record CodePoint(int Bytes, double ExtraNs);

/// <summary>Time that code takes beyond the costs of its instructions, over its size.</summary>
/// <param name="Points">Points of ascending size; none for no such cost.</param>
/// <param name="Source">Where it comes from; the reason where there are no points.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record CodeSizeCost(IReadOnlyList<CodePoint> Points, string Source, string Confidence)
{
    /// <summary>Name of the bench's lines.</summary>
    internal const string SweepName = "code.sweep";

    /// <summary>The cost of a profile that does not say anything about the size of code.</summary>
    internal static CodeSizeCost Unknown { get; } = new([], "this profile has no cost of code size", "estimate");

    /// <summary>Makes the cost from a sweep.</summary>
    /// <param name="sweep">Bytes of code and ns per instruction.</param>
    /// <param name="source">Where the times come from.</param>
    /// <remarks>
    /// Code costs no less when it grows, so what noise made fall is levelled: isotonic regression by pooling adjacent violators. The
    /// smallest size counts as code that stays in the cache.
    /// </remarks>
    public static CodeSizeCost FromSweep(IEnumerable<(int Bytes, double Ns)> sweep, string source)
    {
        var pools = new List<(double Ns, List<int> Sizes)>();
        foreach (var (bytes, ns) in sweep.OrderBy(point => point.Bytes))
        {
            pools.Add((ns, [bytes]));
            while (pools.Count > 1 && pools[^2].Ns > pools[^1].Ns)
            {
                var (low, high) = (pools[^2], pools[^1]);
                double mean = (low.Ns * low.Sizes.Count + high.Ns * high.Sizes.Count) / (low.Sizes.Count + high.Sizes.Count);
                pools.RemoveRange(pools.Count - 2, 2);
                pools.Add((mean, [.. low.Sizes, .. high.Sizes]));
            }
        }
        CodePoint[] points = pools.SelectMany(pool => pool.Sizes.Select(bytes => new CodePoint(bytes, Math.Round(pool.Ns - pools[0].Ns, 4)))).ToArray();
        return points.Length == 0 ? new CodeSizeCost([], $"no line '{SweepName}' in it: {source}", "measured") : new CodeSizeCost(points, source, "measured");
    }

    /// <summary>Returns what an instruction takes beyond the table of costs: the points, straight lines between them, level outside.</summary>
    /// <param name="bytes">Byte code that a step runs through.</param>
    /// <returns>Nanoseconds.</returns>
    public double ExtraNs(int bytes)
    {
        if (Points.Count == 0) return 0;
        int after = Points.TakeWhile(point => point.Bytes < bytes).Count();
        if (after == 0) return Points[0].ExtraNs;
        if (after == Points.Count) return Points[^1].ExtraNs;
        CodePoint low = Points[after - 1], high = Points[after];
        return low.ExtraNs + (high.ExtraNs - low.ExtraNs) * (bytes - low.Bytes) / (high.Bytes - low.Bytes);
    }

    /// <summary>Refuses points that are none.</summary>
    /// <exception cref="JsonException">The message says which.</exception>
    internal CodeSizeCost Validated()
    {
        foreach (CodePoint point in Points)
            if (point.Bytes <= 0 || !(point.ExtraNs >= 0 && double.IsFinite(point.ExtraNs)))
                throw new JsonException(FormattableString.Invariant($"'code' has {point.ExtraNs} ns at {point.Bytes} bytes"));
        if (!Points.Select(point => point.Bytes).SequenceEqual(Points.Select(point => point.Bytes).Distinct().Order()))
            throw new JsonException("'code' has points that do not ascend in size");
        return this;
    }
}

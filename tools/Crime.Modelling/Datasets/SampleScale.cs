// Decimals to the integers of a sensor: a segmenter computes with 16-bit integers.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Factor of the samples of a log, a power of ten.</summary>
/// <param name="Factor">The factor.</param>
/// <param name="IsRounded">True when some samples are rounded, because a larger factor would exceed 16 bits.</param>
internal sealed record SampleScale(int Factor, bool IsRounded)
{
    private const int MostDigits = 4;

    /// <summary>Returns the smallest factor that makes all samples integers, or the largest one that fits into 16 bits.</summary>
    /// <param name="samples">The samples; at most as large as 16 bits.</param>
    public static SampleScale Of(IReadOnlyList<decimal> samples)
    {
        decimal largest = samples.Max(), least = samples.Min();
        int factor = 1;
        for (int digits = 0; digits <= MostDigits; digits++, factor *= 10)
        {
            if (samples.All(sample => decimal.IsInteger(sample * factor))) return new SampleScale(factor, false);
            decimal next = factor * 10m;
            if (digits == MostDigits || largest * next > short.MaxValue || least * next < short.MinValue) break;
        }
        return new SampleScale(factor, true);
    }

    /// <summary>Returns a sample as an integer.</summary>
    public short Apply(decimal sample) => (short)Math.Round(sample * Factor, MidpointRounding.ToEven);
}

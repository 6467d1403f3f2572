// Computes percentiles of magnitudes without storing the numbers: a calibration reads hundreds of millions of them.

using System;

namespace Crime.Modelling.Ranges;

/// <summary>
/// Counts magnitudes in bins as fine as one part in 4096 of the value: the upper bits of a float, which for numbers of one
/// sign are in the order of the numbers themselves.
/// </summary>
public sealed class MagnitudeHistogram
{
    // 8 bits of exponent and 12 of the fraction; the sign is dropped.
    private const int DroppedBits = 11;

    private readonly long[] _bins = new long[1 << (31 - DroppedBits)];
    private long _count;
    private float _largest;

    /// <summary>Counts the magnitudes of some finite numbers.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            float magnitude = MathF.Abs(value);
            _bins[BitConverter.SingleToUInt32Bits(magnitude) >> DroppedBits]++;
            _largest = MathF.Max(_largest, magnitude);
        }
        _count += values.Length;
    }

    /// <summary>Returns the magnitude that at least the given share of all magnitudes does not exceed, by nearest rank.</summary>
    /// <param name="percent">Above 0 to 100.</param>
    /// <returns>
    /// For 100 the largest magnitude, exactly; otherwise the upper end of the bin that holds the percentile, at most one part in
    /// 4096 above it. 0 when nothing was counted.
    /// </returns>
    public float Percentile(double percent)
    {
        if (percent >= 100 || _count == 0) return _largest;
        long rank = (long)Math.Ceiling(percent * _count / 100);
        int bin = 0;
        for (long below = _bins[0]; below < rank; below += _bins[bin]) bin++;
        float upperEnd = BitConverter.UInt32BitsToSingle(((uint)(bin + 1) << DroppedBits) - 1);
        return MathF.Min(upperEnd, _largest);
    }
}

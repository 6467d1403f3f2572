// Keeps a cost line true while it is used: every input that was computed says what its length really cost. Recursive least
// squares with forgetting, in integers, without a matrix that could blow up.

namespace Crime.Costs;

/// <summary>A cost line that follows what is observed. Allocates in its constructor only. Not thread-safe.</summary>
/// <remarks>
/// <para>Means, variance and covariance of length and cost fade by 1/32 with every observation; the slope is
/// covariance over variance. That is the solution of recursive least squares with the forgetting factor 31/32, whose information
/// matrix these numbers are; unlike its inverse they are bounded by the range of the inputs.</para>
/// <para>Where lengths do not vary there is nothing to learn a slope from: it is drawn to the last one as if by a variance of
/// (mean length / 16)^2 + 1/4, so it stays, and the line moves up and down.</para>
/// <para>An observation further from the line than four mean deviations (and 1/64 of the cost and 50 µs) counts as if it were
/// there: an interruption does not tilt the line, and a lasting change widens the deviation until it gets through.</para>
/// <para>Nothing overflows: with lengths below 2^12 and costs below 2^27, in units of 2^-8 and 2^-4, the variance stays below 2^42 and
/// the covariance below 2^53; before they are multiplied both are shifted until the variance is below 2^30, and as covariance^2 is
/// at most the product of the variances, the covariance is then below 2^48.</para>
/// </remarks>
public sealed class LineFit
{
    /// <summary>Longest length that is believed.</summary>
    public const int MaxLength = 4096;

    // An observation weighs 1/32.
    private const int GainBits = 5;

    // Fraction bits of lengths and costs.
    private const int LengthBits = 8;
    private const int CostBits = 4;

    // Variance before the slope is worked out: below 2^30.
    private const long MaxVariance = 1L << 30;
    private const long MaxCovariance = 1L << 48;

    // Cost per step is covariance (2^-12) over variance (2^-16), in thousandths.
    private const int SlopeUnit = 1000 << (LengthBits - CostBits);

    private const int FloorUs = 50;

    private long _meanLength;
    private long _meanCost;
    private long _variance;
    private long _covariance;

    // In 1/16 of the cost's unit.
    private int _deviation;
    private long _alpha;

    /// <summary>Starts from a line that was measured at two lengths.</summary>
    /// <param name="line">The line.</param>
    /// <param name="shortLength">The shorter length.</param>
    /// <param name="longLength">The longer length, greater than <paramref name="shortLength"/>.</param>
    public LineFit(CostLine line, int shortLength, int longLength)
    {
        _alpha = line.AlphaNs;
        Line = new CostLine(line.AlphaNs, line.BetaUs);
        _meanLength = (long)(shortLength + longLength) << (LengthBits - 1);
        _meanCost = ((long)line.BetaUs << CostBits) + SlopeTimes(_meanLength);
        long half = (long)(longLength - shortLength) << (LengthBits - 1);
        _variance = half * half;
        // In halves, so that the product fits.
        _covariance = (_variance >> 10) * _alpha / (SlopeUnit >> 2) << 8;
        _deviation = line.At((shortLength + longLength) / 2) >> 6 << CostBits;
    }

    /// <summary>The line in use: follows the fit in steps that are noticeable.</summary>
    public CostLine Line { get; }

    /// <summary>Slope of the fit, in thousandths of the cost's unit per timestep.</summary>
    public int AlphaNs => (int)_alpha;

    /// <summary>Intercept of the fit.</summary>
    public int BetaUs
    {
        get
        {
            long beta = (_meanCost - SlopeTimes(_meanLength)) >> CostBits;
            return beta < 0 ? 0 : beta > CostLine.MaxBetaUs ? CostLine.MaxBetaUs : (int)beta;
        }
    }

    /// <summary>Mean absolute deviation of observations from the fit.</summary>
    public int Deviation => _deviation >> CostBits;

    /// <summary>Learns what an input has cost.</summary>
    /// <param name="length">Its timesteps; clamped to 0 and <see cref="MaxLength"/>.</param>
    /// <param name="cost">What it cost; clamped to 0 and <see cref="CostLine.MaxBetaUs"/>.</param>
    /// <returns>Whether <see cref="Line"/> has changed: the fit was off by more than 1/32 at the mean length or at twice it.</returns>
    public bool Observe(int length, long cost)
    {
        if (length < 0) length = 0;
        if (length > MaxLength) length = MaxLength;
        if (cost < 0) cost = 0;
        if (cost > CostLine.MaxBetaUs) cost = CostLine.MaxBetaUs;

        long lengthError = ((long)length << LengthBits) - _meanLength;
        long expected = _meanCost + SlopeTimes(lengthError);
        if (expected < 0) expected = 0;
        if (expected > (long)CostLine.MaxBetaUs << CostBits) expected = (long)CostLine.MaxBetaUs << CostBits;
        long residual = Clip((cost << CostBits) - expected, expected);
        long costError = expected + residual - _meanCost;

        _meanLength += Share(lengthError);
        _meanCost += Share(costError);
        long square = lengthError * lengthError, product = lengthError * costError;
        _variance += Share(square - (square >> GainBits) - _variance);
        _covariance += Share(product - (product >> GainBits) - _covariance);
        TurnLine();
        return Follow();
    }

    /// <summary>1/32, rounded away from zero: what fades reaches zero and does not stop short of it.</summary>
    private static long Share(long value)
    {
        const int most = (1 << GainBits) - 1;
        return value >= 0 ? (value + most) >> GainBits : -((most - value) >> GainBits);
    }

    /// <summary>Slope times a length in 2^-8, in 2^-4 of the cost's unit.</summary>
    private long SlopeTimes(long length) => _alpha * length / (1000 << (LengthBits - CostBits));

    /// <summary>Draws an outlier in, and notes how far observations are off.</summary>
    private long Clip(long residual, long expected)
    {
        long limit = 4L * _deviation + (expected >> 6) + (FloorUs << CostBits);
        if (residual > limit) residual = limit;
        if (residual < -limit) residual = -limit;
        long size = residual < 0 ? -residual : residual;
        _deviation += (int)((size - _deviation) >> 3);
        return residual;
    }

    private void TurnLine()
    {
        long variance = _variance, covariance = _covariance;
        long pull = (_meanLength >> 4) * (_meanLength >> 4) + (1 << (2 * LengthBits - 2));
        while (variance + pull >= MaxVariance)
        {
            variance >>= 1;
            covariance >>= 1;
            pull >>= 1;
        }
        if (covariance > MaxCovariance) covariance = MaxCovariance;
        if (covariance < -MaxCovariance) covariance = -MaxCovariance;
        _alpha += (covariance * SlopeUnit - _alpha * variance) / (variance + pull);
        // Neither part of a cost is negative: the line turns about the mean point until both are not.
        if (_alpha < 0) _alpha = 0;
        if (_alpha > CostLine.MaxAlphaNs) _alpha = CostLine.MaxAlphaNs;
        if (SlopeTimes(_meanLength) > _meanCost) _alpha = _meanCost * (1000 << (LengthBits - CostBits)) / _meanLength;
    }

    private bool Follow()
    {
        int length = (int)(_meanLength >> LengthBits);
        if (!IsOff(length) && !IsOff(2 * length)) return false;
        Line.Set(_alpha, BetaUs);
        return true;
    }

    private bool IsOff(int length)
    {
        int used = Line.At(length);
        long off = BetaUs + _alpha * length / 1000 - used;
        return off > (used >> 5) + 1 || -off > (used >> 5) + 1;
    }
}

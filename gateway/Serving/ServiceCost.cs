// What a request costs here, learnt from what requests have cost: a line over the length of the sequence.

using System;
using System.Threading;
using Crime.Costs;

namespace Crime.Gateway.Serving;

/// <summary>Fits the cost line of one model. Thread-safe.</summary>
/// <remarks>
/// Weighted least squares over (length, time), every observation counting <see cref="Forgetting"/> times as much as the next.
/// Where the lengths hardly vary, a slope cannot be told from data; there the calibrated line gives the shape and the data
/// the scale. Both are one formula, with a ridge k that pulls the slope towards the calibrated line scaled through the mean:
/// <c>alpha = (cov + k s alpha0) / (var + k)</c>, <c>s = mean time / line0(mean length)</c>, <c>k = 1 + (0.1 mean length)^2</c>.
/// The line always goes through the mean point.
/// </remarks>
public sealed class ServiceCost
{
    /// <summary>Weight of an observation relative to the next: half of the memory is gone after 34.</summary>
    public const double Forgetting = 0.98;

    // An interruption by the system must not look like the price of a request; a lasting change still gets through.
    private const double MaxFactor = 4;
    private const double MaxExcessUs = 100;

    private const double RelativeRidge = 0.1;
    private const int SeedRounds = 5;
    private const int SeedShortLength = 4;
    private const int SeedLongLength = 64;

    private readonly Lock _lock = new();
    private readonly double _alpha0Us;
    private readonly double _beta0Us;
    private double _alphaUs;
    private double _betaUs;

    // Sums over the observations, each faded: weights, lengths, squares, times, products.
    private double _sum;
    private double _sumLength;
    private double _sumSquare;
    private double _sumTime;
    private double _sumProduct;
    private volatile CostLine _line;

    /// <summary>Starts from a calibrated line.</summary>
    /// <param name="alphaUs">Time per timestep, in µs.</param>
    /// <param name="betaUs">Time of a sequence of length zero, in µs.</param>
    public ServiceCost(double alphaUs, double betaUs)
    {
        // Strictly positive, so that the line can be scaled.
        _alpha0Us = Math.Max(alphaUs, 1e-3);
        _beta0Us = Math.Max(betaUs, 0);
        _line = Use(_alpha0Us, _beta0Us);
        for (int i = 0; i < SeedRounds; i++)
        {
            Add(SeedShortLength, _beta0Us + _alpha0Us * SeedShortLength);
            Add(SeedLongLength, _beta0Us + _alpha0Us * SeedLongLength);
        }
    }

    /// <summary>The line as of the last observation.</summary>
    public CostLine Line => _line;

    /// <summary>Learns what a request has cost.</summary>
    /// <param name="length">Its timesteps.</param>
    /// <param name="timeUs">Time to compute it, in µs.</param>
    public void Observe(int length, double timeUs)
    {
        lock (_lock)
        {
            double expectedUs = _betaUs + _alphaUs * length;
            Add(length, Math.Min(timeUs, MaxFactor * expectedUs + MaxExcessUs));
            Fit();
        }
    }

    private void Add(int length, double timeUs)
    {
        _sum = Forgetting * _sum + 1;
        _sumLength = Forgetting * _sumLength + length;
        _sumSquare = Forgetting * _sumSquare + (double)length * length;
        _sumTime = Forgetting * _sumTime + timeUs;
        _sumProduct = Forgetting * _sumProduct + length * timeUs;
    }

    private void Fit()
    {
        double meanLength = _sumLength / _sum, meanTime = _sumTime / _sum;
        double variance = Math.Max(_sumSquare / _sum - meanLength * meanLength, 0);
        double covariance = _sumProduct / _sum - meanLength * meanTime;
        double scale = meanTime / (_beta0Us + _alpha0Us * meanLength);
        double ridge = 1 + RelativeRidge * meanLength * RelativeRidge * meanLength;
        double alphaUs = (covariance + ridge * scale * _alpha0Us) / (variance + ridge);
        // Neither part of a price is negative: the line turns about the mean point until both are not.
        alphaUs = Math.Clamp(alphaUs, 0, meanTime / meanLength);
        _line = Use(alphaUs, meanTime - alphaUs * meanLength);
    }

    private CostLine Use(double alphaUs, double betaUs)
    {
        _alphaUs = alphaUs;
        _betaUs = betaUs;
        return new CostLine((long)Math.Round(1000 * alphaUs), (long)Math.Round(betaUs));
    }
}

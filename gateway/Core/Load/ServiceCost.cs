// The service time of a request and the marginal batch cost, learnt from measured times. The gateway publishes the line of the service time to
// boards, and computes its backlog from marginal batch costs.

using System;
using System.Numerics;
using System.Threading;
using Crime.Costs;

namespace Crime.Gateway.Core.Load;

/// <summary>Fits the cost line of one model. Thread-safe.</summary>
/// <remarks>
/// Weighted least squares over (length, time), every observation counting <see cref="Forgetting"/> times as much as the next.
/// Where the lengths hardly vary, a slope cannot be told from data; there the calibrated line gives the shape and the data
/// the scale. Both are one formula, with a ridge k that pulls the slope towards the calibrated line scaled through the mean:
/// <c>alpha = (cov + k s alpha0) / (var + k)</c>, <c>s = mean time / line0(mean length)</c>, <c>k = 1 + (0.1 mean length)^2</c>.
/// The line always goes through the mean point.
/// <para>
/// A batch of B takes <c>share(B)</c> times what its requests would take one after the other. The share is kept per power of two of
/// B, and once more over all batches, each counting by its requests: that is the marginal batch cost.
/// </para>
/// <para>
/// A batch delays the requests in it until the last one is ready, so it has to save time altogether; see <see cref="GainsFrom"/>.
/// </para>
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

    // A batch's share moves the mean of its size by an eighth; a request moves the mean over all by a 64th.
    private const double ShareGain = 1.0 / 8;
    private const double RequestGain = 1.0 / 64;
    private const double LeastShare = 0.02;
    private const int ShareCount = 8;

    // A size of batches saves time below this share, which is believed from so many batches on.
    private const double GainShare = 0.9;
    private const int TrustedCount = 8;

    // After so many requests alone every size is tried again, because the machine may have changed.
    private const int RetryCount = 4096;

    private readonly Lock _lock = new();
    private readonly double[] _shares = new double[ShareCount];
    private readonly int[] _triedCount = new int[ShareCount];
    private int _aloneCount;
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
    private double _currentShare = 1;

    /// <summary>Starts from a calibrated line.</summary>
    /// <param name="alphaUs">Time per timestep, in µs.</param>
    /// <param name="betaUs">Time of a sequence of length zero, in µs.</param>
    public ServiceCost(double alphaUs, double betaUs)
    {
        // Strictly positive, so that the line can be scaled.
        _alpha0Us = Math.Max(alphaUs, 1e-3);
        _beta0Us = Math.Max(betaUs, 0);
        _line = Use(_alpha0Us, _beta0Us);
        Array.Fill(_shares, 1);
        for (int i = 0; i < SeedRounds; i++)
        {
            Add(SeedShortLength, _beta0Us + _alpha0Us * SeedShortLength);
            Add(SeedLongLength, _beta0Us + _alpha0Us * SeedLongLength);
        }
    }

    /// <summary>The line as of the last observation.</summary>
    public CostLine Line => _line;

    /// <summary>Predicted time of a request alone, in µs; <see cref="Line"/> before rounding.</summary>
    /// <param name="length">Its timesteps.</param>
    public double AloneUs(int length) => Volatile.Read(ref _betaUs) + Volatile.Read(ref _alphaUs) * length;

    /// <summary>Time of a batch over the time of its requests one after the other, as such batches have taken.</summary>
    /// <param name="count">Requests in it, at least 1.</param>
    public double ShareOf(int count) => Volatile.Read(ref _shares[Bucket(count)]);

    /// <summary>Marginal batch cost: the work that one more request adds, over its service time alone, with the present batches.</summary>
    public double CurrentShare => Volatile.Read(ref _currentShare);

    /// <summary>
    /// True when batches of a size, or of a larger one, take clearly less time than their requests one after the other, and while the size has
    /// not been tried often.
    /// </summary>
    /// <param name="count">Requests in the batch, at least 2.</param>
    public bool GainsFrom(int count)
    {
        int bucket = Bucket(count);
        if (Volatile.Read(ref _triedCount[bucket]) < TrustedCount) return true;
        for (int i = bucket; i < ShareCount; i++)
            if (Volatile.Read(ref _shares[i]) < GainShare) return true;
        return false;
    }

    /// <summary>Learns the time of a batch.</summary>
    /// <param name="count">Requests in it, at least 1.</param>
    /// <param name="length">Timesteps of the first.</param>
    /// <param name="aloneUs">Predicted times of its requests if each were alone, in µs.</param>
    /// <param name="timeUs">Time to compute it, in µs.</param>
    public void ObserveBatch(int count, int length, double aloneUs, double timeUs)
    {
        lock (_lock)
        {
            double share = Math.Clamp(timeUs / Math.Max(aloneUs, 1), LeastShare, MaxFactor);
            if (count > 1) AddShare(Bucket(count), share);
            else share = 1;
            _currentShare += (1 - Math.Pow(1 - RequestGain, count)) * (share - _currentShare);
        }
        if (count == 1) Observe(length, timeUs);
    }

    /// <summary>Sets what was measured of batches before there were any.</summary>
    /// <param name="count">Requests in them, at least 2; smaller batches are between this and one alone.</param>
    /// <param name="share">Their time over that of their requests one after the other.</param>
    public void SeedShare(int count, double share)
    {
        lock (_lock)
        {
            int last = Bucket(count);
            share = Math.Clamp(share, LeastShare, 1);
            for (int i = 1; i < ShareCount; i++) _shares[i] = i >= last ? share : 1 + (share - 1) * i / last;
        }
    }

    /// <summary>Learns the time of a request alone.</summary>
    /// <param name="length">Its timesteps.</param>
    /// <param name="timeUs">Time to compute it, in µs.</param>
    public void Observe(int length, double timeUs)
    {
        lock (_lock)
        {
            if (++_aloneCount % RetryCount == 0) Array.Clear(_triedCount);
            double expectedUs = _betaUs + _alphaUs * length;
            Add(length, Math.Min(timeUs, MaxFactor * expectedUs + MaxExcessUs));
            Fit();
        }
    }

    private void AddShare(int bucket, double share)
    {
        _shares[bucket] += ShareGain * (share - _shares[bucket]);
        if (_triedCount[bucket] < TrustedCount) _triedCount[bucket]++;
    }

    private static int Bucket(int count) => Math.Min(BitOperations.Log2((uint)count), ShareCount - 1);

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
        Volatile.Write(ref _alphaUs, alphaUs);
        Volatile.Write(ref _betaUs, betaUs);
        long alphaNs = (long)Math.Round(1000 * alphaUs), wholeBetaUs = (long)Math.Round(betaUs);
        // Most observations do not move the line by as much as it is told in: no new object then.
        return _line is { } line && line.AlphaNs == alphaNs && line.BetaUs == wholeBetaUs ? line : new CostLine(alphaNs, wholeBetaUs);
    }
}

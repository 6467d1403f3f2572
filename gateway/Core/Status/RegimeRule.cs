// Decides when the slow status is due. A radio in modem sleep listens for 50 ms after each message, so the slow status comes only when a board
// would decide otherwise for a while: another regime of the load, other costs, other models. Gateway and simulator use this class.

using System;
using Crime.Frames;

namespace Crime.Gateway.Core.Status;

/// <summary>The rule of the slow status. One thread at a time may call it, except for <see cref="Announce"/>.</summary>
/// <remarks>
/// The wait is averaged over <see cref="TimeConstantUs"/> and compared with the mean service time. In a queue with random arrivals and service times (M/M/1)
/// the mean wait is rho / (1 - rho) service times: 1 at a utilisation of 1/2, and 4 at 0.8. Each threshold is half as high on the way down, at
/// utilisations of 1/3 and 2/3, so that a steady load stays in one regime.
/// </remarks>
public sealed class RegimeRule
{
    /// <summary>Least time in µs between two slow statuses: 30 s. One message in 30 s costs a radio in modem sleep 0.4 mW, 0.4 % of its idle power.</summary>
    public const long MinIntervalUs = 30_000_000;

    /// <summary>Time constant of the mean wait in µs: a third of <see cref="MinIntervalUs"/>, so that a published regime has lasted.</summary>
    public const double TimeConstantUs = MinIntervalUs / 3.0;

    /// <summary>Mean wait in service times from which an idle gateway is busy.</summary>
    public const double BusyRatio = 1;

    /// <summary>Mean wait in service times from which a busy gateway is saturated.</summary>
    public const double SaturatedRatio = 4;

    /// <summary>Share of refused requests from which a gateway is refusing: every fourth offload is then a fallback.</summary>
    public const double RefusingShare = 0.25;

    /// <summary>A threshold that was crossed upwards is this much lower on the way down.</summary>
    public const double Hysteresis = 0.5;

    /// <summary>A cost line that moves by more than this share is published: smaller errors move the break-even length by less than the spread of inputs.</summary>
    public const double CostShare = 0.25;

    /// <summary>The wait behind other nodes is published when it has doubled or halved, as the thresholds of the load have it.</summary>
    public const double RelayWaitFactor = 2;

    // Costs are compared at length 0 and at this length in timesteps; few inputs are longer.
    private const int CompareLength = 1000;

    private readonly StatusFrame _published = new();
    private volatile bool _isAnnounced = true;
    private bool _hasSample;
    private long _sampledAtUs;
    private double _waitUs;
    private long _publishedAtUs;
    private Regime _publishedRegime;

    /// <summary>The regime of the last <see cref="Next"/>.</summary>
    public Regime Current { get; private set; }

    /// <summary>Mean wait in µs.</summary>
    public double MeanWaitUs { get; private set; }

    /// <summary>A slow status is due with the next status, whatever it says: the connection to the broker is new.</summary>
    public void Announce() => _isAnnounced = true;

    /// <summary>Takes a status that the gateway publishes.</summary>
    /// <param name="status">The status; only read.</param>
    /// <param name="serviceUs">Mean service time of requests in µs.</param>
    /// <param name="refusedShare">Share of requests that are refused, 0 to 1.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>The slow status, valid until the next call; null when none is due.</returns>
    public StatusFrame? Next(StatusFrame status, double serviceUs, double refusedShare, long nowUs)
    {
        Average((double)status.BacklogUs / Math.Max(status.Workers, 1), nowUs);
        // A wait below the step of the statuses is none.
        Current = RegimeOf(MeanWaitUs / Math.Max(serviceUs, StatusPace.BacklogStepUs), refusedShare);
        bool isDue = _isAnnounced || (nowUs - _publishedAtUs >= MinIntervalUs && IsChange(status));
        if (!isDue) return null;
        _isAnnounced = false;
        _publishedAtUs = nowUs;
        _publishedRegime = Current;
        CopyFrom(status);
        return _published;
    }

    /// <summary>Averages the wait: since the last status it has drained, apart from the last interval between two statuses, in which requests came.</summary>
    private void Average(double waitUs, long nowUs)
    {
        if (_hasSample && nowUs > _sampledAtUs)
        {
            double elapsedUs = nowUs - _sampledAtUs, rampUs = Math.Min(elapsedUs, StatusPace.CrowdedMs * 1000.0), drainUs = elapsedUs - rampUs;
            double drainedUs = Math.Min(_waitUs, drainUs), leftUs = _waitUs - drainedUs;
            double areaUs2 = drainedUs * (_waitUs + leftUs) / 2 + rampUs * (leftUs + waitUs) / 2;
            MeanWaitUs += (areaUs2 / elapsedUs - MeanWaitUs) * (1 - Math.Exp(-elapsedUs / TimeConstantUs));
        }
        _hasSample = true;
        _sampledAtUs = Math.Max(nowUs, _sampledAtUs);
        _waitUs = waitUs;
    }

    private Regime RegimeOf(double ratio, double refusedShare)
    {
        double Threshold(double threshold, Regime regime) => Current >= regime ? threshold * Hysteresis : threshold;
        if (refusedShare >= Threshold(RefusingShare, Regime.Refusing)) return Regime.Refusing;
        if (ratio >= Threshold(SaturatedRatio, Regime.Saturated)) return Regime.Saturated;
        return ratio >= Threshold(BusyRatio, Regime.Busy) ? Regime.Busy : Regime.Idle;
    }

    private bool IsChange(StatusFrame status)
    {
        if (Current != _publishedRegime || status.Workers != _published.Workers || status.ModelCount != _published.ModelCount) return true;
        for (int i = 0; i < status.ModelCount; i++)
        {
            if (status.ModelId[i] != _published.ModelId[i] || status.ImageChecksum[i] != _published.ImageChecksum[i]) return true;
            if (IsOther(status.Advert(i), _published.Advert(i))) return true;
        }
        return false;
    }

    private static bool IsOther(CostAdvert advert, CostAdvert published)
    {
        if (advert.Count != published.Count) return true;
        bool isRelaying = false;
        for (int i = 0; i < advert.Count; i++)
        {
            if (advert.PathCount[i] != published.PathCount[i]) return true;
            for (int k = 0; k < advert.PathCount[i]; k++)
                if (advert.PathKey(i, k) != published.PathKey(i, k)) return true;
            if (IsFar(CostUs(advert, i, 0), CostUs(published, i, 0)) || IsFar(CostUs(advert, i, CompareLength), CostUs(published, i, CompareLength))) return true;
            isRelaying |= advert.PathCount[i] > 0;
        }
        double most = Math.Max(advert.RelayWaitUs, published.RelayWaitUs), least = Math.Min(advert.RelayWaitUs, published.RelayWaitUs);
        return isRelaying && most >= RelayWaitFactor * least && most - least >= StatusPace.BacklogStepUs;
    }

    private static double CostUs(CostAdvert advert, int segment, int length) => advert.BetaUs[segment] + advert.AlphaNs[segment] * (double)length / 1000;

    private static bool IsFar(double costUs, double publishedUs) =>
        Math.Abs(costUs - publishedUs) > Math.Max(CostShare * publishedUs, StatusPace.BacklogStepUs);

    /// <summary>Copies a status. The slow one stands for a long time, so it carries the mean wait.</summary>
    private void CopyFrom(StatusFrame status)
    {
        _published.Online = status.Online;
        _published.Workers = status.Workers;
        _published.Session = status.Session;
        _published.Sequence = status.Sequence;
        _published.BacklogUs = (uint)Math.Min(MeanWaitUs * status.Workers, uint.MaxValue);
        _published.Depth = status.Depth;
        _published.Capacity = status.Capacity;
        _published.Utilisation = status.Utilisation;
        _published.HttpPort = status.HttpPort;
        _published.ModelCount = 0;
        for (int i = 0; i < status.ModelCount; i++) _published.Add(status.ModelId[i], status.ImageChecksum[i]).CopyFrom(status.Advert(i));
    }
}

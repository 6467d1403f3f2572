// How long a request would wait in a gateway's queue, predicted for the moment it arrives from what the gateway last said.

namespace Crime.Mapping;

/// <summary>A gateway's load as last reported, and its extrapolation.</summary>
/// <remarks>
/// The wait is <c>W = max(0, b + (rho - 1) w a) / w</c>: backlog b in µs over all w workers, utilisation rho, age a of the
/// report; <c>b / w</c> is when a request would have started at the time of the report. Every report, and every answer, also tells
/// how wrong the last forecast was; mean and deviation of that error are kept and, if wanted, corrected for. Our own model, not the
/// paper's. The prediction needs no division. Not thread-safe.
/// </remarks>
public sealed class QueueForecast
{
    /// <summary>Utilisation at which arrivals and service balance (rho = 1).</summary>
    public const int FullUtilisation = 1024;

    /// <summary>Ages and waits are clamped to this: 60 s.</summary>
    public const int MaxUs = 60_000_000;

    // What is forgotten of an error per further one: 1/8 of the mean, 1/4 of the deviation, as of a round trip.
    private const int BiasBits = 3;
    private const int DeviationBits = 2;

    // Backlog per worker: b / w, divided once per report.
    private int _waitAtReportUs;
    private int _utilisation;
    private long _reportedAtUs;
    private int _workers = 1;
    private bool _hasReport;

    // What was told fell short of by what came, on average (times 8), and how far off it was (times 4).
    private int _bias8;
    private int _deviation4;

    // The share of the deviation, in 1/256, that this node adds on top: another one for every report.
    private int _spread;

    /// <summary>Requests waiting, as last reported.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether the forecast corrects itself by how much it fell short.</summary>
    public bool UseError { get; set; }

    /// <summary>Whether a report that is within half the usual error of the forecast leaves the forecast as it is.</summary>
    public bool UseHysteresis { get; set; }

    /// <summary>Where this node stands between the trusting and the wary, in 1/256 of the usual error: -256 to 256.</summary>
    /// <remarks>Nodes that stand apart do not all run to a queue that a report calls empty.</remarks>
    public void SetSpread(int share) => _spread = share;

    /// <summary>How far the forecast usually is off, in µs.</summary>
    public int DeviationUs => _deviation4 >> DeviationBits;

    /// <summary>How much the wait is usually longer than the forecast, in µs; below zero when it is shorter.</summary>
    public int BiasUs => _bias8 >> BiasBits;

    /// <summary>Takes a full status report.</summary>
    /// <param name="backlogUs">Time until a request would start, times the workers.</param>
    /// <param name="workers">Number of workers, at least 1.</param>
    /// <param name="utilisation">Work arriving per working time, in 1/1024.</param>
    /// <param name="depth">Requests waiting.</param>
    /// <param name="nowUs">When the report came.</param>
    public void OnStatus(uint backlogUs, int workers, int utilisation, int depth, long nowUs)
    {
        int growth = utilisation - FullUtilisation;
        Take(backlogUs, workers < 1 ? 1 : workers, depth, growth, nowUs);
    }

    /// <summary>Takes the backlog that a response or pong carries along.</summary>
    public void OnBacklog(uint backlogUs, int depth, long nowUs)
    {
        Take(backlogUs, _workers, depth, GrowthPerTick, nowUs);
    }

    /// <summary>Learns how long a request of this node really waited, or would have.</summary>
    /// <param name="forecastUs">What was forecast when it was sent.</param>
    /// <param name="waitUs">What it was.</param>
    public void OnWaited(int forecastUs, long waitUs)
    {
        long error = (waitUs > MaxUs ? MaxUs : waitUs) - forecastUs;
        _bias8 += (int)error - (_bias8 >> BiasBits);
        if (error < 0) error = -error;
        _deviation4 += (int)error - (_deviation4 >> DeviationBits);
    }

    private void Take(uint backlogUs, int workers, int depth, int growth, long nowUs)
    {
        uint reported = backlogUs / (uint)workers;
        int wait = reported > MaxUs ? MaxUs : (int)reported;
        Depth = depth;
        int forecast = RawUs(nowUs);
        if (forecast < 0) forecast = 0;
        bool isExpected = _hasReport && UseHysteresis && wait - forecast <= DeviationUs >> 1 && forecast - wait <= DeviationUs >> 1;
        if (_hasReport) OnWaited(forecast, wait);
        _workers = workers;
        _utilisation = growth + FullUtilisation;
        _hasReport = true;
        // The forecast goes on from where it is, at the pace that is reported now.
        _waitAtReportUs = isExpected ? forecast : wait;
        _reportedAtUs = nowUs;
    }

    /// <summary>What is added to the last report as it stands: its usual error, and this node's share of the uncertainty.</summary>
    private int CorrectionUs => (UseError ? BiasUs : 0) + (int)(((long)DeviationUs * _spread) >> 8);

    /// <summary>The wait without corrections; below zero once the queue has drained.</summary>
    private int RawUs(long nowUs)
    {
        long age = nowUs - _reportedAtUs;
        if (age > MaxUs) age = MaxUs;
        long wait = _waitAtReportUs + (((_utilisation - FullUtilisation) * age) >> 10);
        return wait > MaxUs ? MaxUs : wait < -MaxUs ? -MaxUs : (int)wait;
    }

    /// <summary>What the wait grows by in µs per 1024 µs; below zero it drains.</summary>
    public int GrowthPerTick => _utilisation - FullUtilisation;

    /// <summary>A request of this node is on its way there, and in no report yet.</summary>
    /// <param name="workUs">What it will cost there.</param>
    public void OnSent(int workUs)
    {
        int wait = workUs / _workers;
        _waitAtReportUs = wait > MaxUs - _waitAtReportUs ? MaxUs : _waitAtReportUs + wait;
    }

    /// <summary>The predicted wait in µs at a time, which may lie ahead.</summary>
    public int WaitUs(long nowUs)
    {
        int wait = StartUs(nowUs);
        return wait < 0 ? 0 : wait;
    }

    /// <summary>The predicted wait in µs at a time, to go on from by <see cref="GrowthPerTick"/>; below zero once the queue has drained.</summary>
    public int StartUs(long nowUs)
    {
        int wait = RawUs(nowUs) + CorrectionUs;
        return wait > MaxUs ? MaxUs : wait;
    }
}

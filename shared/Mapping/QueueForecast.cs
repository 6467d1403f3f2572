// The wait of a request in a gateway's queue, predicted for the time of its arrival from the last report of the gateway.

namespace Crime.Mapping;

/// <summary>A gateway's load as last reported, and its extrapolation.</summary>
/// <remarks>
/// The wait is <c>W = max(0, b + (rho - 1) w a) / w</c>: backlog b in µs over all w workers, utilisation rho, age a of the
/// report; <c>b / w</c> is the wait of a request at the time of the report. Every report and every answer also shows the error of the
/// last forecast. Mean and deviation of that error are kept, and the forecast is corrected by them if <see cref="UseError"/> is set. Our
/// own model, not the paper's. The prediction needs no division. Not thread-safe.
/// </remarks>
public sealed class QueueForecast
{
    /// <summary>Utilisation at which arrivals and service balance (rho = 1).</summary>
    public const int FullUtilisation = 1024;

    /// <summary>Ages and waits are clamped to this: 60 s.</summary>
    public const int MaxUs = 60_000_000;

    // The wait of a report that no other one follows is halved with each 2^26 µs of its age, 67 s: a shift for a division. An estimate of a link
    // is stale after as long a time.
    private const int ForgetBits = 26;
    private const int MaxHalvings = 31;

    // Gains of a further error: 1/8 for the mean and 1/4 for the deviation, as for round trips (RFC 6298).
    private const int BiasBits = 3;
    private const int DeviationBits = 2;

    // Backlog per worker: b / w, divided once per report.
    private int _waitAtReportUs;
    private int _utilisation;
    private long _reportedAtUs;
    private int _workers = 1;
    private bool _hasReport;

    // Mean error of the forecast (times 8) and its mean absolute deviation (times 4), in µs.
    private int _bias8;
    private int _deviation4;

    // The share of the deviation, in 1/256, that this node adds: another one for every report.
    private int _spread;

    /// <summary>Requests waiting, as last reported.</summary>
    public int Depth { get; private set; }

    /// <summary>True to correct the forecast by its mean error.</summary>
    public bool UseError { get; set; }

    /// <summary>True to forget the wait with the age of the report: the node hears of the queue when it asks, and a wait that nothing reports may be over.</summary>
    public bool Forgets { get; set; }

    /// <summary>Returns the wait in µs that is left of one that was reported some time ago.</summary>
    /// <param name="waitUs">The wait as reported in µs.</param>
    /// <param name="ageUs">Age of the report in µs, at least 0.</param>
    public static int Forgotten(int waitUs, long ageUs)
    {
        long halvings = ageUs >> ForgetBits;
        return halvings >= MaxHalvings ? 0 : waitUs >> (int)halvings;
    }

    /// <summary>Takes over the wait of before a restart. The first report replaces it, and is not compared with it.</summary>
    /// <param name="waitUs">The wait in µs that its age has left, 0 to <see cref="MaxUs"/>.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void RestorePrior(int waitUs, long nowUs)
    {
        _waitAtReportUs = waitUs;
        _utilisation = FullUtilisation;
        _reportedAtUs = nowUs;
    }

    /// <summary>Sets the share of the deviation that this node adds to the forecast, in 1/256: -256 to 256.</summary>
    /// <remarks>Nodes with different shares do not all send to a queue that a report shows empty.</remarks>
    public void SetSpread(int share) => _spread = share;

    /// <summary>Mean absolute deviation of the forecast in µs.</summary>
    public int DeviationUs => _deviation4 >> DeviationBits;

    /// <summary>Mean of wait less forecast in µs; below zero when waits are shorter.</summary>
    public int BiasUs => _bias8 >> BiasBits;

    /// <summary>Takes a full status report.</summary>
    /// <param name="backlogUs">Time until a request would start, times the workers.</param>
    /// <param name="workers">Number of workers, at least 1.</param>
    /// <param name="utilisation">Work arriving per working time, in 1/1024.</param>
    /// <param name="depth">Requests waiting.</param>
    /// <param name="nowUs">Time of the report in µs.</param>
    public void OnStatus(uint backlogUs, int workers, int utilisation, int depth, long nowUs)
    {
        int growth = utilisation - FullUtilisation;
        Take(backlogUs, workers < 1 ? 1 : workers, depth, growth, nowUs);
    }

    /// <summary>Takes the backlog that a response or a pong carries.</summary>
    public void OnBacklog(uint backlogUs, int depth, long nowUs)
    {
        Take(backlogUs, _workers, depth, GrowthPerTick, nowUs);
    }

    /// <summary>Learns the wait of a request of this node, also of one that was refused.</summary>
    /// <param name="forecastUs">The forecast in µs when it was sent.</param>
    /// <param name="waitUs">Its wait in µs.</param>
    public void OnWaited(int forecastUs, long waitUs)
    {
        // The forecast of a prior is no forecast of this start.
        if (!_hasReport) return;
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
        OnWaited(forecast, wait);
        _workers = workers;
        _utilisation = growth + FullUtilisation;
        _hasReport = true;
        _waitAtReportUs = wait;
        _reportedAtUs = nowUs;
    }

    /// <summary>Correction of the forecast in µs: its mean error, and this node's share of the deviation.</summary>
    private int CorrectionUs => (UseError ? BiasUs : 0) + (int)(((long)DeviationUs * _spread) >> 8);

    /// <summary>The wait without corrections; below zero once the queue has drained.</summary>
    private int RawUs(long nowUs)
    {
        long age = nowUs - _reportedAtUs;
        int reported = Forgets && age > 0 ? Forgotten(_waitAtReportUs, age) : _waitAtReportUs;
        if (age > MaxUs) age = MaxUs;
        long wait = reported + (((_utilisation - FullUtilisation) * age) >> 10);
        return wait > MaxUs ? MaxUs : wait < -MaxUs ? -MaxUs : (int)wait;
    }

    /// <summary>Growth of the wait in µs per 1024 µs; below zero while the queue drains.</summary>
    public int GrowthPerTick => _utilisation - FullUtilisation;

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

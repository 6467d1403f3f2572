// How long a request would wait in a gateway's queue, predicted for the moment it arrives from what the gateway last said.

namespace Crime.Mapping;

/// <summary>A gateway's load as last reported, and its extrapolation.</summary>
/// <remarks>
/// The wait is <c>W = max(0, b + (rho - 1) w a) / w</c>: backlog b in µs of work, w workers, utilisation rho, age a of the
/// report. Our own model, not the paper's. The prediction needs no division. Not thread-safe.
/// </remarks>
public sealed class QueueForecast
{
    /// <summary>Utilisation at which arrivals and service balance (rho = 1).</summary>
    public const int FullUtilisation = 1024;

    /// <summary>Ages and waits are clamped to this: 60 s.</summary>
    public const int MaxUs = 60_000_000;

    // Backlog per worker: b / w, divided once per report.
    private int _waitAtReportUs;
    private int _utilisation;
    private long _reportedAtUs;
    private int _workers = 1;

    /// <summary>Requests waiting, as last reported.</summary>
    public int Depth { get; private set; }

    /// <summary>Takes a full status report.</summary>
    /// <param name="backlogUs">Work waiting or running, over all workers.</param>
    /// <param name="workers">Number of workers, at least 1.</param>
    /// <param name="utilisation">Work arriving per working time, in 1/1024.</param>
    /// <param name="depth">Requests waiting.</param>
    /// <param name="nowUs">When the report came.</param>
    public void OnStatus(uint backlogUs, int workers, int utilisation, int depth, long nowUs)
    {
        _workers = workers < 1 ? 1 : workers;
        _utilisation = utilisation;
        OnBacklog(backlogUs, depth, nowUs);
    }

    /// <summary>Takes the backlog that a response or pong carries along.</summary>
    public void OnBacklog(uint backlogUs, int depth, long nowUs)
    {
        uint wait = backlogUs / (uint)_workers;
        _waitAtReportUs = wait > MaxUs ? MaxUs : (int)wait;
        Depth = depth;
        _reportedAtUs = nowUs;
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

    /// <summary>The predicted wait in µs.</summary>
    public int WaitUs(long nowUs)
    {
        long age = nowUs - _reportedAtUs;
        if (age > MaxUs) age = MaxUs;
        long wait = _waitAtReportUs + (((_utilisation - FullUtilisation) * age) >> 10);
        if (wait < 0) return 0;
        return wait > MaxUs ? MaxUs : (int)wait;
    }
}

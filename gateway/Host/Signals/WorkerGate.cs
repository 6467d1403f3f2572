// Idle workers wait here. The gateway's core never waits; it only reports that a worker is needed.

using System.Threading;

namespace Crime.Gateway.Signals;

/// <summary>Lets waiting workers continue, one per wake-up. Thread-safe.</summary>
public sealed class WorkerGate
{
    private readonly object _lock = new();
    private readonly int _maxWakeUps;
    private int _wakeUps;
    private bool _isOpen;

    /// <summary>Makes a closed gate.</summary>
    /// <param name="workerCount">Number of workers; more wake-ups than that are not kept.</param>
    public WorkerGate(int workerCount) => _maxWakeUps = workerCount;

    /// <summary>Lets one worker continue: one that waits, or the next that comes.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            if (_wakeUps < _maxWakeUps) _wakeUps++;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Lets all workers continue from now on.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for a wake-up.</summary>
    public void Wait()
    {
        lock (_lock)
        {
            while (_wakeUps == 0 && !_isOpen) Monitor.Wait(_lock);
            if (_wakeUps > 0) _wakeUps--;
        }
    }
}

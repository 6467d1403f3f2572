// Compares the queue depth that statuses tell with the true one. Every answer carries the count of the queue at the moment it was
// sent; thousands a second, they are the truth that the last status is held against.

using System;
using System.Diagnostics;
using System.Threading;
using Crime.Frames;

namespace Crime.Cli.Bench.Load;

/// <summary>Watches for a while. Thread-safe.</summary>
internal sealed class DepthWatch
{
    private readonly Lock _lock = new();
    private bool _isRunning;
    private int _toldDepth = -1;
    private long _toldAt;
    private long _count;
    private double _depthSum;
    private double _errorSum;

    /// <summary>Mean true depth.</summary>
    public double MeanDepth => _count == 0 ? 0 : _depthSum / _count;

    /// <summary>Mean distance of the told depth from the true one, over the mean depth.</summary>
    public double MeanError => _depthSum == 0 ? 0 : _errorSum / _depthSum;

    /// <summary>Longest time without a status, in ms.</summary>
    public double LongestAgeMs { get; private set; }

    /// <summary>Begins to watch.</summary>
    public void Start()
    {
        lock (_lock)
        {
            _isRunning = true;
            _toldAt = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Ends watching.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            NoteAge(Stopwatch.GetTimestamp());
            _isRunning = false;
        }
    }

    /// <summary>Takes the depth of an answer.</summary>
    public void OnAnswer(long atTicks, int depth)
    {
        lock (_lock)
        {
            if (!_isRunning || _toldDepth < 0) return;
            _count++;
            _depthSum += depth;
            _errorSum += Math.Abs(depth - _toldDepth);
        }
    }

    /// <summary>Takes a status.</summary>
    public void OnStatus(long atTicks, StatusFrame status)
    {
        lock (_lock)
        {
            NoteAge(atTicks);
            _toldAt = atTicks;
            _toldDepth = status.Depth;
        }
    }

    private void NoteAge(long nowTicks)
    {
        if (_isRunning) LongestAgeMs = Math.Max(LongestAgeMs, Stopwatch.GetElapsedTime(_toldAt, nowTicks).TotalMilliseconds);
    }
}

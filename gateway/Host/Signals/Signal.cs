// Wakes a loop that else waits for its next time.

using System;
using System.Threading;
using System.Threading.Tasks;

namespace Crime.Gateway.Signals;

/// <summary>A signal that is set or not. Thread-safe; one loop waits for it.</summary>
public sealed class Signal : IDisposable
{
    private readonly SemaphoreSlim _isSet = new(0);
    private int _isPending;

    /// <summary>Sets it. Does nothing while it is set.</summary>
    public void Set()
    {
        if (Volatile.Read(ref _isPending) == 0 && Interlocked.Exchange(ref _isPending, 1) == 0) _isSet.Release();
    }

    /// <summary>Waits until it is set, and resets it.</summary>
    /// <param name="limitMs">Longest wait in ms.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public async Task WaitAsync(int limitMs, CancellationToken cancellation)
    {
        await _isSet.WaitAsync(limitMs, cancellation);
        Interlocked.Exchange(ref _isPending, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _isSet.Dispose();
}

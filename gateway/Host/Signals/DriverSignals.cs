// The threads and loops that the gateway's core wakes.

using System;

namespace Crime.Gateway.Signals;

/// <summary>All signals of a gateway.</summary>
public sealed class DriverSignals : IDisposable
{
    /// <summary>Makes signals that are not set.</summary>
    /// <param name="workerCount">Number of workers.</param>
    public DriverSignals(int workerCount) => Workers = new WorkerGate(workerCount);

    /// <summary>Idle workers.</summary>
    public WorkerGate Workers { get; }

    /// <summary>The loop that publishes statuses.</summary>
    public Signal Status { get; } = new();

    /// <summary>The loop that gives up relayed requests and sends pings.</summary>
    public Signal Relay { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Status.Dispose();
        Relay.Dispose();
    }
}

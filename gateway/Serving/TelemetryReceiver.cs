// What boards report of their inferences. The gateway only counts where they ran.

using System.Threading;
using Crime.Frames;

namespace Crime.Gateway.Serving;

/// <summary>Counts decisions. Thread-safe.</summary>
public sealed class TelemetryReceiver
{
    private readonly Lock _lock = new();
    private readonly TelemetryFrame _frame = new();
    private readonly GatewayCounters _counters;

    /// <summary>Makes a receiver.</summary>
    public TelemetryReceiver(GatewayCounters counters) => _counters = counters;

    /// <summary>Takes a frame of a board.</summary>
    public void Receive(byte[] bytes)
    {
        lock (_lock)
        {
            Counter counter = _frame.Decode(bytes) != FrameError.None ? _counters.MalformedFrames : _frame.Target switch
            {
                Target.Local => _counters.TelemetryLocal,
                Target.Gateway => _counters.TelemetryGateway,
                _ => _counters.TelemetryFallback,
            };
            counter.Increment();
        }
    }
}

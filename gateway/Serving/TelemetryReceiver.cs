// What boards report of their inferences. The gateway only counts where they ran.

using Crime.Frames;

namespace Crime.Gateway.Serving;

/// <summary>Counts decisions. Called by one thread.</summary>
public sealed class TelemetryReceiver
{
    private readonly TelemetryFrame _frame = new();
    private readonly GatewayCounters _counters;

    /// <summary>Makes a receiver.</summary>
    public TelemetryReceiver(GatewayCounters counters) => _counters = counters;

    /// <summary>Takes a frame of a board.</summary>
    public void Receive(byte[] bytes)
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

// What boards report of their inferences. The gateway only counts where they ran.

using System.Threading;
using Crime.Frames;
using Crime.Gateway.Counting;

namespace Crime.Gateway.Serving;

/// <summary>Counts decisions. Thread-safe.</summary>
public sealed class TelemetryReceiver
{
    private readonly Lock _lock = new();
    private readonly TelemetryFrame _frame = new();
    private readonly GatewayCounters _counters;

    /// <summary>Makes a receiver.</summary>
    public TelemetryReceiver(GatewayCounters counters) => _counters = counters;

    /// <summary>Counts the records of a telemetry frame.</summary>
    /// <param name="bytes">Foreign bytes.</param>
    public void Receive(byte[] bytes)
    {
        lock (_lock)
        {
            if (_frame.Decode(bytes) != FrameError.None)
            {
                _counters.MalformedFrames.Increment();
                return;
            }
            for (int i = 0; i < _frame.Count; i++) CounterOf(_frame.Records[i].Target).Increment();
        }
    }

    private Counter CounterOf(Target target) => target switch
    {
        Target.Local => _counters.TelemetryLocal,
        Target.Gateway => _counters.TelemetryGateway,
        _ => _counters.TelemetryFallback,
    };
}

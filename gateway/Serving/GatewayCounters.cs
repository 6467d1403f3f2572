// What happened since the start, for /healthz.

using System.Threading;

namespace Crime.Gateway.Serving;

/// <summary>A number that only grows. Thread-safe.</summary>
public sealed class Counter
{
    private long _value;

    /// <summary>The count.</summary>
    public long Value => Interlocked.Read(ref _value);

    /// <summary>Counts one.</summary>
    public void Increment() => Interlocked.Increment(ref _value);
}

/// <summary>The counters of a gateway.</summary>
public sealed class GatewayCounters
{
    /// <summary>Messages that were no good frame for their topic; they changed nothing else.</summary>
    public Counter MalformedFrames { get; } = new();

    /// <summary>Good request frames.</summary>
    public Counter Requests { get; } = new();

    /// <summary>Requests answered with a class.</summary>
    public Counter Answered { get; } = new();

    /// <summary>Batches computed; over these, <see cref="Answered"/> is the mean size of a batch.</summary>
    public Counter Batches { get; } = new();

    /// <summary>Refused: the queue was full.</summary>
    public Counter QueueFull { get; } = new();

    /// <summary>Refused: the budget could not be met.</summary>
    public Counter TooLate { get; } = new();

    /// <summary>Refused: no such model.</summary>
    public Counter UnknownModel { get; } = new();

    /// <summary>Refused: the input does not fit the model.</summary>
    public Counter WrongInput { get; } = new();

    /// <summary>Refused: shutting down.</summary>
    public Counter Stopping { get; } = new();

    /// <summary>Pings answered.</summary>
    public Counter Pings { get; } = new();

    /// <summary>Statuses published.</summary>
    public Counter Statuses { get; } = new();

    /// <summary>Inferences that boards reported to have run themselves.</summary>
    public Counter TelemetryLocal { get; } = new();

    /// <summary>Inferences that boards reported to have run on a gateway.</summary>
    public Counter TelemetryGateway { get; } = new();

    /// <summary>Inferences that boards reported to have run themselves because no gateway answered.</summary>
    public Counter TelemetryFallback { get; } = new();

    /// <summary>Outgoing messages dropped: no connection, or one that does not keep up.</summary>
    public Counter DroppedMessages { get; } = new();

    /// <summary>Requests that ended in an exception: a defect of the gateway.</summary>
    public Counter Faults { get; } = new();
}

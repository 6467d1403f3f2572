// What happened since the start. The one place where it is counted: /healthz and /metrics both read from here.

using System;
using System.Diagnostics.Metrics;
using System.Threading;

namespace Crime.Gateway.Counting;

/// <summary>A number that only grows. Thread-safe.</summary>
public sealed class Counter
{
    private long _value;

    /// <summary>The count.</summary>
    public long Value => Interlocked.Read(ref _value);

    /// <summary>Counts one.</summary>
    public void Increment() => Interlocked.Increment(ref _value);
}

/// <summary>The counters and distributions of a gateway. Thread-safe; counting and recording allocate nothing.</summary>
public sealed class GatewayCounters : IDisposable
{
    /// <summary>Name of the meter, as OpenTelemetry knows it.</summary>
    public const string MeterName = "Crime.Gateway";

    private const double SecondsPerMicrosecond = 1e-6;

    // From a request that a small network answers to one that a board has long given up on.
    private static readonly double[] s_secondsBounds =
        [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly int[] s_batchBounds = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128];

    private readonly Histogram<double> _waitS;
    private readonly Histogram<double> _serviceS;
    private readonly Histogram<int> _batchSize;

    /// <summary>Makes counters at zero.</summary>
    public GatewayCounters()
    {
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = s_secondsBounds };
        _waitS = Meter.CreateHistogram("crime.wait", "s", "Time from a request's arrival to the start of its computation", null, seconds);
        _serviceS = Meter.CreateHistogram("crime.service", "s", "Time that the computation of an answer took", null, seconds);
        _batchSize = Meter.CreateHistogram(
            "crime.batch.size", "{request}", "Requests computed together", null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = s_batchBounds });
    }

    /// <summary>Where further instruments of this gateway belong.</summary>
    public Meter Meter { get; } = new(MeterName);

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

    /// <summary>Cancelled by their senders while they waited.</summary>
    public Counter Cancelled { get; } = new();

    /// <summary>Refused: the gateway keeps no results, or has no room for a further one.</summary>
    public Counter NoDelivery { get; } = new();

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

    /// <summary>Connections without a credential that the embedded broker refused.</summary>
    public Counter RefusedStrangers { get; } = new();

    /// <summary>Connections with a wrong user name or password that the embedded broker refused.</summary>
    public Counter WrongPasswords { get; } = new();

    /// <summary>Connections refused unseen, because too many wrong passwords came from their address.</summary>
    public Counter RefusedUnseen { get; } = new();

    /// <summary>Connections with a good password and the id of another client.</summary>
    public Counter RefusedIds { get; } = new();

    /// <summary>Messages on topics that their sender may not use.</summary>
    public Counter DeniedPublishes { get; } = new();

    /// <summary>Subscriptions to topics that the client may not use.</summary>
    public Counter DeniedSubscriptions { get; } = new();

    /// <summary>A worker computes requests together.</summary>
    /// <param name="size">How many, 1 or more.</param>
    public void RecordBatch(int size)
    {
        Batches.Increment();
        _batchSize.Record(size);
    }

    /// <summary>A request was answered with a class.</summary>
    /// <param name="waitUs">Time it waited, in µs.</param>
    /// <param name="serviceUs">Time it took to compute, in µs.</param>
    public void RecordAnswer(uint waitUs, uint serviceUs)
    {
        _waitS.Record(waitUs * SecondsPerMicrosecond);
        _serviceS.Record(serviceUs * SecondsPerMicrosecond);
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();
}

// Whether the gateway serves, and what it has done: for people, probes and the tests.

using System;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Counting;
using Crime.Gateway.Observation;
using Crime.Gateway.Timing;
using Crime.Gateway.Watchdog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Crime.Gateway.Http;

/// <summary>The content of <c>/healthz</c>. The counters are those of <see cref="GatewayCounters"/>.</summary>
public sealed record HealthReport
{
    /// <summary>"ok", or what is wrong.</summary>
    public required string Status { get; init; }

    /// <summary>The gateway's id.</summary>
    public required string Node { get; init; }

    /// <summary>True when the gateway is connected to its broker and subscribed.</summary>
    public required bool Connected { get; init; }

    /// <summary>Number of workers.</summary>
    public required int Workers { get; init; }

    /// <summary>Workers that run.</summary>
    public required int WorkersAlive { get; init; }

    /// <summary>Number of models.</summary>
    public required int Models { get; init; }

    /// <summary>Requests that wait.</summary>
    public required int Depth { get; init; }

    /// <summary>Most requests that may wait.</summary>
    public required int Capacity { get; init; }

    /// <summary>Work that waits or runs, in µs, over all workers; the published backlog is less, or 0 (<see cref="LoadMeter.BacklogUs"/>).</summary>
    public required long BacklogUs { get; init; }

    /// <summary>Work accepted per working time, in 1/1024.</summary>
    public required int Utilisation { get; init; }

    /// <summary>Frames that could not be read.</summary>
    public required long MalformedFrames { get; init; }

    /// <summary>Good request frames.</summary>
    public required long Requests { get; init; }

    /// <summary>Requests answered with a class.</summary>
    public required long Answered { get; init; }

    /// <summary>Refused: the queue was full.</summary>
    public required long RefusedQueueFull { get; init; }

    /// <summary>Refused: the budget could not be met.</summary>
    public required long RefusedTooLate { get; init; }

    /// <summary>Refused: no such model.</summary>
    public required long RefusedUnknownModel { get; init; }

    /// <summary>Refused: the input does not fit the model.</summary>
    public required long RefusedWrongInput { get; init; }

    /// <summary>Refused: shutting down.</summary>
    public required long RefusedStopping { get; init; }

    /// <summary>Cancelled by their senders while they waited.</summary>
    public required long RefusedCancelled { get; init; }

    /// <summary>Brokers of gateways that requests may be passed on to.</summary>
    public required int Upstreams { get; init; }

    /// <summary>Those among them that the gateway is connected to.</summary>
    public required int UpstreamsConnected { get; init; }

    /// <summary>Requests passed on to another gateway.</summary>
    public required long Relayed { get; init; }

    /// <summary>Those of them that came back without an answer, or did not in time.</summary>
    public required long RelayFallbacks { get; init; }

    /// <summary>Answers of other gateways that came too late, dropped.</summary>
    public required long RelayLate { get; init; }

    /// <summary>Pings answered.</summary>
    public required long Pings { get; init; }

    /// <summary>Statuses published.</summary>
    public required long Statuses { get; init; }

    /// <summary>Inferences that boards ran by choice.</summary>
    public required long TelemetryLocal { get; init; }

    /// <summary>Inferences that gateways ran.</summary>
    public required long TelemetryGateway { get; init; }

    /// <summary>Inferences that boards ran because no gateway answered.</summary>
    public required long TelemetryFallback { get; init; }

    /// <summary>Outgoing messages dropped.</summary>
    public required long DroppedMessages { get; init; }

    /// <summary>Messages lost to a defect of the gateway.</summary>
    public required long Faults { get; init; }

    /// <summary>Batches computed.</summary>
    public required long Batches { get; init; }

    /// <summary>Bytes allocated since the start.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Bytes on the managed heap, garbage included.</summary>
    public required long HeapBytes { get; init; }

    /// <summary>Physical memory of the process in bytes.</summary>
    public required long WorkingSetBytes { get; init; }
}

/// <summary><c>/healthz</c>.</summary>
public sealed class HealthEndpoint
{
    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    private readonly string _nodeId;
    private readonly GatewayState _state;
    private readonly GatewayPulse _pulse;
    private readonly TimeProvider _time;

    /// <summary>Makes the endpoint.</summary>
    /// <param name="options">The gateway's name.</param>
    /// <param name="state">The running gateway.</param>
    /// <param name="pulse">Its life signs.</param>
    /// <param name="time">The clock.</param>
    public HealthEndpoint(GatewayOptions options, GatewayState state, GatewayPulse pulse, TimeProvider time)
    {
        _nodeId = options.NodeId;
        _state = state;
        _pulse = pulse;
        _time = time;
    }

    /// <summary>Adds the endpoint.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapMethods("/healthz", s_readMethods, Answer);

    private IResult Answer()
    {
        HealthReport report = Report();
        return JsonAnswer.Of(report, report.Status == "ok" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private HealthReport Report()
    {
        var (core, models, workers, link, relay, counters) = _state;
        bool isConnected = link.IsConnected;
        int aliveCount = workers.AliveCount;
        long nowUs = _time.NowUs();
        return new HealthReport
        {
            Status = !isConnected ? "no broker" : aliveCount < workers.Count ? "a worker has ended" : _pulse.Trouble ?? "ok",
            Node = _nodeId,
            Connected = isConnected,
            Workers = workers.Count,
            WorkersAlive = aliveCount,
            Models = models.Models.Count,
            Depth = core.Queue.Depth,
            Capacity = core.Queue.Capacity,
            BacklogUs = core.Load.WorkUs(nowUs),
            Utilisation = core.Workers.Utilisation(nowUs),
            MalformedFrames = counters.MalformedFrames.Value,
            Requests = counters.Requests.Value,
            Answered = counters.Answered.Value,
            RefusedQueueFull = counters.QueueFull.Value,
            RefusedTooLate = counters.TooLate.Value,
            RefusedUnknownModel = counters.UnknownModel.Value,
            RefusedWrongInput = counters.WrongInput.Value,
            RefusedStopping = counters.Stopping.Value,
            RefusedCancelled = counters.Cancelled.Value,
            Upstreams = relay.LinkCount,
            UpstreamsConnected = relay.ConnectedCount,
            Relayed = core.Relay?.PassedOnCount ?? 0,
            RelayFallbacks = core.Relay?.FallbackCount ?? 0,
            RelayLate = core.Relay?.LateCount ?? 0,
            Pings = counters.Pings.Value,
            Statuses = counters.Statuses.Value,
            TelemetryLocal = counters.TelemetryLocal.Value,
            TelemetryGateway = counters.TelemetryGateway.Value,
            TelemetryFallback = counters.TelemetryFallback.Value,
            DroppedMessages = counters.DroppedMessages.Value,
            Faults = counters.Faults.Value,
            Batches = counters.Batches.Value,
            AllocatedBytes = GC.GetTotalAllocatedBytes(),
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            WorkingSetBytes = Environment.WorkingSet,
        };
    }
}

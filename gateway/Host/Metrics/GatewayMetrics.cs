// The gateway's figures for Prometheus. They are counted and measured elsewhere; here they get their names, and are read on request.

using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using Crime.Gateway.Core;
using Crime.Gateway.Counting;
using Crime.Gateway.Observation;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Metrics;

/// <summary>Names the figures of <c>/metrics</c>. Dots become underscores there, and the unit is appended.</summary>
public sealed class GatewayMetrics
{
    private const double SecondsPerMicrosecond = 1e-6;

    /// <summary>Adds the instruments to the counters' meter.</summary>
    /// <param name="state">The running gateway.</param>
    /// <param name="time">The clock.</param>
    public GatewayMetrics(GatewayState state, TimeProvider time)
    {
        Meter meter = state.Counters.Meter;
        AddLoad(meter, state.Core, time);
        meter.CreateObservableGauge("crime.workers", () => state.Workers.Count, "{thread}", "Threads that are to compute");
        meter.CreateObservableGauge("crime.workers.alive", () => state.Workers.AliveCount, "{thread}", "Threads that compute");
        meter.CreateObservableGauge("crime.models", () => state.Models.Models.Count, "{model}", "Models that are served");
        meter.CreateObservableGauge("crime.connected", () => state.Link.IsConnected ? 1 : 0, null, "1 while connected to the broker and subscribed");
        meter.CreateObservableGauge(
            "crime.upstreams.connected", () => state.Relay.ConnectedCount, "{broker}", "Brokers of other gateways that this one is connected to");
        AddCounters(meter, state.Counters);
        AddCoreCounters(meter, state.Core);
        AddTagged(meter, state.Counters);
    }

    private static void AddLoad(Meter meter, GatewayCore core, TimeProvider time)
    {
        meter.CreateObservableGauge("crime.queue.depth", () => core.Queue.Depth, "{request}", "Requests that wait");
        meter.CreateObservableGauge("crime.results.pending", () => core.Results.PendingCount, "{input}", "Accepted inputs without a published result");
        meter.CreateObservableGauge("crime.queue.capacity", () => core.Queue.Capacity, "{request}", "Most requests that may wait");
        meter.CreateObservableGauge(
            "crime.backlog", () => core.Load.WorkUs(time.NowUs()) * SecondsPerMicrosecond, "s", "Work that waits or runs, over all workers");
        meter.CreateObservableGauge(
            "crime.utilisation", () => core.Workers.Utilisation(time.NowUs()) / (double)Frames.StatusFrame.FullUtilisation, "1",
            "Work accepted per working time of all workers");
    }

    private static void AddCoreCounters(Meter meter, GatewayCore core)
    {
        void Add(string name, Func<long> count, string unit, string meaning) => meter.CreateObservableCounter(name, count, unit, meaning);
        Add("crime.requests.taken", () => core.Queue.TakenCount, "{request}", "Requests that a worker has taken from the queue");
        Add("crime.relayed", () => core.Relay?.PassedOnCount ?? 0, "{request}", "Requests passed on to another gateway");
        Add("crime.relay.fallbacks", () => core.Relay?.FallbackCount ?? 0, "{request}", "Requests passed on that came back unanswered, or not in time");
        Add("crime.results.accepted", () => core.Results.Counts.Accepted.Value, "{input}", "Inputs that got a receipt");
        Add("crime.results.published", () => core.Results.Counts.Published.Value, "{result}", "Results that the broker has acknowledged");
        Add("crime.results.repeats", () => core.Results.Counts.Repeats.Value, "{frame}", "Deliveries and results whose input was known");
        Add("crime.relay.late", () => core.Relay?.LateCount ?? 0, "{answer}", "Answers of other gateways that arrived too late");
    }

    private static void AddCounters(Meter meter, GatewayCounters counters)
    {
        void Add(string name, Counter counter, string unit, string meaning) =>
            meter.CreateObservableCounter(name, () => counter.Value, unit, meaning);
        Add("crime.requests", counters.Requests, "{request}", "Good request frames");
        Add("crime.answers", counters.Answered, "{request}", "Requests answered with a class");
        Add("crime.malformed.frames", counters.MalformedFrames, "{frame}", "Messages that were no good frame for their topic");
        Add("crime.pings", counters.Pings, "{ping}", "Pings answered");
        Add("crime.statuses", counters.Statuses, "{status}", "Statuses published");
        Add("crime.dropped.messages", counters.DroppedMessages, "{message}", "Outgoing messages dropped");
        Add("crime.faults", counters.Faults, "{request}", "Requests that ended in an exception: a defect of the gateway");
    }

    private static void AddTagged(Meter meter, GatewayCounters counters)
    {
        Tagged(meter, "crime.refusals", "{request}", "Requests refused", "reason",
        [
            ("queue_full", counters.QueueFull), ("too_late", counters.TooLate), ("unknown_model", counters.UnknownModel),
            ("wrong_input", counters.WrongInput), ("stopping", counters.Stopping), ("cancelled", counters.Cancelled),
            ("no_delivery", counters.NoDelivery),
        ]);
        Tagged(meter, "crime.access.refusals", "{event}", "Connections, messages and subscriptions that the embedded broker refused", "cause",
        [
            ("no_credential", counters.RefusedStrangers), ("wrong_password", counters.WrongPasswords), ("too_many_guesses", counters.RefusedUnseen),
            ("wrong_id", counters.RefusedIds), ("publish", counters.DeniedPublishes), ("subscribe", counters.DeniedSubscriptions),
        ]);
        Tagged(meter, "crime.decisions", "{inference}", "Inferences that boards reported, by where they ran", "target",
        [
            ("local", counters.TelemetryLocal), ("gateway", counters.TelemetryGateway), ("fallback", counters.TelemetryFallback),
        ]);
    }

    private static void Tagged(Meter meter, string name, string unit, string meaning, string tag, (string Value, Counter Counter)[] series)
    {
        KeyValuePair<string, object?>[] tags = Array.ConvertAll(series, one => KeyValuePair.Create(tag, (object?)one.Value));
        IEnumerable<Measurement<long>> Observe()
        {
            for (int i = 0; i < series.Length; i++) yield return new Measurement<long>(series[i].Counter.Value, tags[i]);
        }
        meter.CreateObservableCounter(name, Observe, unit, meaning);
    }
}

// The gateway in figures for Prometheus. What is counted is counted in GatewayCounters and what is measured is measured where
// it happens; here it only gets its name, and is read when somebody asks.

using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using Crime.Gateway.Broker;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Upstream;

namespace Crime.Gateway.Metrics;

/// <summary>Names the figures of <c>/metrics</c>. Dots become underscores there, and the unit is appended.</summary>
public sealed class GatewayMetrics
{
    private const double SecondsPerMicrosecond = 1e-6;

    /// <summary>Adds the instruments to the counters' meter.</summary>
    public GatewayMetrics(
        GatewayCounters counters, RequestQueue queue, LoadMeter load, WorkerPool workers, ModelRegistry models, MqttLink link,
        RequestRelay relay)
    {
        Meter meter = counters.Meter;
        AddState(meter, queue, load);
        meter.CreateObservableGauge("crime.workers", () => workers.Count, "{thread}", "Threads that are to compute");
        meter.CreateObservableGauge("crime.workers.alive", () => workers.AliveCount, "{thread}", "Threads that compute");
        meter.CreateObservableGauge("crime.models", () => models.Models.Count, "{model}", "Models that are served");
        meter.CreateObservableGauge("crime.connected", () => link.IsConnected ? 1 : 0, null, "1 while connected to the broker and subscribed");
        meter.CreateObservableGauge(
            "crime.upstreams.connected", () => relay.ConnectedCount, "{broker}", "Brokers of other gateways that this one is connected to");
        AddCounters(meter, counters);
        AddTagged(meter, counters);
    }

    private static void AddState(Meter meter, RequestQueue queue, LoadMeter load)
    {
        meter.CreateObservableGauge("crime.queue.depth", () => queue.Depth, "{request}", "Requests that wait");
        meter.CreateObservableGauge("crime.queue.capacity", () => queue.Capacity, "{request}", "Most requests that may wait");
        meter.CreateObservableGauge(
            "crime.backlog", () => load.WorkUs * SecondsPerMicrosecond, "s", "Work that waits or runs, over all workers");
        meter.CreateObservableGauge(
            "crime.utilisation", () => load.Utilisation / (double)Frames.StatusFrame.FullUtilisation, "1",
            "Work accepted per working time of all workers");
    }

    private static void AddCounters(Meter meter, GatewayCounters counters)
    {
        void Add(string name, Counter counter, string unit, string meaning) =>
            meter.CreateObservableCounter(name, () => counter.Value, unit, meaning);
        Add("crime.requests", counters.Requests, "{request}", "Good request frames");
        Add("crime.requests.taken", counters.Taken, "{request}", "Requests that a worker has taken from the queue");
        Add("crime.answers", counters.Answered, "{request}", "Requests answered with a class");
        Add("crime.relayed", counters.Relayed, "{request}", "Requests passed on to another gateway");
        Add("crime.relay.fallbacks", counters.RelayFallbacks, "{request}", "Requests passed on that came back unanswered, or not in time");
        Add("crime.relay.late", counters.RelayLate, "{answer}", "Answers of other gateways that nobody waited for any more");
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
            ("wrong_input", counters.WrongInput), ("stopping", counters.Stopping),
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

// The parts of a running gateway that health reports, metrics and the service read.

using Crime.Gateway.Core;
using Crime.Gateway.Counting;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Upstream;

namespace Crime.Gateway.Observation;

/// <summary>A running gateway.</summary>
/// <param name="Core">Its behaviour.</param>
/// <param name="Models">Its models.</param>
/// <param name="Workers">Its workers.</param>
/// <param name="Link">Its connection to the broker.</param>
/// <param name="Relay">Its connections to upstreams.</param>
/// <param name="Counters">Its counters.</param>
public sealed record GatewayState(GatewayCore Core, ModelRegistry Models, WorkerPool Workers, MqttLink Link, RelayClock Relay, GatewayCounters Counters);

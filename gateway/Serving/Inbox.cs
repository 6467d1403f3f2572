// Everything that comes from the broker comes through here, on one thread that must never wait: in MQTTnet a slow handler
// holds up every later message.

using System;
using System.Buffers;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>Sorts messages by their topic.</summary>
public sealed class Inbox
{
    private readonly string _nodeId;
    private readonly RequestReceiver _requests;
    private readonly TelemetryReceiver _telemetry;
    private readonly GatewayCounters _counters;
    private readonly ILogger<Inbox> _log;

    /// <summary>Makes an inbox.</summary>
    public Inbox(
        GatewayOptions options, RequestReceiver requests, TelemetryReceiver telemetry, GatewayCounters counters, ILogger<Inbox> log)
    {
        _nodeId = options.NodeId;
        _requests = requests;
        _telemetry = telemetry;
        _counters = counters;
        _log = log;
    }

    /// <summary>Takes a message. Whatever it holds, this returns soon and does not throw.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content; not kept.</param>
    public void Receive(string topic, ReadOnlySequence<byte> payload)
    {
        try
        {
            // A frame that is too long is not even copied.
            if (payload.Length > FrameFormat.MaxFrameSize) _counters.MalformedFrames.Increment();
            else if (Topics.IsRequest(topic, _nodeId, out string board)) _requests.Receive(board, payload.ToArray());
            else if (Topics.IsTelemetry(topic, out _)) _telemetry.Receive(payload.ToArray());
            else _counters.MalformedFrames.Increment();
        }
        catch (Exception e)
        {
            // MQTTnet would swallow it without a word.
            _counters.Faults.Increment();
            _log.Fault(e);
        }
    }
}

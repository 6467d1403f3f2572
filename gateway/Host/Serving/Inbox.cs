// Everything that comes from the broker comes through here, on threads that must never wait: in MQTTnet a slow handler holds up
// every later message of its connection.

using System;
using System.Buffers;
using System.Runtime.InteropServices;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>Sorts messages by their topic. Thread-safe.</summary>
public sealed class Inbox
{
    private readonly ReplyAddresses _addresses;
    private readonly RequestReceiver _requests;
    private readonly TelemetryReceiver _telemetry;
    private readonly GatewayCounters _counters;
    private readonly GatewayGroup _group;
    private readonly StatusPublisher _status;
    private readonly BenchEcho? _echo;
    private readonly ILogger<Inbox> _log;

    /// <summary>Makes an inbox.</summary>
    public Inbox(
        GatewayOptions options, RequestReceiver requests, TelemetryReceiver telemetry, GatewayGroup group, StatusPublisher status,
        Outbox outbox, GatewayCounters counters, ILogger<Inbox> log)
    {
        _addresses = new ReplyAddresses(options.NodeId, options.GroupId);
        _requests = requests;
        _telemetry = telemetry;
        _group = group;
        _status = status;
        _echo = BenchEcho.FromEnvironment(outbox);
        _counters = counters;
        _log = log;
    }

    /// <summary>Takes a message. Whatever it holds, this returns soon and does not throw.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content; not kept.</param>
    /// <param name="acknowledge">Called once the message has been dealt with, a request when it has been answered; null where nobody wants to know.</param>
    public void Receive(string topic, ReadOnlySequence<byte> payload, Action? acknowledge = null)
    {
        bool isRequest = false;
        try
        {
            // A frame that is too long is not even looked at.
            if (payload.Length > FrameFormat.MaxFrameSize) _counters.MalformedFrames.Increment();
            else if (_addresses.Find(topic) is { } reply)
            {
                isRequest = true;
                Receive(reply, ArrayOf(payload), acknowledge);
            }
            else if (Topics.IsTelemetry(topic, out _)) _telemetry.Receive(payload.ToArray());
            else if (_group.TryReceive(topic, ArrayOf(payload), out bool isNews)) Tell(isNews);
            else _counters.MalformedFrames.Increment();
        }
        catch (Exception e)
        {
            // MQTTnet would swallow it without a word.
            _counters.Faults.Increment();
            _log.Fault(e);
        }
        if (!isRequest) acknowledge?.Invoke();
    }

    private void Tell(bool isGroupNews)
    {
        if (isGroupNews) _status.OnGroupChange();
    }

    private void Receive(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge)
    {
        if (_echo == null || !_echo.TryAnswer(reply, bytes)) _requests.Receive(reply, bytes, acknowledge);
        else acknowledge?.Invoke();
    }

    /// <summary>The array that MQTTnet has read a message into; a copy only where there is no single one.</summary>
    private static ArraySegment<byte> ArrayOf(ReadOnlySequence<byte> payload) =>
        payload.IsSingleSegment && MemoryMarshal.TryGetArray(payload.First, out ArraySegment<byte> array) ? array : payload.ToArray();
}

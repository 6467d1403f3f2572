// All messages for the gateway arrive here, on threads that must never wait: in MQTTnet a slow handler delays every later message of
// its connection.

using System;
using System.Buffers;
using System.Runtime.InteropServices;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Core;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Timing;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>Sorts messages by their topic. Thread-safe.</summary>
public sealed class Inbox : IInbox
{
    private readonly ReplyAddresses _addresses;
    private readonly IRequestHandler _requests;
    private readonly TelemetryReceiver _telemetry;
    private readonly BoardList _boards;
    private readonly BoardSettingsSender _settings;
    private readonly GatewayCounters _counters;
    private readonly GatewayCore _core;
    private readonly TimeProvider _time;
    private readonly ILogger<Inbox> _log;

    /// <summary>Makes an inbox.</summary>
    /// <param name="requests">Receives the frames of request topics.</param>
    /// <param name="telemetry">Receives telemetry.</param>
    /// <param name="boards">Receives presences.</param>
    /// <param name="settings">Receives the answers of boards to settings.</param>
    /// <param name="core">Receives the statuses of the group.</param>
    /// <param name="counters">Count malformed frames and faults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives faults.</param>
    public Inbox(
        IRequestHandler requests, TelemetryReceiver telemetry, BoardList boards, BoardSettingsSender settings, GatewayCore core,
        GatewayCounters counters, TimeProvider time, ILogger<Inbox> log)
    {
        _addresses = new ReplyAddresses(core.NodeId, core.Group.Id);
        _requests = requests;
        _telemetry = telemetry;
        _boards = boards;
        _settings = settings;
        _core = core;
        _counters = counters;
        _time = time;
        _log = log;
    }

    /// <inheritdoc/>
    public void Receive(string topic, ReadOnlySequence<byte> payload, Action? acknowledge = null)
    {
        bool isRequest = false;
        try
        {
            // A frame that is too long is not decoded.
            if (payload.Length > FrameFormat.MaxFrameSize) _counters.MalformedFrames.Increment();
            else if (_addresses.Find(topic) is { } reply)
            {
                isRequest = true;
                _requests.Receive(reply, ArrayOf(payload), acknowledge);
            }
            else if (Topics.IsTelemetry(topic, out _)) _telemetry.Receive(payload.ToArray());
            else if (Topics.IsPresence(topic, out string presentBoard)) _boards.Receive(presentBoard, payload.ToArray());
            else if (Topics.IsAnswer(topic, out string answering)) _settings.OnAnswer(answering, payload.ToArray());
            else if (!_core.TryReceiveGroupStatus(topic, ArrayOf(payload), _time.NowUs())) _counters.MalformedFrames.Increment();
        }
        catch (Exception e)
        {
            // MQTTnet would swallow it silently.
            _counters.Faults.Increment();
            _log.Fault(e);
        }
        if (!isRequest) acknowledge?.Invoke();
    }

    /// <summary>The array that MQTTnet has read a message into; a copy only where there is no single one.</summary>
    private static ArraySegment<byte> ArrayOf(ReadOnlySequence<byte> payload) =>
        payload.IsSingleSegment && MemoryMarshal.TryGetArray(payload.First, out ArraySegment<byte> array) ? array : payload.ToArray();
}

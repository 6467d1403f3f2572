// Readings from the telemetry frames that gateways publish for their boards. The connection comes back when the broker does, as the
// gateway's own does.

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Boards;
using MQTTnet;

namespace Crime.Cli.Monitor;

/// <summary>Listens to the telemetry of all boards, or of one.</summary>
internal sealed class MqttSource : IReadingSource
{
    private const int RetryMs = 500;

    // Whoever sends faster than is read has to wait: the connection holds him up, not the memory.
    private const int WaitingMessages = 1024;

    private readonly BrokerEndpoint _broker;
    private readonly string _filter;
    private readonly string _clientId = "monitor-" + Guid.NewGuid().ToString("n")[..12];
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly SemaphoreSlim _ended = new(0);
    private readonly Channel<MqttApplicationMessage> _messages = Channel.CreateBounded<MqttApplicationMessage>(WaitingMessages);

    /// <summary>Names a broker; <see cref="OpenAsync"/> connects.</summary>
    /// <param name="broker">Where it listens.</param>
    /// <param name="board">Id of the board to listen to; empty for all.</param>
    public MqttSource(BrokerEndpoint broker, string board)
    {
        _broker = broker;
        _filter = board.Length == 0 ? Topics.TelemetryFilter : Topics.Telemetry(board);
        _client.ApplicationMessageReceivedAsync += e => _messages.Writer.WriteAsync(e.ApplicationMessage).AsTask();
        _client.DisconnectedAsync += e =>
        {
            if (e.ClientWasConnected) _ended.Release();
            return Task.CompletedTask;
        };
    }

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            await ConnectAsync(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
throw BoardBroker.Refusal(_broker, e);
        }
    }

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MonitorEvent> events, CancellationToken cancellation) =>
        Task.WhenAll(DecodeAsync(events, cancellation), KeepConnectedAsync(events, cancellation));

    /// <inheritdoc/>
    public string Send(string command) => "commands go to a board's serial port; telemetry is one-way";

    /// <inheritdoc/>
    public void Dispose()
    {
        _messages.Writer.TryComplete();
        _client.Dispose();
        _ended.Dispose();
    }

    /// <summary>Returns an event for each record of a telemetry message, or one event that says why the message was refused.</summary>
    internal static IReadOnlyList<MonitorEvent> Decode(string topic, byte[] payload)
    {
        var frame = new TelemetryFrame();
        FrameError error = frame.Decode(payload);
        if (!Topics.IsTelemetry(topic, out string board) || error != FrameError.None)
            return [new GarbledArrived($"{topic}: {payload.Length} bytes, {FrameErrors.Describe(error)}")];
        return [.. frame.Records.Take(frame.Count).Select(record => new InferenceArrived(board, ReadingOf(record)))];
    }

    private static Reading ReadingOf(TelemetryRecord record)
    {
        double timeMs = record.TimeUs / 1000.0, activeMs = timeMs + record.TailUs / 1000.0, energyMj = record.EnergyUj / 1000.0;
        // The record of a value names a class only where it is an anomaly.
        int? classIndex = record.Label == ResultJson.UnknownLabel || (record.HasValue && record.Label == 0) ? null : record.Label;
        return new Reading(
            (int)Math.Min(record.Input, int.MaxValue), record.Length, NameOf(record.Target), classIndex, timeMs, activeMs, energyMj,
            activeMs == 0 ? 0 : Math.Round(1000 * energyMj / activeMs, 3), record.BreakEvenLength == CostLine.Never ? null : record.BreakEvenLength,
            record.Depth, record.Measured ? "ina219" : "model", record.Done, record.ConfidencePerMille == 0 ? null : record.ConfidencePerMille,
            Value: record.HasValue ? record.Value : null);
    }

    private static string NameOf(Target target) => target switch
    {
        Target.Local => "local",
        Target.Gateway => "gateway",
        _ => "fallback",
    };

    private async Task DecodeAsync(ChannelWriter<MonitorEvent> events, CancellationToken cancellation)
    {
        await foreach (MqttApplicationMessage message in _messages.Reader.ReadAllAsync(cancellation))
            foreach (MonitorEvent decoded in Decode(message.Topic, message.Payload.ToArray())) await events.WriteAsync(decoded, cancellation);
    }

    private async Task KeepConnectedAsync(ChannelWriter<MonitorEvent> events, CancellationToken cancellation)
    {
        while (true)
        {
            await _ended.WaitAsync(cancellation);
            await events.WriteAsync(new LinkChanged(false, $"{_broker.Host}:{_broker.Port}: connection lost; connecting again"), cancellation);
            while (!await TryConnectAsync(cancellation)) await Task.Delay(RetryMs, cancellation);
            await events.WriteAsync(new LinkChanged(true, $"{_broker.Host}:{_broker.Port}: connected again"), cancellation);
        }
    }

    private async Task<bool> TryConnectAsync(CancellationToken cancellation)
    {
        try
        {
            await ConnectAsync(cancellation);
            return true;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Any trouble is the same to one who tries again.
            return false;
        }
    }

    private Task ConnectAsync(CancellationToken cancellation) => BoardBroker.ConnectAsync(_client, _broker, _clientId, _filter, cancellation);
}

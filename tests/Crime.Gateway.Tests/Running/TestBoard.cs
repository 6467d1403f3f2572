using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling.Reference;
using MQTTnet;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Running;

/// <summary>A client that speaks as a board does, over real TCP.</summary>
internal sealed class TestBoard : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<byte[]> _answers = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<(byte[] Payload, bool IsRetained)> _statuses = Channel.CreateUnbounded<(byte[], bool)>();
    private readonly string _id;
    private uint _sequence;

    private TestBoard(string id) => _id = id;

    public uint Session { get; init; } = 7;

    /// <summary>Connects.</summary>
    /// <param name="port">Port of the broker.</param>
    /// <param name="id">Id of the board.</param>
    /// <param name="password">Its password; null for a broker that wants none.</param>
    public static async Task<TestBoard> ConnectAsync(int port, string id = "board", string? password = null)
    {
        var board = new TestBoard(id);
        board._client.ApplicationMessageReceivedAsync += received =>
        {
            byte[] payload = received.ApplicationMessage.Payload.ToArray();
            if (received.ApplicationMessage.Topic == Topics.Response(id)) board._answers.Writer.TryWrite(payload);
            else board._statuses.Writer.TryWrite((payload, received.ApplicationMessage.Retain));
            return Task.CompletedTask;
        };
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(id);
        if (password != null) options.WithCredentials(id, password);
        await board._client.ConnectAsync(options.Build());
        await board._client.SubscribeAsync(Topics.Response(id));
        return board;
    }

    public async Task<TestBoard> WatchStatusAsync()
    {
        await _client.SubscribeAsync(Topics.StatusFilter);
        return this;
    }

    /// <summary>Receives slow statuses, as those of <see cref="WatchStatusAsync"/>.</summary>
    public async Task<TestBoard> WatchRegimesAsync()
    {
        await _client.SubscribeAsync(Topics.RegimeFilter);
        return this;
    }

    /// <summary>A request with good values for a model.</summary>
    public RequestFrame Request(ModelFile model, int length, uint budgetUs = 0)
    {
        var random = new Random(length);
        bool isTokens = model.Input == InputKind.Tokens;
        var values = new short[length * model.ValuesPerStep];
        for (int i = 0; i < values.Length; i++) values[i] = (short)(isTokens ? random.Next(model.VocabularyCount) : random.Next(-8192, 8192));
        return new RequestFrame
        {
            Session = Session,
            Sequence = ++_sequence,
            ModelId = model.Id,
            Length = length,
            ValuesPerStep = model.ValuesPerStep,
            Encoding = isTokens ? SequenceEncoding.Token8 : SequenceEncoding.Int16,
            FractionBits = isTokens ? 0 : 12,
            BudgetUs = budgetUs,
            Values = values,
        };
    }

    /// <summary>The request that a board sends when it has computed the first timesteps itself.</summary>
    public RequestFrame Rest(ModelFile model, RequestFrame whole, int done)
    {
        RequestFrame rest = Request(model, whole.Length - done);
        rest.Values = whole.Values.Skip(done * model.ValuesPerStep).ToArray();
        rest.FractionBits = whole.FractionBits;
        rest.State = StateAfter(model, whole.Values, done);
        rest.StateCount = rest.State.Length;
        return rest;
    }

    /// <summary>The state that a board hands over after the first timesteps.</summary>
    public static short[] StateAfter(ModelFile model, short[] values, int done)
    {
        ReferenceNetwork board = After(model, values, done);
        return board.Hidden.Zip(board.Cell, (hidden, cell) => hidden.Concat(cell)).SelectMany(layer => layer).ToArray();
    }

    /// <summary>A board's network after the first timesteps.</summary>
    public static ReferenceNetwork After(ModelFile model, short[] values, int done)
    {
        var board = new ReferenceNetwork(model);
        for (int step = 0; step < done; step++) board.Step(values, step);
        return board;
    }

    public Task SendAsync(RequestFrame request, string gateway = RunningGateway.Id) =>
        PublishAsync(Topics.Request(gateway, _id), request.Encode());

    /// <summary>Publishes, and waits until the broker has it.</summary>
    public Task PublishAsync(string topic, byte[] payload, bool isRetained = false) =>
        _client.PublishBinaryAsync(topic, payload, MqttQualityOfServiceLevel.AtLeastOnce, isRetained);

    /// <summary>Publishes as boards do, at QoS 0.</summary>
    public Task PublishUnacknowledgedAsync(string topic, byte[] payload) => _client.PublishBinaryAsync(topic, payload);

    /// <summary>Cancels a request of this board.</summary>
    public Task CancelAsync(uint sequence) =>
        PublishAsync(Topics.Request(RunningGateway.Id, _id), new CancelFrame { Session = Session, Sequence = sequence }.Encode());

    public async Task<ResponseFrame> AskAsync(RequestFrame request)
    {
        await SendAsync(request);
        return await ResponseAsync();
    }

    public async Task<ResponseFrame> ResponseAsync()
    {
        var response = new ResponseFrame();
        Assert.That(response.Decode(await NextAsync(_answers, "a response")), Is.EqualTo(FrameError.None));
        return response;
    }

    /// <summary>Sends a request that asks for parts of its output, and returns them and its answer.</summary>
    public async Task<(PartialFrame[] Parts, ResponseFrame Response)> AskForPartsAsync(RequestFrame request)
    {
        request.Sequence |= PartialFrame.AskingBit;
        await SendAsync(request);
        var parts = new List<PartialFrame>();
        while (true)
        {
            byte[] payload = await NextAsync(_answers, "a part or a response");
            var part = new PartialFrame();
            if (part.Decode(payload) == FrameError.None)
            {
                parts.Add(part);
                continue;
            }
            var response = new ResponseFrame();
            Assert.That(response.Decode(payload), Is.EqualTo(FrameError.None));
            return ([.. parts], response);
        }
    }

    /// <summary>The next response, or null when none comes in time.</summary>
    public async Task<ResponseFrame?> ResponseWithinAsync(int timeoutMs)
    {
        using var timeout = new CancellationTokenSource(timeoutMs);
        try
        {
            var response = new ResponseFrame();
            Assert.That(response.Decode(await _answers.Reader.ReadAsync(timeout.Token)), Is.EqualTo(FrameError.None));
            return response;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>A telemetry frame of one inference, as a gateway publishes it.</summary>
    public static byte[] Telemetry(Target target)
    {
        var frame = new TelemetryFrame { Count = 1 };
        frame.Records[0] = new TelemetryRecord { Target = target, Length = 3 };
        return frame.Encode();
    }

    /// <summary>Records of inferences that wait on the board for its next request or ping.</summary>
    public static TelemetryBuffer Records(params Target[] targets)
    {
        var buffer = new TelemetryBuffer();
        for (int i = 0; i < targets.Length; i++) buffer.Add(new TelemetryRecord { Input = (uint)i, Target = targets[i], Length = 3 }, 0);
        return buffer;
    }

    public async Task<PongFrame> PingAsync(TelemetryBuffer? telemetry = null)
    {
        var ping = new PingFrame { Session = Session, Sequence = ++_sequence };
        await PublishUnacknowledgedAsync(Topics.Request(RunningGateway.Id, _id), ping.Encode(telemetry));
        var pong = new PongFrame();
        Assert.That(pong.Decode(await NextAsync(_answers, "a pong")), Is.EqualTo(FrameError.None));
        Assert.That(pong.Session, Is.EqualTo(ping.Session));
        Assert.That(pong.Sequence, Is.EqualTo(ping.Sequence));
        return pong;
    }

    /// <summary>Publishes a request as boards do, at QoS 0.</summary>
    public Task SendUnacknowledgedAsync(RequestFrame request, string gateway) =>
        PublishUnacknowledgedAsync(Topics.Request(gateway, _id), request.Encode());

    public async Task<(StatusFrame Frame, bool IsRetained)> StatusAsync()
    {
        var (payload, isRetained) = await NextAsync(_statuses, "a status");
        var status = new StatusFrame();
        Assert.That(status.Decode(payload), Is.EqualTo(FrameError.None));
        return (status, isRetained);
    }

    /// <summary>The first status of which a condition holds.</summary>
    public async Task<StatusFrame> StatusAsync(Predicate<StatusFrame> condition)
    {
        while (true)
        {
            StatusFrame status = (await StatusAsync()).Frame;
            if (condition(status)) return status;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }

    private static async Task<T> NextAsync<T>(Channel<T> channel, string what)
    {
        using var timeout = new CancellationTokenSource(Deadline.Ms);
        try
        {
            return await channel.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new AssertionException($"{what} did not come within {Deadline.Ms} ms");
        }
    }
}

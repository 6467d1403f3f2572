// Watches a gateway from beside the boards: what it says that inputs cost it, and what a round trip to it takes on this machine
// with nothing imposed. That is part of every link of a live run.

using System;
using System.Buffers;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Frames;
using MQTTnet;

namespace Crime.Cli.Live;

/// <summary>What a gateway has told of a model.</summary>
/// <param name="Workers">Threads that compute.</param>
/// <param name="AlphaNs">Time per timestep in ns.</param>
/// <param name="BetaUs">Time per request in µs.</param>
internal sealed record ServiceLine(int Workers, uint AlphaNs, uint BetaUs);

/// <summary>Pings a gateway and listens to its statuses until it is disposed of.</summary>
internal sealed class GatewayProbe : IAsyncDisposable
{
    private const string Name = "live-probe";
    private const int PingEveryMs = 100;
    private const int RecentPings = 15;

    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly CancellationTokenSource _stop = new();
    private readonly StatusFrame _status = new();
    private readonly PongFrame _pong = new();
    private readonly LinkRelay _relay;
    private readonly string _gateway;
    private readonly uint _modelId;
    private volatile ServiceLine? _line;
    private Task _pinging = Task.CompletedTask;
    private uint _sequence;
    private long _sentAt;

    private GatewayProbe(BrokerEndpoint broker, string gateway, uint modelId)
    {
        // The boards' messages go through relays too.
        _relay = new LinkRelay(broker, new FreeConditions());
        _gateway = gateway;
        _modelId = modelId;
        _client.ApplicationMessageReceivedAsync += OnMessage;
    }

    /// <summary>Round trips of pings with nothing imposed.</summary>
    public Lateness RoundTrips { get; } = new();

    /// <summary>Median of the last round trips, in ms.</summary>
    public double RecentRoundTripMs => RoundTrips.RecentQuantileMs(0.5, RecentPings);

    /// <summary>What the gateway said last; null while it has said nothing.</summary>
    public ServiceLine? Line => _line;

    /// <summary>Connects, and waits for a few round trips.</summary>
    public static async Task<GatewayProbe> StartAsync(BrokerEndpoint broker, string gateway, uint modelId, CancellationToken cancellation)
    {
        var probe = new GatewayProbe(broker, gateway, modelId);
        try
        {
            BrokerEndpoint port = probe._relay.Endpoint;
            MqttClientOptions options = new MqttClientOptionsBuilder().WithTcpServer(port.Host, port.Port).WithClientId(Name).Build();
            await probe._client.ConnectAsync(options, cancellation);
            await probe._client.SubscribeAsync(Topics.Response(Name), cancellationToken: cancellation);
            await probe._client.SubscribeAsync(Topics.Status(gateway), cancellationToken: cancellation);
            probe._pinging = probe.PingAsync(probe._stop.Token);
            await Task.Delay(PingEveryMs * RecentPings, cancellation);
            return probe;
        }
        catch
        {
            await probe.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pinging;
        _client.Dispose();
        await _relay.DisposeAsync();
        _stop.Dispose();
    }

    private async Task PingAsync(CancellationToken cancellation)
    {
        var ping = new PingFrame { Session = 1 };
        try
        {
            while (true)
            {
                ping.Sequence = Interlocked.Increment(ref _sequence);
                Volatile.Write(ref _sentAt, Stopwatch.GetTimestamp());
                await _client.PublishBinaryAsync(Topics.Request(_gateway, Name), ping.Encode(), cancellationToken: cancellation);
                await Task.Delay(PingEveryMs, cancellation);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested || !_client.IsConnected)
        {
            // The end of the run, or of the gateway.
        }
    }

    private Task OnMessage(MqttApplicationMessageReceivedEventArgs received)
    {
        byte[] payload = received.ApplicationMessage.Payload.ToArray();
        if (FrameFormat.TypeOf(payload) == FrameType.Pong)
        {
            bool isLast = _pong.Decode(payload) == FrameError.None && _pong.Sequence == Volatile.Read(ref _sequence);
            if (isLast) RoundTrips.Add(Stopwatch.GetElapsedTime(Volatile.Read(ref _sentAt)).TotalMilliseconds);
        }
        else if (_status.Decode(payload) == FrameError.None && _status.IndexOf(_modelId) is >= 0 and int index && _status.Advert(index).Count > 0)
        {
            CostAdvert advert = _status.Advert(index);
            _line = new ServiceLine(_status.Workers, advert.AlphaNs[0], advert.BetaUs[0]);
        }
        return Task.CompletedTask;
    }
}

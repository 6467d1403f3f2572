// Other people's work: clients that keep the gateway busy with a larger network over real connections.

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Bench.Load;
using Crime.Cli.Boards;
using Crime.Frames;
using MQTTnet;

namespace Crime.Cli.Demo;

/// <summary>Keeps a number of requests under way at a gateway until it is disposed of.</summary>
internal sealed class GatewayLoad : IAsyncDisposable
{
    // A network large enough that the gateway is busy with it, and not with its messages.
    private const int HiddenCount = 256;
    private const int Length = 100;

    private const int ClientCount = 8;

    // At each client; all together stay below what the queue holds, and leave the boards room.
    private const int RequestsUnderWay = 28;

    // As much time as boards give a gateway: what is less urgent waits behind their requests, and they would not notice it.
    private const uint BudgetUs = 200_000;

    private readonly List<IMqttClient> _clients = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>What other people have computed; the gateway has to serve it.</summary>
    public static BenchModel Model { get; } = new(HiddenCount);

    /// <summary>Connects the clients and sends their first requests.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="broker">The broker.</param>
    public static async Task<GatewayLoad> StartAsync(string gateway, BrokerEndpoint broker)
    {
        var load = new GatewayLoad();
        for (int i = 0; i < ClientCount; i++) await load.ConnectAsync(gateway, $"load-{i}", broker);
        return load;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (IMqttClient client in _clients) client.Dispose();
    }

    private async Task ConnectAsync(string gateway, string name, BrokerEndpoint broker)
    {
        RequestFrame request = Model.Request(Length);
        request.BudgetUs = BudgetUs;
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        _clients.Add(client);

        async Task SendAsync()
        {
            byte[] payload;
            lock (request)
            {
                request.Sequence++;
                payload = request.Encode();
            }
            if (_stop.IsCancellationRequested) return;
            try
            {
                await client.PublishBinaryAsync(Topics.Request(gateway, name), payload, cancellationToken: _stop.Token);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                // The load is being taken away.
            }
        }

        var response = new ResponseFrame();
        client.ApplicationMessageReceivedAsync += async received =>
        {
            // A refusal means that the queue is full: that is busy enough for a moment.
            bool isFull = response.Decode(received.ApplicationMessage.Payload.ToArray()) == FrameError.None && response.Code != ResponseCode.Ok;
            if (isFull) await Task.Delay(20);
            await SendAsync();
        };
        MqttClientOptions options = new MqttClientOptionsBuilder().WithTcpServer(broker.Host, broker.Port).WithClientId(name).Build();
        await client.ConnectAsync(options, _stop.Token);
        await client.SubscribeAsync(Topics.Response(name), cancellationToken: _stop.Token);
        for (int i = 0; i < RequestsUnderWay; i++) await SendAsync();
    }
}

// Other people's work: clients that keep the gateway busy with long sequences over real connections.

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Frames;
using Crime.Model;
using MQTTnet;

namespace Crime.Cli.Demo;

/// <summary>Keeps a number of long requests under way at a gateway until it is disposed of.</summary>
internal sealed class GatewayLoad : IAsyncDisposable
{
    private const int ClientCount = 8;

    // Of the longest sequences, at each client.
    private const int RequestsUnderWay = 16;

    // As much time as boards give a gateway: what is less urgent waits behind their requests, and they would not notice it.
    private const uint BudgetUs = 200_000;

    private readonly List<IMqttClient> _clients = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Connects the clients and sends their first requests.</summary>
    /// <param name="model">A model that the gateway serves.</param>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="broker">The broker.</param>
    public static async Task<GatewayLoad> StartAsync(ModelFile model, string gateway, BrokerEndpoint broker)
    {
        var load = new GatewayLoad();
        for (int i = 0; i < ClientCount; i++) await load.ConnectAsync(model, gateway, $"load-{i}", broker);
        return load;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (IMqttClient client in _clients) client.Dispose();
    }

    private async Task ConnectAsync(ModelFile model, string gateway, string name, BrokerEndpoint broker)
    {
        var request = new RequestFrame
        {
            Session = 1,
            BudgetUs = BudgetUs,
            ModelId = model.Id,
            Length = FrameFormat.MaxLength,
            ValuesPerStep = model.ValuesPerStep,
            Encoding = model.Input == InputKind.Tokens ? SequenceEncoding.Token16 : SequenceEncoding.Int16,
            FractionBits = model.Input == InputKind.Tokens ? 0 : model.InputFractionBits,
            Values = new short[FrameFormat.MaxLength * model.ValuesPerStep],
        };
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

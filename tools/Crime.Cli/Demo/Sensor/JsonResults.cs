// A program of somebody else that reads results at the broker.

using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Gateway.Broker;
using MQTTnet;

namespace Crime.Cli.Demo.Sensor;

/// <summary>Counts the JSON results of a board.</summary>
internal sealed class JsonResults : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<(uint Session, uint Input)> _inputs = [];
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();

    private JsonResults()
    {
    }

    /// <summary>Inputs that have a result.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _inputs.Count;
        }
    }

    /// <summary>Results of inputs that had one already.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Subscribes.</summary>
    /// <param name="broker">The broker.</param>
    /// <param name="board">Id of the board.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<JsonResults> SubscribeAsync(BrokerEndpoint broker, string board, CancellationToken cancellation)
    {
        var results = new JsonResults();
        results._client.ApplicationMessageReceivedAsync += received =>
        {
            using JsonDocument json = JsonDocument.Parse(received.ApplicationMessage.Payload);
            // A result without the name of its class is of no use to a program.
            if (json.RootElement.GetProperty("class").ValueKind == JsonValueKind.String)
                results.Add((json.RootElement.GetProperty("session").GetUInt32(), json.RootElement.GetProperty("input").GetUInt32()));
            return Task.CompletedTask;
        };
        await results._client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer(broker.Host, broker.Port).WithClientId("demo-home").Build(), cancellation);
        await results._client.SubscribeAsync(BoardTopics.Result(board), cancellationToken: cancellation);
        return results;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }

    private void Add((uint Session, uint Input) input)
    {
        lock (_lock)
            if (!_inputs.Add(input)) Duplicates++;
    }
}

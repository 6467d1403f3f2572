using System;
using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using MQTTnet;

namespace Crime.Gateway.Tests.Running;

/// <summary>Receives the results of all boards as JSON.</summary>
public sealed class JsonReader : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly ConcurrentQueue<JsonElement> _results = new();

    public int Count => _results.Count;

    public JsonElement[] Results => [.. _results];

    public static async Task<JsonReader> ConnectAsync(int port)
    {
        var reader = new JsonReader();
        reader._client.ApplicationMessageReceivedAsync += received =>
        {
            using JsonDocument json = JsonDocument.Parse(received.ApplicationMessage.Payload);
            reader._results.Enqueue(json.RootElement.Clone());
            return Task.CompletedTask;
        };
        await reader._client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId("home").Build());
        await reader._client.SubscribeAsync(BoardTopics.ResultFilter);
        return reader;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }
}

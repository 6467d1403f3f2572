using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using MQTTnet;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Results;

/// <summary>A program behind the gateway that reads the results of all boards.</summary>
internal sealed class ResultConsumer : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly ConcurrentQueue<ResultFrame> _results = new();

    /// <summary>Results so far, in their order.</summary>
    public IReadOnlyList<ResultFrame> Results => [.. _results];

    public static async Task<ResultConsumer> ConnectAsync(int port)
    {
        var consumer = new ResultConsumer();
        consumer._client.ApplicationMessageReceivedAsync += received =>
        {
            var result = new ResultFrame();
            Assert.That(result.Decode(received.ApplicationMessage.Payload.ToArray()), Is.EqualTo(FrameError.None));
            consumer._results.Enqueue(result);
            return Task.CompletedTask;
        };
        await consumer._client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId("consumer").Build());
        await consumer._client.SubscribeAsync(Topics.ResultFilter, MqttQualityOfServiceLevel.AtLeastOnce);
        return consumer;
    }

    /// <summary>Waits until a number of inputs have results.</summary>
    public Task UntilAsync(int inputs) =>
        Deadline.UntilAsync(() => _results.Select(result => result.Input).Distinct().Count() >= inputs, $"results of {inputs} inputs");

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }
}

using System.Diagnostics;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Server;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>The listener of the embedded broker, with a real MQTT server and real clients.</summary>
public sealed class BrokerListenerTests
{
    private const int ClientCount = 50;
    private const int PollMs = 20;

    [Test]
    public async Task NothingIsKeptOfAClientThatHasLeft()
    {
        int port = Ports.Free();
        var connections = new BrokerConnections();
        using var listener = new BrokerListener(
            new BrokerOptions(BrokerMode.Embedded, "127.0.0.1", port, "", ""), connections, new ConnectionLimits(), NullLogger<EmbeddedBroker>.Instance);
        using var server = new MqttServer(new MqttServerOptions(), [listener], MqttNetNullLogger.Instance);
        await server.StartAsync();
        int countWhileConnected = 0;
        for (int i = 0; i < ClientCount; i++)
        {
            using IMqttClient client = new MqttClientFactory().CreateMqttClient();
            await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId($"client-{i}").Build());
            countWhileConnected += connections.Find($"client-{i}") == null ? 0 : 1;
            // Every second client disappears without DISCONNECT.
            if (i % 2 == 0) await client.DisconnectAsync();
        }
        Assert.That(countWhileConnected, Is.EqualTo(ClientCount));
        for (var waited = Stopwatch.StartNew(); connections.Count > 0 && waited.ElapsedMilliseconds < Deadline.Ms;) await Task.Delay(PollMs);
        Assert.That(connections.Count, Is.Zero);
        await server.StopAsync();
    }
}

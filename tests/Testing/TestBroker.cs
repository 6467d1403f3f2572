using System;
using System.Net;
using System.Threading.Tasks;
using MQTTnet.Server;

namespace Crime.Testing;

/// <summary>An MQTT broker in the test's process, on the loopback address.</summary>
public sealed class TestBroker : IAsyncDisposable
{
    private TestBroker(MqttServer server, int port)
    {
        Server = server;
        Port = port;
    }

    /// <summary>Its TCP port.</summary>
    public int Port { get; }

    /// <summary>The broker itself, for its events.</summary>
    public MqttServer Server { get; }

    /// <summary>Starts a broker.</summary>
    /// <param name="port">Its TCP port; 0 takes a free one.</param>
    public static async Task<TestBroker> StartAsync(int port = 0)
    {
        if (port == 0) port = Ports.Free();
        MqttServer server = new MqttServerFactory().CreateMqttServer(
            new MqttServerOptionsBuilder().WithDefaultEndpoint().WithDefaultEndpointPort(port).WithDefaultEndpointBoundIPAddress(IPAddress.Loopback).Build());
        await server.StartAsync();
        return new TestBroker(server, port);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Server.IsStarted) await Server.StopAsync(new MqttServerStopOptions());
        Server.Dispose();
    }
}

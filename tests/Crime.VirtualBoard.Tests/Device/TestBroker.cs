using System;
using System.Net;
using System.Threading.Tasks;
using Crime.Gateway.Tests.Running;
using MQTTnet.Server;

namespace Crime.VirtualBoard.Tests.Device;

/// <summary>A real broker on a free port.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly MqttServer _server;

    private TestBroker(MqttServer server, int port)
    {
        _server = server;
        Port = port;
    }

    public int Port { get; }

    public MqttServer Server => _server;

    public static async Task<TestBroker> StartAsync(int port = 0)
    {
        if (port == 0) port = Ports.Free();
        MqttServer server = new MqttServerFactory().CreateMqttServer(
            new MqttServerOptionsBuilder().WithDefaultEndpoint().WithDefaultEndpointPort(port).WithDefaultEndpointBoundIPAddress(IPAddress.Loopback).Build());
        await server.StartAsync();
        return new TestBroker(server, port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsStarted) await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
    }
}

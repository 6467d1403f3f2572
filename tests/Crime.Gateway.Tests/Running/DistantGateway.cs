using System;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;

namespace Crime.Gateway.Tests.Running;

/// <summary>A gateway with a broker of its own, as a program, at the end of a way that takes its time.</summary>
internal sealed class DistantGateway : IAsyncDisposable
{
    private readonly GatewayProcess _process;
    private readonly DelayingProxy _way;

    private DistantGateway(string id, GatewayProcess process, DelayingProxy way)
    {
        _process = process;
        _way = way;
        AsUpstream = new UpstreamOptions(id, new BrokerAddress("127.0.0.1", way.Port, "", ""));
    }

    /// <summary>How a gateway is told that it may pass requests on to this one.</summary>
    public UpstreamOptions AsUpstream { get; }

    /// <summary>Starts it and waits until it is healthy.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="modelsFolder">Its models.</param>
    /// <param name="delayMs">How long a message takes either way.</param>
    public static async Task<DistantGateway> StartAsync(string id, string modelsFolder, int delayMs)
    {
        int brokerPort = Ports.Free(), httpPort = Ports.Free();
        GatewayProcess process = GatewayProcess.Start(
            $"--Broker:Port={brokerPort}", "--Broker:Host=127.0.0.1", $"--Http:Port={httpPort}", $"--Models:Folder={modelsFolder}", $"--Node:Id={id}",
            "--Status:HeartbeatMs=300", "--Status:MinIntervalMs=20");
        await GatewayHttp.UntilHealthyAsync(httpPort);
        return new DistantGateway(id, process, DelayingProxy.Start(brokerPort, delayMs));
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits until the program has ended.</summary>
    public Task EndAsync() => _process.EndAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _way.DisposeAsync();
        await _process.DisposeAsync();
    }
}

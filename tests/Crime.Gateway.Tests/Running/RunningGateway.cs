using System;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Models;
using Crime.Gateway.Timing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Crime.Gateway.Tests.Running;

/// <summary>A gateway in this process, on free ports.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    public const string Id = "gateway";
    public const int MinIntervalMs = 10;

    private readonly WebApplication _app;

    private RunningGateway(WebApplication app, GatewayOptions options)
    {
        _app = app;
        BrokerPort = options.Broker.Port;
        HttpPort = options.HttpPort;
    }

    public int BrokerPort { get; }

    public int HttpPort { get; }

    /// <summary>The gateway's clock.</summary>
    public long NowUs => TimeProvider.System.NowUs();

    public static GatewayOptions Options(string modelsFolder, int queueCapacity = 256, int workerCount = 1) => new(
        new BrokerOptions(BrokerMode.Embedded, "127.0.0.1", Ports.Free(), "", ""), Ports.Free(), modelsFolder, Id,
        queueCapacity, workerCount, new StatusOptions(HeartbeatMs: 200, MinIntervalMs));

    /// <summary>Options of a gateway at a broker.</summary>
    /// <param name="modelsFolder">Folder of the models.</param>
    /// <param name="broker">The broker; null for the gateway's own.</param>
    public static GatewayOptions Options(string modelsFolder, TestBroker? broker)
    {
        GatewayOptions options = Options(modelsFolder);
        return broker == null ? options : options with { Broker = new BrokerOptions(BrokerMode.External, "127.0.0.1", broker.Port, "", "") };
    }

    /// <summary>Starts a gateway and waits until it is connected.</summary>
    public static async Task<RunningGateway> StartAsync(GatewayOptions options)
    {
        RunningGateway gateway = await StartUnconnectedAsync(options);
        await GatewayHttp.UntilHealthyAsync(options.HttpPort);
        return gateway;
    }

    public static async Task<RunningGateway> StartUnconnectedAsync(GatewayOptions options)
    {
        WebApplication app = GatewayHost.Build(options, Quiet());
        await GatewayHost.StartAsync(app, options.HttpPort);
        return new RunningGateway(app, options);
    }

    public T Part<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Makes it believe that a model costs it much, as it would on a small box, and waits until the engine of its relay knows.</summary>
    /// <param name="modelId">The model.</param>
    /// <param name="length">A length in timesteps.</param>
    /// <param name="costUs">What an input of this length is to cost at least, in µs.</param>
    public async Task SlowDownAsync(uint modelId, int length, int costUs)
    {
        const int step = 50;
        ServiceCost cost = Part<ModelRegistry>().ById(modelId)!.Cost;
        while (cost.Line.At(length) < costUs)
            for (int i = 1; i <= length; i += step) cost.Observe(i, 2.0 * i * costUs / length);
        GatewayCore core = Part<GatewayCore>();
        await Deadline.UntilAsync(() => core.EngineOf(modelId)?.Mapping.LocalTime is { } line && line.At(length) >= costUs, "an engine that knows the cost");
    }

    public Task<long> CounterAsync(string name) => GatewayHttp.CounterAsync(HttpPort, name);

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static IConfigurationSection Quiet() => new ConfigurationBuilder()
        .AddInMemoryCollection([new("Logging:LogLevel:Default", "None")]).Build().GetSection("Logging");
}

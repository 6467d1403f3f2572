// What the gateway is made of.

using System;
using System.IO;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Http;
using Crime.Gateway.Metrics;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;
using Crime.Gateway.Upstream;
using Crime.Gateway.Watchdog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Crime.Gateway;

/// <summary>Puts the gateway together.</summary>
public static class GatewayHost
{
    // What a stop takes besides finishing the requests that wait.
    private const int ShutdownTimeoutMs = 10_000;
    private const int MaxHttpConnections = 256;
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    /// <summary>Makes a gateway that does not run yet.</summary>
    /// <param name="options">What it was told.</param>
    /// <param name="logging">The section "Logging" of its configuration.</param>
    public static WebApplication Build(GatewayOptions options, IConfiguration logging)
    {
        // The empty builder: no ASPNETCORE_URLS or other setting takes part that --help does not know.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        AddLogging(builder.Logging, logging, options.LogFormat);
        AddHttp(builder, options.HttpPort);
        AddServing(builder.Services, options);
        builder.Services.AddSystemd();
        builder.Services.Configure<HostOptions>(
            host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(options.DrainMs + ShutdownTimeoutMs));

        WebApplication app = builder.Build();
        ModelEndpoints.Map(app, app.Services.GetRequiredService<ModelRegistry>());
        app.Services.GetRequiredService<HealthEndpoint>().Map(app);
        MetricsEndpoint.Map(app);
        ModelEndpoints.MapNothingElse(app);
        return app;
    }

    /// <summary>Starts a gateway.</summary>
    /// <exception cref="StartupException">A port cannot be had.</exception>
    public static async Task StartAsync(WebApplication app, int httpPort)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception e) when (e is IOException { InnerException: AddressInUseException } or SocketException)
        {
            string reason = e is SocketException ? e.Message : "the port is in use";
            throw new StartupException($"HTTP cannot listen on port {httpPort}: {reason} (choose with --{Settings.HttpPort.Name})", e);
        }
    }

    private static void AddLogging(ILoggingBuilder builder, IConfiguration logging, LogFormat format)
    {
        builder.AddConfiguration(logging);
        // A failed start is reported by the program, in one line.
        builder.AddFilter(HostCategory, LogLevel.None);
        if (format == LogFormat.Json) builder.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));
        else if (SystemdHelpers.IsSystemdService()) builder.AddSystemdConsole();
        else builder.AddSimpleConsole(console => (console.SingleLine, console.ColorBehavior) = (true, LoggerColorBehavior.Disabled));
    }

    private static void AddHttp(WebApplicationBuilder builder, int port)
    {
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxHttpConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.ListenAnyIP(port, listen => listen.Protocols = HttpProtocols.Http1);
        });
    }

    private static void AddServing(IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<GatewayCounters>();
        services.AddSingleton<GatewayGroup>();
        services.AddSingleton(new ModelRegistry([]));
        services.AddSingleton(provider => new ModelLibrary(
            options.ModelsFolder, provider.GetRequiredService<ModelRegistry>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ModelLibrary>>()));
        services.AddSingleton<ModelWatcher>();
        services.AddSingleton(new RequestQueue(options.QueueCapacity));
        services.AddSingleton(provider =>
            new LoadMeter(provider.GetRequiredService<RequestQueue>(), options.WorkerCount,
                provider.GetRequiredService<GatewayGroup>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Outbox>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<StatusPublisher>();
        services.AddSingleton<RelayEngines>();
        services.AddSingleton<RequestRelay>();
        services.AddSingleton<RequestReceiver>();
        services.AddSingleton<TelemetryReceiver>();
        services.AddSingleton<WorkerPool>();
        services.AddSingleton<HealthEndpoint>();
        AddBroker(services, options.Broker);
        services.AddSingleton<MqttLink>();
        services.AddHostedService<GatewayService>();
        services.AddSingleton(provider => new LifeSigns(
            options.Watchdog, provider.GetRequiredService<RequestQueue>(), provider.GetRequiredService<GatewayCounters>(),
            () => provider.GetRequiredService<MqttLink>().IsConnected, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<WatchdogFeeder>();
        MetricsEndpoint.Add(services, options);
    }

    private static void AddBroker(IServiceCollection services, BrokerOptions broker)
    {
        if (broker.Mode == BrokerMode.External)
        {
            services.AddSingleton(new BrokerAddress(broker.Host, broker.Port, broker.Username, broker.Password));
            return;
        }
        services.AddSingleton<EmbeddedBroker>();
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedBroker>().Address);
    }
}

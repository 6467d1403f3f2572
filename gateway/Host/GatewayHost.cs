// What the gateway is made of.

using System;
using System.IO;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Crime.Gateway.Access;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Core.Results;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Http;
using Crime.Gateway.Metrics;
using Crime.Gateway.Models;
using Crime.Gateway.Observation;
using Crime.Gateway.Serving;
using Crime.Gateway.Signals;
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
    /// <param name="options">Its settings.</param>
    /// <param name="logging">The section "Logging" of its configuration.</param>
    /// <param name="replace">Replaces services, for a program that measures the gateway; null for the gateway as it is.</param>
    public static WebApplication Build(GatewayOptions options, IConfiguration logging, Action<IServiceCollection>? replace = null)
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
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        ModelEndpoints.Map(app, app.Services.GetRequiredService<ModelRegistry>());
        app.Services.GetRequiredService<ModelUpload>().Map(app);
        BoardsEndpoint.Map(app, app.Services.GetRequiredService<BoardList>(), app.Services.GetRequiredService<ModelRegistry>());
        app.Services.GetRequiredService<BoardSettingsEndpoint>().Map(app);
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
        services.AddSingleton(new ModelRegistry([]));
        services.AddSingleton<IServedModels>(provider => provider.GetRequiredService<ModelRegistry>());
        services.AddSingleton(provider => new ModelLibrary(
            options.ModelsFolder, provider.GetRequiredService<ModelRegistry>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ModelLibrary>>()));
        services.AddSingleton<ModelWatcher>();
        services.AddSingleton<ModelsPublisher>();
        services.AddSingleton<ModelUpload>();
        services.AddSingleton<BoardList>();
        services.AddSingleton(new DriverSignals(options.WorkerCount));
        services.AddSingleton<UpstreamRoutes>();
        services.AddSingleton(provider => SettingsOf(options, provider.GetRequiredService<UpstreamRoutes>()));
        services.AddSingleton<Outbox>();
        services.AddSingleton<RequestPool>();
        services.AddSingleton<IGatewayActions, CoreActions>();
        services.AddSingleton<ResultStore>();
        services.AddSingleton<ResultActions>();
        services.AddSingleton<IResultSender>(provider => provider.GetRequiredService<ResultActions>());
        services.AddSingleton<IResultActions>(provider => provider.GetRequiredService<ResultActions>());
        services.AddSingleton<GatewayCore>();
        services.AddSingleton<IRequestHandler, RequestReceiver>();
        services.AddSingleton<TelemetryReceiver>();
        services.AddSingleton<ResultReporter>();
        services.AddSingleton<IInbox, Inbox>();
        services.AddSingleton<MessageEnds>();
        AddBroker(services, options);
        services.AddSingleton<MqttLink>();
        services.AddSingleton<StatusClock>();
        services.AddSingleton<RelayClock>();
        services.AddSingleton<PartialAnswers>();
        services.AddSingleton<WorkerPool>();
        services.AddSingleton<GatewayState>();
        services.AddSingleton<GatewayPulse>();
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<BoardSettingsSender>();
        services.AddSingleton<BoardSettingsEndpoint>();
        services.AddSingleton<UploadRight>();
        services.AddHostedService<GatewayService>();
        services.AddHostedService<WatchdogFeeder>();
        MetricsEndpoint.Add(services, options);
    }

    private static GatewaySettings SettingsOf(GatewayOptions options, UpstreamRoutes routes) => new()
    {
        NodeId = options.NodeId,
        GroupId = options.GroupId,
        QueueCapacity = options.QueueCapacity,
        WorkerCount = options.WorkerCount,
        MinIntervalMs = options.Status.MinIntervalMs,
        HeartbeatMs = options.Status.HeartbeatMs,
        HttpPort = options.HttpPort,
        Session = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))),
        Upstreams = routes.Upstreams,
    };

    private static void AddBroker(IServiceCollection services, GatewayOptions options)
    {
        BrokerOptions broker = options.Broker;
        if (broker.Mode == BrokerMode.External)
        {
            services.AddSingleton(new BrokerAddress(broker.Host, broker.Port, broker.Username, broker.Password));
            if (options.GroupId.Length == 0) services.AddSingleton<RegimeWill>();
            return;
        }
        services.AddSingleton<BrokerConnections>();
        services.AddSingleton(ConnectionLimits.OfThisProcess());
        services.AddSingleton<EnrolledClients>();
        services.AddSingleton<BrokerDoor>();
        services.AddSingleton<BrokerShortcut>();
        services.AddSingleton<IDirectPath>(provider => provider.GetRequiredService<BrokerShortcut>());
        services.AddSingleton<EmbeddedBroker>();
        services.AddSingleton(provider => provider.GetRequiredService<EmbeddedBroker>().Address);
    }
}

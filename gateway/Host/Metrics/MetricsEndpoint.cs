// /metrics: OpenTelemetry collects, its Prometheus exporter writes the text.

using Crime.Gateway.Configuration;
using Crime.Gateway.Counting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Crime.Gateway.Metrics;

/// <summary><c>/metrics</c> in the format of Prometheus.</summary>
public static class MetricsEndpoint
{
    private const string ServiceName = "crime-gateway";

    // Memory, garbage collection and threads, as .NET itself measures them.
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Adds what collects.</summary>
    public static void Add(IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton<GatewayMetrics>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceInstanceId: options.NodeId))
            .WithMetrics(metrics => metrics.AddMeter(GatewayCounters.MeterName, RuntimeMeter).AddPrometheusExporter());
    }

    /// <summary>Adds the endpoint.</summary>
    public static void Map(WebApplication app)
    {
        // Its instruments come into being with it.
        app.Services.GetRequiredService<GatewayMetrics>();
        app.MapPrometheusScrapingEndpoint();
    }
}

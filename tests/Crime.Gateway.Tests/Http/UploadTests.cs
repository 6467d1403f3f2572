using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Threading.Tasks;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

/// <summary>A gateway that is a process of its own, with a model and an upload token.</summary>
public abstract class UploadTests
{
    /// <summary>The token of the gateway.</summary>
    protected const string Token = "a-long-token-of-the-test";

    private static readonly HttpClient s_http = new();

    internal GatewayProcess Gateway { get; private set; } = null!;

    internal ModelFolder Models { get; private set; } = null!;

    protected int Port { get; private set; }

    protected int BrokerPort { get; private set; }

    [SetUp]
    public async Task StartAsync()
    {
        Models = new ModelFolder(("features.crime", TestModels.Features));
        (Port, BrokerPort) = (Ports.Free(), Ports.Free());
        Gateway = GatewayProcess.Start(
            new Dictionary<string, string> { ["CRIME_Models__UploadToken"] = Token },
            $"--Broker:Port={BrokerPort}", $"--Http:Port={Port}", $"--Models:Folder={Models.Path}", "--Node:Id=gateway");
        await GatewayHttp.UntilHealthyAsync(Port);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Gateway.DisposeAsync();
        Models.Dispose();
    }

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">Its token; null for none.</param>
    /// <param name="isElsewhere">True for one that a proxy on the gateway's machine has forwarded.</param>
    protected static async Task<(HttpStatusCode Code, string Text)> SendAsync(HttpRequestMessage request, string? token, bool isElsewhere)
    {
        if (token != null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        if (isElsewhere) request.Headers.TryAddWithoutValidation("X-Forwarded-For", "192.0.2.1");
        using HttpResponseMessage answer = await s_http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}

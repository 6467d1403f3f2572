using System;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;

namespace Crime.Testing;

/// <summary>HTTP requests to a gateway on this machine.</summary>
public static class GatewayHttp
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromMilliseconds(Deadline.Ms) };

    /// <summary>Returns the URL of a page.</summary>
    /// <param name="port">The gateway's HTTP port.</param>
    /// <param name="path">Path of the page, from the first slash.</param>
    public static string Address(int port, string path) => $"http://127.0.0.1:{port}{path}";

    /// <summary>Sends a request.</summary>
    /// <param name="port">The gateway's HTTP port.</param>
    /// <param name="path">Path of the page, from the first slash.</param>
    /// <param name="method">GET where it is null.</param>
    /// <param name="ifNoneMatch">The header If-None-Match, or null.</param>
    public static Task<HttpResponseMessage> SendAsync(int port, string path, HttpMethod? method = null, string? ifNoneMatch = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, Address(port, path));
        if (ifNoneMatch != null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return s_http.SendAsync(request);
    }

    /// <summary>Returns the JSON document of /healthz.</summary>
    /// <param name="port">The gateway's HTTP port.</param>
    public static async Task<JsonElement> HealthAsync(int port)
    {
        using HttpResponseMessage answer = await SendAsync(port, "/healthz");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    /// <summary>Returns a counter of /healthz.</summary>
    /// <param name="port">The gateway's HTTP port.</param>
    /// <param name="name">Name of the counter.</param>
    public static async Task<long> CounterAsync(int port, string name) => (await HealthAsync(port)).GetProperty(name).GetInt64();

    /// <summary>Waits until the gateway answers and is healthy.</summary>
    /// <param name="port">The gateway's HTTP port.</param>
    public static Task UntilHealthyAsync(int port) => Deadline.UntilAsync(
        async () =>
        {
            try
            {
                using HttpResponseMessage answer = await SendAsync(port, "/healthz");
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        "a healthy gateway");
}

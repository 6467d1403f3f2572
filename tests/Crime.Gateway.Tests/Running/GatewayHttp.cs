using System;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;

namespace Crime.Gateway.Tests.Running;

/// <summary>Asks a gateway over HTTP.</summary>
internal static class GatewayHttp
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public static string Address(int port, string path) => $"http://127.0.0.1:{port}{path}";

    public static Task<HttpResponseMessage> SendAsync(int port, string path, HttpMethod? method = null, string? ifNoneMatch = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, Address(port, path));
        if (ifNoneMatch != null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return s_http.SendAsync(request);
    }

    public static async Task<JsonElement> HealthAsync(int port)
    {
        using HttpResponseMessage answer = await SendAsync(port, "/healthz");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    public static async Task<long> CounterAsync(int port, string name) => (await HealthAsync(port)).GetProperty(name).GetInt64();

    /// <summary>Waits until the gateway answers and is healthy.</summary>
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

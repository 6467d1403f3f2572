// Inputs are recorded in the format of the model that a board will run, and that model lies at the gateway.

using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;

namespace Crime.Cli.Boards;

/// <summary>Asks the gateway for a board's model.</summary>
internal static class GatewayModel
{
    /// <summary>Name of the model that comes with this program.</summary>
    public const string BundledName = "gestures";

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(5), MaxResponseContentBufferSize = ModelFormat.MaxFileSize };

    /// <summary>File of the model that comes with this program.</summary>
    public static string BundledPath => Path.Combine(AppContext.BaseDirectory, "models", BundledName + ".crime");

    /// <summary>
    /// Downloads the model as the board will. While no gateway answers the bundled model stands in under its name, so that
    /// a board can be started first.
    /// </summary>
    /// <exception cref="UserInputException">There is no such model.</exception>
    public static async Task<ModelFile> FetchAsync(BoardSetup setup, CancellationToken cancellation)
    {
        string url = $"http://{setup.HttpHost}:{setup.HttpPort}/models/{setup.ModelName}.crime";
        try
        {
            using HttpResponseMessage answer = await s_http.GetAsync(url, cancellation);
            if (answer.StatusCode == HttpStatusCode.NotFound) throw new UserInputException($"{url}: the gateway has no such model");
            return ModelLoading.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellation), url);
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            if (setup.ModelName == BundledName) return ModelLoading.Load(BundledPath);
            throw new UserInputException($"{url}: no answer: {e.Message} (start the gateway first, or give the board no inputs with --idle)", e);
        }
    }
}

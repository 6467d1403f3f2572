// The HTTP interface of a gateway, as 'crime publish' and 'crime board set' use it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling;

namespace Crime.Cli.Publishing;

/// <summary>The gateway's answer to an upload.</summary>
/// <param name="Name">Name of the model at the gateway.</param>
/// <param name="Id">Identity of the trained weights.</param>
/// <param name="ImageChecksum">Checksum of the image that boards download.</param>
/// <param name="ImageSize">Size of that image in bytes.</param>
/// <param name="PreviousChecksum">Checksum of the image before; null when the name is new.</param>
internal sealed record Published(string Name, string Id, string ImageChecksum, int ImageSize, string? PreviousChecksum);

/// <summary>A board as the gateway lists it.</summary>
/// <param name="Board">Its name.</param>
/// <param name="Online">False after its last will.</param>
/// <param name="ImageChecksum">Checksum of the image that it runs; null where it is not known.</param>
internal sealed record BoardState(string Board, bool Online, string? ImageChecksum);

/// <summary>Settings that the gateway has sent to a board.</summary>
/// <param name="Hash">Number that names them in the board's answer.</param>
/// <param name="Settings">The settings, each as key=value.</param>
/// <param name="Answer">The board's answer; null while there is none.</param>
internal sealed record SentSettingsState(string Hash, string[] Settings, string? Answer);

/// <summary>Uploads to one gateway.</summary>
internal sealed class GatewayUpload : IDisposable
{
    private const int MaxAnswerSize = 1024 * 1024;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly Uri _gateway;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2), MaxResponseContentBufferSize = MaxAnswerSize };

    /// <summary>Prepares uploads.</summary>
    /// <param name="gateway">Address of the gateway's HTTP interface.</param>
    /// <param name="token">The upload token; null without one.</param>
    /// <exception cref="UserInputException">The token cannot stand in a header.</exception>
    public GatewayUpload(Uri gateway, string? token)
    {
        _gateway = gateway;
        if (token == null) return;
        if (!AuthenticationHeaderValue.TryParse("Bearer " + token, out AuthenticationHeaderValue? header))
            throw new UserInputException("the token cannot be sent in a header");
        _http.DefaultRequestHeaders.Authorization = header;
    }

    /// <summary>Uploads a model.</summary>
    /// <param name="name">Its name at the gateway.</param>
    /// <param name="file">Its file.</param>
    /// <param name="cancellation">Ends the upload.</param>
    /// <exception cref="UserInputException">The gateway refuses it, or cannot be reached.</exception>
    public async Task<Published> PutAsync(string name, byte[] file, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(_gateway, $"/models/{name}.crime")) { Content = new ByteArrayContent(file) };
        // A refusal arrives before the file is sent.
        request.Headers.ExpectContinue = true;
        string text = await SendAsync(request, cancellation);
        return Read<Published>(text);
    }

    /// <summary>Returns the boards that the gateway knows.</summary>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="UserInputException">The gateway does not list boards, or cannot be reached.</exception>
    public async Task<IReadOnlyList<BoardState>> BoardsAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_gateway, "/boards"));
        return Read<BoardState[]>(await SendAsync(request, cancellation));
    }

    /// <summary>Sends settings to a board.</summary>
    /// <param name="board">Its id.</param>
    /// <param name="lines">The settings, a line each.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="UserInputException">The gateway refuses them, or cannot be reached.</exception>
    public async Task<SentSettingsState> SendSettingsAsync(string board, string lines, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, SettingsOf(board)) { Content = new StringContent(lines) };
        return Read<SentSettingsState>(await SendAsync(request, cancellation));
    }

    /// <summary>Returns the last settings for a board.</summary>
    /// <param name="board">Its id.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="UserInputException">The gateway has sent none, or cannot be reached.</exception>
    public async Task<SentSettingsState> SettingsAsync(string board, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, SettingsOf(board));
        return Read<SentSettingsState>(await SendAsync(request, cancellation));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Uri SettingsOf(string board) => new(_gateway, $"/boards/{board}/settings");

    private async Task<string> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, cancellation);
            string text = await answer.Content.ReadAsStringAsync(cancellation);
            if (answer.IsSuccessStatusCode) return text;
            throw new UserInputException($"{_gateway.Authority} refuses it: {(text.Length > 0 ? text.Trim() : answer.ReasonPhrase)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new UserInputException($"the gateway at {_gateway.Authority} cannot be reached: {e.GetBaseException().Message}", e);
        }
    }

    private T Read<T>(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, s_json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new UserInputException($"{_gateway.Authority} is no gateway of this project: its answer cannot be read", e);
        }
    }
}

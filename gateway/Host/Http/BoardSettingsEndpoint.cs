// Settings for boards. The gateway checks the form of the lines. The board knows its keys, so it checks those, and the values.

using System.IO;
using System.Text;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Http;

/// <summary>Settings that were sent to a board.</summary>
/// <param name="Board">Its id.</param>
/// <param name="Hash">Number that names the text in the board's answer.</param>
/// <param name="Settings">The settings, each as key=value.</param>
/// <param name="SentUtc">Time at which they were sent.</param>
/// <param name="Answer">The board's answer: "ok" or "refused", the hash, and the reason; null while there is none.</param>
public sealed record SentBoardSettings(string Board, string Hash, string[] Settings, string SentUtc, string? Answer);

/// <summary><c>/boards/{board}/settings</c>.</summary>
public sealed class BoardSettingsEndpoint
{
    // Beyond the largest text, so that the reason of the refusal is its size.
    private const int MaxBodySize = 16 * SettingsText.MaxSize;

    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    private readonly UploadRight _right;
    private readonly BoardSettingsSender _settings;
    private readonly ILogger<BoardSettingsEndpoint> _log;

    /// <summary>Makes the endpoint.</summary>
    /// <param name="right">Checks who sends settings.</param>
    /// <param name="settings">Sends them.</param>
    /// <param name="log">Receives a line about each text.</param>
    public BoardSettingsEndpoint(UploadRight right, BoardSettingsSender settings, ILogger<BoardSettingsEndpoint> log)
    {
        _right = right;
        _settings = settings;
        _log = log;
    }

    /// <summary>Adds the endpoint.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        const string path = "/boards/{board}/settings";
        endpoints.MapMethods(path, s_readMethods, (string board) => Read(board));
        endpoints.MapPut(path, (HttpContext context, string board) => SendAsync(context, board, joins: false));
        endpoints.MapPatch(path, (HttpContext context, string board) => SendAsync(context, board, joins: true));
    }

    private IResult Read(string board) =>
        _settings.Find(board) is { } text ? JsonAnswer.Of(Describe(board, text)) : JsonAnswer.NotFound("no settings were sent to that board since the start");

    private async Task<IResult> SendAsync(HttpContext context, string board, bool joins)
    {
        // The body of a refused request is read to its end: the connection stays.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodySize;
        if (_right.Denial(context.Request) is { } denial) return denial;
        if (!Topics.IsNodeId(board))
            return Refuse(StatusCodes.Status400BadRequest, $"a board's id is 1 to {Topics.MaxNodeIdLength} of a-z, A-Z, 0-9, '-', '_' and '.'");
        if (context.Request.ContentLength is not { } length) return Refuse(StatusCodes.Status411LengthRequired, "the request does not say how many bytes it has");
        if (length > SettingsText.MaxSize)
            return Refuse(StatusCodes.Status413PayloadTooLarge, $"settings have at most {SettingsText.MaxSize} bytes; these have {length}");
        var bytes = new byte[length];
        try
        {
            await context.Request.Body.ReadExactlyAsync(bytes, context.RequestAborted);
        }
        catch (System.Exception e) when (e is IOException or BadHttpRequestException)
        {
            return Refuse(StatusCodes.Status400BadRequest, "the request ended early");
        }
        string lines = Encoding.UTF8.GetString(bytes);
        if (SettingsText.Problem(lines, true) is { } wrong) return Refuse(StatusCodes.Status422UnprocessableEntity, wrong);
        if (!_settings.IsConnected) return Refuse(StatusCodes.Status503ServiceUnavailable, "the gateway is not connected to its broker");
        if (_settings.Send(board, lines, joins, out string? problem) is not { } text) return Refuse(StatusCodes.Status413PayloadTooLarge, problem!);
        _log.SettingsSent(board, context.Connection.RemoteIpAddress?.ToString() ?? "?", text.Hash);
        return JsonAnswer.Of(Describe(board, text));
    }

    private static IResult Refuse(int status, string reason) => UploadRight.Refuse(status, reason);

    private static SentBoardSettings Describe(string board, SentText text) =>
        new(board, text.Hash, text.Lines.Split('\n', System.StringSplitOptions.RemoveEmptyEntries), text.SentAt.UtcDateTime.ToString("O"), text.Answer);
}

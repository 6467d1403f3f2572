// Upload of models. Foreign bytes become the weights that every board computes with, so the right to upload is checked first, and the file as a
// whole before it replaces another one.

using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Models;
using Crime.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Http;

/// <summary>A model that was uploaded and is served.</summary>
/// <param name="Name">Name in the download's address.</param>
/// <param name="Id">Identity of the trained weights, eight hexadecimal digits.</param>
/// <param name="ImageChecksum">CRC-32 of the board's image, eight hexadecimal digits.</param>
/// <param name="ImageSize">Size of the board's image in bytes.</param>
/// <param name="PreviousChecksum">CRC-32 of the image that the name had before; null when it had none.</param>
public sealed record UploadedModel(string Name, string Id, string ImageChecksum, int ImageSize, string? PreviousChecksum);

/// <summary><c>PUT /models/{name}.crime</c>.</summary>
public sealed class ModelUpload : IDisposable
{
    /// <summary>Largest body in bytes that is read: 1 MiB beyond the largest model, so that the reason of the refusal is the model's size.</summary>
    public const int MaxBodySize = ModelFormat.MaxFileSize + 1024 * 1024;

    private readonly UploadRight _right;
    private readonly ModelRegistry _models;
    private readonly ModelWatcher _watcher;
    private readonly ILogger<ModelUpload> _log;
    // A body takes memory.
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Makes the endpoint.</summary>
    /// <param name="right">Checks who uploads.</param>
    /// <param name="models">The served models.</param>
    /// <param name="watcher">Stores an upload.</param>
    /// <param name="log">Receives a line about each stored model.</param>
    public ModelUpload(UploadRight right, ModelRegistry models, ModelWatcher watcher, ILogger<ModelUpload> log)
    {
        _right = right;
        _models = models;
        _watcher = watcher;
        _log = log;
    }

    /// <summary>Adds the endpoint.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPut("/models/{name}.crime", (HttpContext context, string name) => PutAsync(context, name));

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<IResult> PutAsync(HttpContext context, string name)
    {
        HttpRequest request = context.Request;
        if (_right.Denial(request) is { } denial) return denial;
        // The name becomes a file name. A point in front is for files that are being written.
        if (!Topics.IsNodeId(name) || name[0] == '.')
            return Refuse(StatusCodes.Status400BadRequest, $"a model's name is 1 to {Topics.MaxNodeIdLength} of a-z, A-Z, 0-9, '-', '_' and '.', and begins with no '.'");
        if (request.ContentLength is not { } length) return Refuse(StatusCodes.Status411LengthRequired, "the upload does not say how many bytes it has");
        if (length > ModelFormat.MaxFileSize)
            return Refuse(StatusCodes.Status413PayloadTooLarge, $"a model has at most {ModelFormat.MaxFileSize} bytes; this one has {length}");
        if (!await _one.WaitAsync(0)) return Refuse(StatusCodes.Status503ServiceUnavailable, "another upload is under way");
        try
        {
            return await StoreAsync(context, name, (int)length);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<IResult> StoreAsync(HttpContext context, string name, int length)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodySize;
        var file = new byte[length];
        try
        {
            await context.Request.Body.ReadExactlyAsync(file, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or BadHttpRequestException)
        {
            return Refuse(StatusCodes.Status400BadRequest, "the upload ended early");
        }
        string? previous = _models.ByName(name) is { Image: not null } before ? ModelEndpoints.Hex(before.ImageChecksum) : null;
        (string? reason, bool isRefused) = await _watcher.StoreAsync(name, file, context.RequestAborted);
        if (reason != null) return Refuse(isRefused ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status507InsufficientStorage, reason);
        if (_models.ByName(name) is not { Image: not null } model)
            return Refuse(StatusCodes.Status500InternalServerError, "the model is stored, and is not served");
        _log.ModelUploaded(name, context.Connection.RemoteIpAddress?.ToString() ?? "?", ModelEndpoints.Hex(model.Id));
        return JsonAnswer.Of(new UploadedModel(name, ModelEndpoints.Hex(model.Id), ModelEndpoints.Hex(model.ImageChecksum), model.Image.Length, previous));
    }

    private static IResult Refuse(int status, string reason) => UploadRight.Refuse(status, reason);
}

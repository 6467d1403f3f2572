// Model download for boards. An answer has its length up front: a device parses chunks three times slower.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Crime.Gateway.Http;

/// <summary>A recurrent layer of a model in the list.</summary>
/// <param name="Kind">lstm, gru or rnn.</param>
/// <param name="Direction">forward, reverse or both.</param>
/// <param name="InputCount">Numbers per timestep that come in.</param>
/// <param name="HiddenCount">Hidden units per direction.</param>
public sealed record ListedLayer(string Kind, string Direction, int InputCount, int HiddenCount);

/// <summary>A model in the list.</summary>
/// <param name="Name">Name in the download's address.</param>
/// <param name="Id">Identity of the trained weights, eight hexadecimal digits.</param>
/// <param name="ImageChecksum">CRC-32 of the board's image, eight hexadecimal digits; null when boards cannot download it.</param>
/// <param name="ImageSize">Size of the board's image in bytes, 0 when boards cannot download it.</param>
/// <param name="Input">features or tokens.</param>
/// <param name="InputCount">Width of the first layer's input.</param>
/// <param name="HiddenCount">Hidden units of the last layer, per direction.</param>
/// <param name="Network">The layers in a few words.</param>
/// <param name="Layers">The layers, the one that sees the input first.</param>
/// <param name="ClassNames">The classes.</param>
/// <param name="AlphaNs">Cost of a timestep here, in ns.</param>
/// <param name="BetaUs">Cost of a request of length zero here, in µs.</param>
public sealed record ListedModel(
    string Name, string Id, string? ImageChecksum, int ImageSize, string Input, int InputCount, int HiddenCount,
    string Network, IReadOnlyList<ListedLayer> Layers, IReadOnlyList<string> ClassNames, int AlphaNs, int BetaUs);

/// <summary><c>/models</c> and <c>/models/{name}.crime</c>.</summary>
public static class ModelEndpoints
{
    private const string ImageType = "application/octet-stream";
    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    /// <summary>Adds the endpoints.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, ModelRegistry models)
    {
        endpoints.MapMethods("/models", s_readMethods, () => JsonAnswer.Of(models.Models.Select(Describe).ToArray()));
        endpoints.MapMethods("/models/{name}.crime", s_readMethods, (string name) => Download(models, name));
    }

    /// <summary>Answers what no endpoint is for.</summary>
    public static void MapNothingElse(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods("/{**path}", s_readMethods, () => JsonAnswer.NotFound("there is /models, /models/<name>.crime, /healthz and /metrics"))
            .WithOrder(int.MaxValue);

    /// <summary>A checksum as an ETag without its quotes.</summary>
    public static string Hex(uint checksum) => checksum.ToString("x8", CultureInfo.InvariantCulture);

    private static IResult Download(ModelRegistry models, string name)
    {
        // Looked up, never opened: the name of a request does not reach the file system.
        bool isName = ModelRegistry.IsDownloadName(name);
        GatewayModel? model = isName ? models.ByName(name) : null;
        if (model?.Image == null) return JsonAnswer.NotFound(isName ? $"no model '{name}' for boards here" : "no such model");
        return TypedResults.Bytes(model.Image, ImageType, entityTag: new EntityTagHeaderValue($"\"{Hex(model.ImageChecksum)}\""));
    }

    private static ListedModel Describe(GatewayModel model)
    {
        FloatModel weights = model.Weights;
        return new ListedModel(
            model.Name, Hex(model.Id), model.Image == null ? null : Hex(model.ImageChecksum), model.Image?.Length ?? 0,
            Word(weights.Input), weights.InputCount, weights.Layers[^1].HiddenCount,
            NetworkText.Of(weights.Input, weights.InputCount, weights.Layers), weights.Layers.Select(Describe).ToArray(),
            weights.ClassNames, model.Cost.Line.Alpha, model.Cost.Line.Beta);
    }

    private static ListedLayer Describe(LayerShape layer) =>
        new(Word(layer.Kind), Word(layer.Direction), layer.InputCount, layer.HiddenCount);

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();
}

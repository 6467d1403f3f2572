// Download of models and kernels for boards. An answer has its length up front: a device parses chunks three times slower.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
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
/// <param name="KernelChecksum">CRC-32 that ends the header of the kernel package, eight hexadecimal digits; null when the model has no kernel.</param>
/// <param name="KernelSize">Size of the kernel package in bytes, 0 when the model has no kernel.</param>
/// <param name="Input">features or tokens.</param>
/// <param name="InputCount">Width of the first layer's input.</param>
/// <param name="HiddenCount">Hidden units of the last layer, per direction.</param>
/// <param name="Network">The layers in a few words.</param>
/// <param name="Layers">The layers, the one that sees the input first.</param>
/// <param name="ClassNames">The classes.</param>
/// <param name="AlphaNs">Cost of a timestep here, in ns.</param>
/// <param name="BetaUs">Cost of a request of length zero here, in µs.</param>
public sealed record ListedModel(
    string Name, string Id, string? ImageChecksum, int ImageSize, string? KernelChecksum, int KernelSize, string Input, int InputCount,
    int HiddenCount, string Network, IReadOnlyList<ListedLayer> Layers, IReadOnlyList<string> ClassNames, int AlphaNs, int BetaUs);

/// <summary><c>/models</c>, <c>/models/{name}.crime</c> and <c>/models/{name}.kernel</c>.</summary>
public static class ModelEndpoints
{
    private const string BinaryType = "application/octet-stream";
    private static readonly string[] s_readMethods = ["GET", "HEAD"];

    /// <summary>Adds the endpoints.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, ModelRegistry models)
    {
        endpoints.MapMethods("/models", s_readMethods, () => ListAsync(models));
        endpoints.MapMethods("/models/{name}.crime", s_readMethods, (string name) => Image(models, name));
        endpoints.MapMethods("/models/{name}.kernel", s_readMethods, (string name) => KernelAsync(models, name));
    }

    /// <summary>Answers what no endpoint is for.</summary>
    public static void MapNothingElse(IEndpointRouteBuilder endpoints)
    {
        const string all = "there is /models, /models/<name>.crime, /models/<name>.kernel, /boards, /boards/<id>/settings, /healthz and /metrics";
        endpoints.MapMethods("/{**path}", s_readMethods, () => JsonAnswer.NotFound(all)).WithOrder(int.MaxValue);
    }

    /// <summary>A checksum as an ETag without its quotes.</summary>
    public static string Hex(uint checksum) => checksum.ToString("x8", CultureInfo.InvariantCulture);

    private static IResult Image(ModelRegistry models, string name) =>
        Find(models, name) is { } model ? Download(model.Image!, model.ImageChecksum) : NoModel(name);

    private static async Task<IResult> KernelAsync(ModelRegistry models, string name)
    {
        if (Find(models, name) is not { } model) return NoModel(name);
        BoardKernel kernel = await model.KernelAsync();
        return kernel.Package == null ? JsonAnswer.NotFound(kernel.MissingReason) : Download(kernel.Package, kernel.Checksum);
    }

    /// <summary>The model that boards can download under a name, or null.</summary>
    private static GatewayModel? Find(ModelRegistry models, string name)
    {
        // The name of a request never reaches the file system.
        GatewayModel? model = ModelRegistry.IsDownloadName(name) ? models.ByName(name) : null;
        return model?.Image == null ? null : model;
    }

    private static IResult NoModel(string name) =>
        JsonAnswer.NotFound(ModelRegistry.IsDownloadName(name) ? $"no model '{name}' for boards here" : "no such model");

    private static IResult Download(byte[] content, uint checksum) =>
        TypedResults.Bytes(content, BinaryType, entityTag: new EntityTagHeaderValue($"\"{Hex(checksum)}\""));

    private static async Task<IResult> ListAsync(ModelRegistry models)
    {
        var listed = new List<ListedModel>();
        foreach (GatewayModel model in models.Models) listed.Add(Describe(model, await model.KernelAsync()));
        return JsonAnswer.Of(listed);
    }

    private static ListedModel Describe(GatewayModel model, BoardKernel kernel)
    {
        FloatModel weights = model.Weights;
        return new ListedModel(
            model.Name, Hex(model.Id), model.Image == null ? null : Hex(model.ImageChecksum), model.Image?.Length ?? 0,
            kernel.Package == null ? null : Hex(kernel.Checksum), kernel.Package?.Length ?? 0,
            Word(weights.Input), weights.InputCount, weights.Layers[^1].HiddenCount,
            NetworkText.Of(weights.Input, weights.InputCount, weights.Layers), weights.Layers.Select(Describe).ToArray(),
            weights.ClassNames, model.Cost.Line.AlphaNs, model.Cost.Line.BetaUs);
    }

    private static ListedLayer Describe(LayerShape layer) =>
        new(Word(layer.Kind), Word(layer.Direction), layer.InputCount, layer.HiddenCount);

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();
}

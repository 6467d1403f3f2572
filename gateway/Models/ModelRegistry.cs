// The models that this gateway serves: every .crime file in its folder that is good.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Model;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Models;

/// <summary>An unchanging set of models, by id and by name.</summary>
public sealed class ModelRegistry
{
    /// <summary>Longest name, in letters, under which a model can be downloaded.</summary>
    public const int MaxNameLength = 64;

    private const string NameLetters = "a-z, A-Z, 0-9, '-', '_' and '.'";
    private const string Pattern = "*.crime";

    private readonly Dictionary<uint, GatewayModel> _byId = [];
    private readonly Dictionary<string, GatewayModel> _byName = new(StringComparer.Ordinal);

    /// <summary>Makes a set.</summary>
    /// <param name="models">At most <see cref="StatusFrame.MaxModels"/>, with different ids and names.</param>
    public ModelRegistry(IReadOnlyList<GatewayModel> models)
    {
        Models = models;
        foreach (GatewayModel model in models)
        {
            _byId.Add(model.Id, model);
            _byName.Add(model.Name, model);
        }
    }

    /// <summary>All models, by name.</summary>
    public IReadOnlyList<GatewayModel> Models { get; }

    /// <summary>The model of an id, or null.</summary>
    public GatewayModel? ById(uint id) => _byId.GetValueOrDefault(id);

    /// <summary>The model of a name, or null.</summary>
    public GatewayModel? ByName(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Loads and calibrates what is in a folder. A file that cannot be used is skipped, with one line that says why.</summary>
    public static ModelRegistry Load(string folder, ILogger<ModelRegistry> log)
    {
        if (!Directory.Exists(folder))
        {
            log.FolderMissing(folder);
            return new ModelRegistry([]);
        }
        var models = new List<GatewayModel>();
        foreach (string path in Directory.EnumerateFiles(folder, Pattern).Order(StringComparer.Ordinal))
        {
            string? reason = Add(models, path, log);
            if (reason != null) log.ModelSkipped(path, reason);
        }
        return new ModelRegistry(models);
    }

    /// <summary>Whether a name can stand in a download's address as it is.</summary>
    public static bool IsDownloadName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static string? Add(List<GatewayModel> models, string path, ILogger log)
    {
        string? reason = Read(path, out byte[] bytes);
        if (reason != null) return reason;
        ModelError error = ModelReader.TryRead(bytes, out ModelFile file);
        if (error != ModelError.None) return ModelErrors.Describe(error);
        if (!file.HasFloat) return "it has no float weights (an image for boards?)";
        if (models.FirstOrDefault(known => known.Id == file.Id) is { } twin) return $"it is the same network as {twin.Name}";
        if (models.Count == StatusFrame.MaxModels) return $"a gateway serves at most {StatusFrame.MaxModels} models";

        var weights = new FloatModel(file);
        string name = Path.GetFileNameWithoutExtension(path);
        models.Add(new GatewayModel(name, weights, Image(name, bytes, log), ModelCalibration.Measure(weights)));
        return null;
    }

    private static string? Read(string path, out byte[] bytes)
    {
        bytes = [];
        try
        {
            if (new FileInfo(path).Length > ModelFormat.MaxFileSize) return $"it is larger than {ModelFormat.MaxFileSize} bytes";
            bytes = File.ReadAllBytes(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static byte[]? Image(string name, byte[] file, ILogger log)
    {
        if (IsDownloadName(name)) return ModelContainer.BoardImage(file);
        log.ModelNotDownloadable(name, $"the name is not 1 to {MaxNameLength} of {NameLetters}");
        return null;
    }
}

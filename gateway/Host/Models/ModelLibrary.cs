// The folder that the models come from: every .crime file in it that is good is served. It is looked at again and again, so that a
// model can be added, replaced or removed while the gateway runs.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Files;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Reference;
using Microsoft.Extensions.Logging;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Timing;

namespace Crime.Gateway.Models;

/// <summary>Keeps a registry like its folder. Used by one thread at a time.</summary>
/// <remarks>
/// A file that cannot be used changes nothing: the model that was loaded from it before stays, and one line says why, once. A
/// replaced model stays for the boards that have it, until nobody has asked for it for <see cref="ReplacedKeptUs"/> or its file is
/// replaced again.
/// </remarks>
public sealed class ModelLibrary
{
    /// <summary>A replaced model that nobody has asked for so long goes: ten minutes.</summary>
    public const long ReplacedKeptUs = 600_000_000;

    /// <summary>A changed file that is no good may still be being written: it is complained of when it has not changed for so long.</summary>
    public const long SettleUs = 1_000_000;

    // Timesteps of a sequence that is not shorter than any window.
    private const int ProbeLength = 4096;

    private const string NameLetters = "a-z, A-Z, 0-9, '-', '_' and '.'";
    private const string Pattern = "*.crime";

    private readonly string _folder;
    private readonly ModelRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelLibrary> _log;
    private readonly Dictionary<string, ModelSource> _sources = new(StringComparer.Ordinal);
    private bool _isFolderMissing;
    private bool _isFirstScan = true;

    /// <summary>Makes a folder that has not been looked at.</summary>
    public ModelLibrary(string folder, ModelRegistry registry, TimeProvider time, ILogger<ModelLibrary> log)
    {
        _folder = folder;
        _registry = registry;
        _time = time;
        _log = log;
    }

    /// <summary>True when a file was no good and may still be being written: another look is due soon.</summary>
    public bool IsUnsettled => _sources.Values.Any(source => source.IsUnsettled);

    /// <summary>Looks at the folder, and loads and calibrates what is new in it.</summary>
    /// <returns>True when the registry has other models now.</returns>
    public bool Scan()
    {
        if (!Directory.Exists(_folder))
        {
            if (!_isFolderMissing) _log.FolderMissing(_folder);
            _isFolderMissing = true;
            return Update([]);
        }
        _isFolderMissing = false;
        string[] paths = Directory.EnumerateFiles(_folder, Pattern).Order(StringComparer.Ordinal).ToArray();
        foreach (string path in paths)
        {
            if (!_sources.TryGetValue(path, out ModelSource? source)) _sources.Add(path, source = new ModelSource());
            Look(path, source);
        }
        bool hasChanged = Update(paths);
        _isFirstScan = false;
        return hasChanged;
    }

    private void Look(string path, ModelSource source)
    {
        long nowUs = _time.NowUs();
        FileStamp? stamp = FileStamp.Of(path);
        if (stamp == null || stamp == source.Judged) return;
        if (stamp != source.Seen) source.SeenUs = nowUs;
        source.Seen = stamp;
        string? reason = TryLoad(path, source);
        if (reason != null && !_isFirstScan && nowUs - source.SeenUs < SettleUs) return;
        source.Judged = stamp;
        if (reason == null) return;
        if (source.Current == null) _log.ModelSkipped(path, reason);
        else _log.ModelKept(path, reason, source.Current.Id.ToString("x8"));
    }

    /// <summary>Loads a file.</summary>
    /// <returns>Why it cannot be used, or null.</returns>
    private string? TryLoad(string path, ModelSource source)
    {
        string? reason = Read(path, out byte[] bytes);
        if (reason != null) return reason;
        ModelError error = ModelReader.TryRead(bytes, out ModelFile file);
        reason = error != ModelError.None ? ModelErrors.Describe(error) : Obstacle(file, source);
        if (reason != null) return reason;

        if (source.Replaced?.Id == file.Id) source.SwapBack();
        else if (source.Current?.Id != file.Id || !IsSameImage(source.Current, bytes)) source.Use(Make(path, bytes, new FloatModel(file)));
        if (!_isFirstScan) _log.ModelLoaded(path, file.Id.ToString("x8"));
        return null;
    }

    /// <summary>Checks a model that is about to be stored under a name. The registry stays as it is.</summary>
    /// <param name="name">Name of its file, without the extension.</param>
    /// <param name="file">Foreign bytes.</param>
    /// <returns>Why it cannot be served, or null.</returns>
    public string? Check(string name, byte[] file)
    {
        ModelError error = ModelReader.TryRead(file, out ModelFile model);
        if (error != ModelError.None) return ModelErrors.Describe(error);
        string? obstacle = Obstacle(model, _sources.GetValueOrDefault(PathOf(name)));
        if (obstacle != null) return obstacle;
        return GoldenReference.Holds(model) ? null : "its fixed-point weights do not compute its golden vectors";
    }

    /// <summary>Writes a model file of the folder as a whole: a loss of power leaves the old file or the new one.</summary>
    /// <param name="name">Name of the file, without the extension.</param>
    /// <param name="file">The file, checked.</param>
    /// <returns>Why it cannot be written, or null. The old file stays then.</returns>
    public string? Write(string name, byte[] file)
    {
        // Not a name that the folder is searched for.
        string temporary = Path.Combine(_folder, $".{name}.upload");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                stream.Write(file);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, PathOf(name), overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.ModelNotStored(name, e.Message);
            TryDelete(temporary);
            return "the gateway cannot write its model folder";
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next upload of the name replaces it.
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name + ".crime");

    /// <returns>Why a good model cannot be served from a file, or null.</returns>
    private string? Obstacle(ModelFile file, ModelSource? source)
    {
        if (!file.HasFloat) return "it has no float weights (an image for boards?)";
        if (NetworkGraph.ProblemOf(file) is { } problem) return problem;
        if (file.Answer == AnswerKind.ValuesPerStep) return "it gives values for each timestep, and no frame carries them";
        if (file.IsAnswerPerStep && file.HasGraph && new FloatModel(file).LogitCount(ProbeLength) != ProbeLength * file.OutputCount)
            return "it gives a class for each window of timesteps, and an answer has one for each timestep";
        ModelSource? twin = _sources.Values.FirstOrDefault(known => known != source && known.Current?.Id == file.Id);
        if (twin != null) return $"it is the same network as {twin.Current!.Name}";
        if (source?.Current == null && _sources.Values.Count(known => known.Current != null) == StatusFrame.MaxModels)
            return $"a gateway serves at most {StatusFrame.MaxModels} models";
        return null;
    }

    private static bool IsSameImage(GatewayModel model, byte[] file) =>
        model.Image != null && model.Image.AsSpan().SequenceEqual(ModelContainer.BoardImage(file));

    private GatewayModel Make(string path, byte[] bytes, FloatModel weights)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return new GatewayModel(name, weights, Image(name, bytes), ModelCalibration.Measure(weights), _log);
    }

    private static string? Read(string path, out byte[] bytes)
    {
        bytes = [];
        try
        {
            bytes = RegularFile.Read(path, ModelFormat.MaxFileSize);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private byte[]? Image(string name, byte[] file)
    {
        if (ModelRegistry.IsDownloadName(name)) return ModelContainer.BoardImage(file);
        _log.ModelNotDownloadable(name, $"the name is not 1 to {ModelRegistry.MaxNameLength} of {NameLetters}");
        return null;
    }

    /// <summary>Hands the registry what the sources have, where that is something else than before.</summary>
    private bool Update(string[] paths)
    {
        foreach (string gone in _sources.Keys.Except(paths).ToArray())
        {
            if (_sources[gone].Current != null) _log.ModelRemoved(gone);
            _sources.Remove(gone);
        }
        GatewayModel[] current = paths.Select(path => _sources[path].Current).OfType<GatewayModel>().ToArray();
        foreach (ModelSource source in _sources.Values) source.ForgetReplaced(_time.NowUs() - ReplacedKeptUs, current);
        GatewayModel[] replaced = paths.Select(path => _sources[path].Replaced).OfType<GatewayModel>()
            .OrderByDescending(model => model.RequestedAtUs).Take(StatusFrame.MaxModels - current.Length).ToArray();
        if (_registry.Models.SequenceEqual(current.Concat(replaced))) return false;
        _registry.Replace(current, replaced);
        return true;
    }
}

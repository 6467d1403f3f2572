// The two forms of a saved Keras model. A .keras file is an archive: the layers in config.json, the weights in model.weights.h5. A
// .h5 file has the layers in an attribute and the weights in groups beside it. Newer versions write .h5 in the older way too.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Crime.Modelling.Import.Hdf5;
using Crime.Modelling.Import.Metadata;

namespace Crime.Modelling.Import.Keras;

/// <summary>A saved model: its layers, its weights, its metadata.</summary>
internal sealed class KerasFile
{
    private const int MaxFileSize = 256 * 1024 * 1024, MaxTextSize = 16 * 1024 * 1024;

    // Weights shrink by a tenth. An entry that unfolds to many times its size holds other than weights.
    private const int MaxUnfolding = 64, BaseUnfolding = 1 << 20;

    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 64 };

    private KerasFile(JsonElement model, int version, KerasWeights weights, ModelMetadata metadata)
    {
        Model = model;
        MajorVersion = version;
        Weights = weights;
        Metadata = metadata;
    }

    /// <summary>The model as JSON: class_name and config.</summary>
    public JsonElement Model { get; }

    /// <summary>The major version of the Keras that wrote the file: 2 or 3.</summary>
    public int MajorVersion { get; }

    /// <summary>The weights.</summary>
    public KerasWeights Weights { get; }

    /// <summary>Class names, normalisation and vocabulary, if the file has them.</summary>
    public ModelMetadata Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Name for messages.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="JsonException">A text in it is no JSON.</exception>
    /// <exception cref="UserInputException">It holds no model.</exception>
    public static KerasFile Open(byte[] bytes, string path)
    {
        if (bytes.Length > MaxFileSize) throw new UserInputException($"{bytes.Length} bytes are more than the {MaxFileSize} that are read");
        // A name says little: people save .h5 under .keras and the other way round.
        if (Hdf5File.IsHdf5(bytes)) return OpenHdf5(new Hdf5File(bytes), path);
        if (bytes.AsSpan().StartsWith("PK"u8)) return OpenArchive(bytes, path);
        throw new InvalidDataException("it begins neither as an archive nor as an HDF5 file");
    }

    private static KerasFile OpenHdf5(Hdf5File file, string path)
    {
        string config = file.Root.Text("model_config") ?? throw new UserInputException(
            "it holds weights without the layers (no attribute 'model_config'); save the whole model with model.save('net.keras')");
        if (config.Length > MaxTextSize) throw new InvalidDataException($"'model_config' has {config.Length} characters; {MaxTextSize} are read");
        Hdf5Object weights = file.Find("model_weights") ?? throw new InvalidDataException("the group 'model_weights' is missing");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string key in ModelMetadata.Keys)
            if (file.Root.Text(key) is { } text) metadata[key] = text;
        string? version = file.Root.Text("keras_version");
        return new KerasFile(Json(config, "model_config"), Major(version), new NamedWeights(file, weights), new ModelMetadata(metadata, path));
    }

    private static KerasFile OpenArchive(byte[] bytes, string path)
    {
        using var archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read);
        string config = Text(archive, "config.json", bytes.Length)
            ?? throw new UserInputException("it has no 'config.json'; save the whole model with model.save('net.keras')");
        string? about = Text(archive, "metadata.json", bytes.Length), own = Text(archive, "crime.json", bytes.Length);
        byte[] weights = Unfold(archive, "model.weights.h5", bytes.Length, MaxFileSize)
            ?? throw new UserInputException("it has no 'model.weights.h5'; save it with model.save('net.keras')");
        string? version = about != null && Json(about, "metadata.json") is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("keras_version", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        return new KerasFile(Json(config, "config.json"), Major(version), new NumberedWeights(new Hdf5File(weights)), new ModelMetadata(MetadataOf(own), path));
    }

    private static Dictionary<string, string> MetadataOf(string? own)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (own == null) return metadata;
        JsonElement root = Json(own, "crime.json");
        if (root.ValueKind != JsonValueKind.Object) throw new InvalidDataException("'crime.json' is no JSON object");
        // A list may stand as it is, or in a text as in the other formats.
        foreach (JsonProperty entry in root.EnumerateObject())
            metadata[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : entry.Value.GetRawText();
        return metadata;
    }

    private static string? Text(ZipArchive archive, string name, int archiveSize)
    {
        byte[]? bytes = Unfold(archive, name, archiveSize, MaxTextSize);
        return bytes == null ? null : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Returns a file of the archive; null when there is none of the name.</summary>
    private static byte[]? Unfold(ZipArchive archive, string name, int archiveSize, int most)
    {
        if (archive.GetEntry(name) is not { } entry) return null;
        long bound = Math.Min(most, BaseUnfolding + (long)archiveSize * MaxUnfolding);
        using Stream stream = entry.Open();
        using var content = new MemoryStream();
        var block = new byte[64 * 1024];
        for (int count; (count = stream.Read(block)) > 0;)
        {
            if (content.Length + count > bound) throw new InvalidDataException($"'{name}' unfolds to more than the {bound} bytes that are read");
            content.Write(block, 0, count);
        }
        return content.ToArray();
    }

    private static JsonElement Json(string text, string name)
    {
        try
        {
            return JsonDocument.Parse(text, s_json).RootElement;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{name}' is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Returns the major version; 2 where the file is silent, as older versions are.</summary>
    private static int Major(string? version) => version != null && version.StartsWith("3.", StringComparison.Ordinal) ? 3 : 2;
}

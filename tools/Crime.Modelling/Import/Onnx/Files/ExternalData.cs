// Large tensors may lie in a file beside the model. The model names the file, and a model is foreign: so a name may lead to no
// other place than the model's own folder and what lies in it.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>The files beside a model.</summary>
/// <param name="modelPath">The model's own path.</param>
internal sealed class ExternalData(string modelPath)
{
    // All tensors together: the limit of a model with its weights inside.
    private const long MaxBytes = 256 * 1024 * 1024;

    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(modelPath)) ?? "/";
    private long _bytesRead;

    /// <summary>Reads the bytes of a tensor.</summary>
    /// <param name="tensor">Its name, for refusals.</param>
    /// <param name="place">The entries location, offset and length.</param>
    /// <param name="size">The bytes that the tensor's shape asks for.</param>
    /// <exception cref="UserInputException">The file is not in the model's folder, or does not hold the bytes.</exception>
    public byte[] Read(string tensor, IReadOnlyDictionary<string, string> place, long size)
    {
        string location = place.GetValueOrDefault("location", "");
        string path = Confined(tensor, location);
        long offset = Number(tensor, place, "offset", 0), length = Number(tensor, place, "length", size);
        if (length != size) throw new UserInputException($"tensor '{tensor}' has {length} bytes in '{location}', but its shape asks for {size}");
        if ((_bytesRead += size) > MaxBytes) throw new UserInputException($"the tensors beside the model have more than the {MaxBytes} bytes that are read");
        try
        {
            using FileStream file = File.OpenRead(path);
            if (offset > file.Length - size)
                throw new UserInputException(
                    $"tensor '{tensor}' is to lie at byte {offset} of '{location}', which has {file.Length} bytes; copy the whole file beside the model");
            file.Position = offset;
            var bytes = new byte[size];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException(
                $"tensor '{tensor}' lies in '{location}' beside the model, which cannot be read; copy that file there too, or export with external_data=False", e);
        }
    }

    private string Confined(string tensor, string location)
    {
        string[] parts = location.Split('/', '\\');
        bool isPlain = location.Length > 0 && !Path.IsPathRooted(location) && !location.Contains(':') && !location.Contains('\0')
            && parts.All(part => part.Length > 0 && part != "..");
        if (!isPlain) throw Outside(tensor, location);
        string path = _folder;
        foreach (string part in parts)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget != null) throw Outside(tensor, location);
        }
        if (Directory.Exists(path)) throw Outside(tensor, location);
        return path;
    }

    private static UserInputException Outside(string tensor, string location) =>
        new($"tensor '{tensor}' is to lie in '{location}'; only a plain file in the model's own folder is read: "
            + "save the model with its weights inside (external_data=False)");

    private static long Number(string tensor, IReadOnlyDictionary<string, string> place, string key, long otherwise)
    {
        if (!place.TryGetValue(key, out string? text)) return otherwise;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new UserInputException($"tensor '{tensor}' has the {key} '{text}' in another file, which is no number of bytes");
    }
}

// One way in for every format of trained networks.

using System.IO;
using Crime.Modelling.Import.Keras;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx;

namespace Crime.Modelling.Import;

/// <summary>Reads a trained network from a file.</summary>
public static class ModelImport
{
    /// <summary>Reads a file of which nothing is said.</summary>
    /// <exception cref="UserInputException">The extension is another, or the file cannot be mapped.</exception>
    public static TrainedModel Load(string path) => Load(path, ImportOptions.None).Model;

    /// <summary>Reads a safetensors, an ONNX or a Keras file; its extension decides.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The user's statements about it.</param>
    /// <exception cref="UserInputException">The extension is another, or the file cannot be mapped.</exception>
    public static ImportedModel Load(string path, ImportOptions options) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => PyTorchImporter.Load(path, options),
        ".onnx" => OnnxImporter.Load(path, options),
        ".keras" or ".h5" or ".hdf5" => KerasImporter.Load(path, options),
        string other => throw new UserInputException($"{path}: networks are read from .onnx, .safetensors, .keras and .h5 files, not from '{other}'"),
    };
}

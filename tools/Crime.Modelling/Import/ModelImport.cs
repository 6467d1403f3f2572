// One way in for every format of trained networks.

using System.IO;
using Crime.Modelling.Import.Onnx;

namespace Crime.Modelling.Import;

/// <summary>Reads a trained network from a file.</summary>
public static class ModelImport
{
    /// <summary>Reads a safetensors or an ONNX file; its extension decides.</summary>
    /// <exception cref="UserInputException">The extension is another, or the file cannot be mapped.</exception>
    public static TrainedModel Load(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => PyTorchImporter.Load(path),
        ".onnx" => OnnxImporter.Load(path),
        string other => throw new UserInputException($"{path}: networks are read from .safetensors and .onnx files, not from '{other}'"),
    };
}

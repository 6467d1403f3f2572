// From an ONNX file to a network.

using System;
using System.IO;
using Crime.Modelling.Import.Metadata;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Reads recurrent classifiers from ONNX files.</summary>
/// <remarks>
/// Class names, the normalisation of features and the code points of tokens come from the file's metadata, with the keys that the
/// safetensors importer knows: classes, feature_mean, feature_std, vocabulary_codepoints, answer.
/// </remarks>
public static class OnnxImporter
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The user's statements about it.</param>
    /// <exception cref="UserInputException">It cannot be read or mapped; the message names the node, its operator, the reason and what to do.</exception>
    public static ImportedModel Load(string path, ImportOptions options)
    {
        try
        {
            return Import(File.ReadAllBytes(path), path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Maps the bytes of a file of which nothing is said.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Path for messages; the name of its file becomes the model's, and its folder may hold large tensors.</param>
    public static TrainedModel Import(byte[] bytes, string path) => Import(bytes, path, ImportOptions.None).Model;

    /// <summary>Maps a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Path for messages; the name of its file becomes the model's, and its folder may hold large tensors.</param>
    /// <param name="options">The user's statements about it.</param>
    public static ImportedModel Import(byte[] bytes, string path, ImportOptions options)
    {
        OnnxModel model = OnnxReader.Parse(bytes, path);
        try
        {
            if (options.Head != null || options.Activation != null || options.Nonlinearity != null)
                throw new UserInputException("--head, --activation and --nonlinearity are for a state dict; an ONNX graph says itself what the head sees");
            return OnnxGraph.Follow(model, new NetworkBuilder(new ModelMetadata(model.Metadata, path), options, path));
        }
        catch (UserInputException e) when (!e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new UserInputException($"{path}: {e.Message}", e);
        }
    }
}

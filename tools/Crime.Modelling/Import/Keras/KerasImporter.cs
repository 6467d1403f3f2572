// From a Keras file to a network.

using System;
using System.IO;
using System.Text.Json;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Keras;

/// <summary>Reads recurrent classifiers from .keras and .h5 files.</summary>
/// <remarks>
/// Class names, the normalisation of features and the code points of tokens have the keys of the other formats: classes, feature_mean,
/// feature_std, vocabulary_codepoints, answer. They are attributes of a .h5 file, or entries of a file crime.json in a .keras archive.
/// </remarks>
public static class KerasImporter
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The user's statements about it.</param>
    /// <exception cref="UserInputException">It cannot be read or mapped; the message names the layer, its class, the reason and what to do.</exception>
    public static ImportedModel Load(string path, ImportOptions options)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
        return Import(bytes, path, options);
    }

    /// <summary>Maps a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Path for messages; the name of its file becomes the model's.</param>
    /// <param name="options">The user's statements about it.</param>
    /// <exception cref="UserInputException">It cannot be mapped.</exception>
    public static ImportedModel Import(byte[] bytes, string path, ImportOptions options)
    {
        try
        {
            if (options.Head != null || options.Activation != null || options.Nonlinearity != null)
                throw new UserInputException("--head, --activation and --nonlinearity are for a state dict; a Keras file says itself what the head sees");
            KerasFile file = KerasFile.Open(bytes, path);
            KerasValue output = KerasGraph.Follow(file);
            if (output is { IsPerStep: true, IsReversed: true })
                throw new UserInputException("the network gives its outputs in reversed time (go_backwards); reverse them before the end of the network");
            string axes = output.IsPerStep ? "batch, time, feature" : "batch, feature";
            return new NetworkBuilder(file.Metadata, options, path).Build(output.Known(), isDecision: false).WithAxes(output.InputAxes, axes);
        }
        catch (UserInputException e) when (!e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new UserInputException($"{path}: {e.Message}", e);
        }
        catch (NotKnownException e)
        {
            throw new UserInputException($"{path}: {e.Message} is more than a model holds; {KerasRemedy.Listed}", e);
        }
        // A text that is no UTF-16 is an invalid operation to the reader of JSON.
        catch (Exception e) when (e is InvalidDataException or JsonException or IOException or NotSupportedException or InvalidOperationException)
        {
            throw new UserInputException($"{path}: not a usable Keras file: {e.Message}", e);
        }
    }
}

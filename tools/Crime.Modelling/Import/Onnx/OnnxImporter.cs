// From an ONNX file to a TrainedModel.

using System;
using System.IO;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Metadata;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Reads recurrent classifiers from ONNX files.</summary>
/// <remarks>
/// Class names, the normalisation of features and the code points of tokens come from the file's metadata, with the keys that the
/// safetensors importer knows: classes, feature_mean, feature_std, vocabulary_codepoints.
/// </remarks>
public static class OnnxImporter
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="UserInputException">It cannot be read or cannot be mapped; the message names the node, its operator and the reason.</exception>
    public static TrainedModel Load(string path)
    {
        try
        {
            return Import(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Maps a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">What to call it in messages; its name becomes the model's.</param>
    public static TrainedModel Import(byte[] bytes, string path)
    {
        OnnxModel model = OnnxReader.Parse(bytes, path);
        try
        {
            var (graph, output) = OnnxGraph.Follow(model);
            return Build(graph, output, new ModelMetadata(model.Metadata, path), path);
        }
        catch (UserInputException e) when (!e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new UserInputException($"{path}: {e.Message}", e);
        }
    }

    private static TrainedModel Build(OnnxGraph graph, StateValue output, ModelMetadata metadata, string path)
    {
        if (output.Map == null) throw new UserInputException("the graph's output comes from a recurrent layer without a linear head (Gemm, or MatMul and Add)");
        if (output.Moment == Moment.Every) throw new UserInputException("the graph's output is one per timestep; a class per sequence is needed");
        RecurrentLayer last = graph.Layers[^1];
        int inputs = graph.Layers[0].InputCount, classes = output.Map.OutputCount, hidden = last.HiddenCount;
        if (output.Parts.Any(part => part.Layer != graph.Layers.Count - 1)) throw new UserInputException("the head sees other layers than the last recurrent one");
        if (inputs is < 1 or > ModelFormat.MaxInputs || classes is < 1 or > ModelFormat.MaxClasses)
            throw new UserInputException($"{inputs} inputs and {classes} classes are outside the limits (1 to {ModelFormat.MaxInputs} and {ModelFormat.MaxClasses})");
        bool isTokens = graph.Embedding != null;
        return new TrainedModel
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Input = isTokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = metadata.ClassNames(classes),
            Mean = isTokens ? null : metadata.Floats("feature_mean", inputs),
            Deviation = isTokens ? null : metadata.Floats("feature_std", inputs),
            CodePoints = isTokens ? metadata.CodePoints(graph.Embedding!.Shape[0]) : null,
            Embedding = graph.Embedding?.Values ?? [],
            Layers = graph.Layers,
            HeadInput = output.HeadInput,
            HeadWeights = HeadWeights(output, last.Directions.Count, hidden),
            HeadBias = output.Map.Bias,
        };
    }

    /// <summary>The head's weights on all directions of the last layer in their order; zeros on one that the graph leaves out.</summary>
    private static float[] HeadWeights(StateValue output, int directions, int hidden)
    {
        int classes = output.Map!.OutputCount, seen = output.Parts.Count * hidden;
        var weights = new float[classes * directions * hidden];
        for (int k = 0; k < classes; k++)
            for (int p = 0; p < output.Parts.Count; p++)
                for (int unit = 0; unit < hidden; unit++)
                    weights[(k * directions + output.Parts[p].Direction) * hidden + unit] += output.Map.Weights[k * seen + p * hidden + unit];
        return weights;
    }
}

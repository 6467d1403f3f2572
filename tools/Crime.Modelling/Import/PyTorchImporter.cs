// From the names that PyTorch gives an nn.LSTM (and an nn.Embedding, an nn.Linear) to a TrainedModel.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Model;

namespace Crime.Modelling.Import;

/// <summary>Reads a PyTorch <c>state_dict</c> in a safetensors file.</summary>
public static class PyTorchImporter
{
    private const string InputWeights = "lstm.weight_ih_l0";
    private const string RecurrentWeights = "lstm.weight_hh_l0";
    private const string InputBias = "lstm.bias_ih_l0";
    private const string RecurrentBias = "lstm.bias_hh_l0";
    private const string HeadWeights = "fc.weight";
    private const string HeadBias = "fc.bias";
    private const string Embedding = "embedding.weight";

    private static readonly string[] Known = [InputWeights, RecurrentWeights, InputBias, RecurrentBias, HeadWeights, HeadBias, Embedding];

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserInputException">Something is missing, has the wrong shape, or is not supported.</exception>
    public static TrainedModel Load(string path) => Import(Safetensors.Load(path), path);

    /// <summary>Maps the tensors and metadata of a file.</summary>
    /// <param name="file">The file's content.</param>
    /// <param name="path">What to call it in messages; its name becomes the model's.</param>
    public static TrainedModel Import(Safetensors file, string path)
    {
        foreach (string name in file.Tensors.Keys)
            if (!Known.Contains(name))
                throw new UserInputException($"{path}: tensor '{name}' has no place in a single-layer LSTM with a linear head");

        Tensor inputWeights = Get(file, path, InputWeights, 2), recurrentWeights = Get(file, path, RecurrentWeights, 2);
        int hidden = recurrentWeights.Shape[1], inputs = inputWeights.Shape[1];
        int rows = ModelFormat.LstmGates * hidden;
        Tensor headWeights = Get(file, path, HeadWeights, 2);
        int classes = headWeights.Shape[0];
        bool tokens = file.Tensors.ContainsKey(Embedding);
        if (inputs is < 1 or > ModelFormat.MaxInputs || hidden is < 1 or > ModelFormat.MaxHidden || classes is < 1 or > ModelFormat.MaxClasses)
            throw new UserInputException($"{path}: {inputs} inputs, {hidden} hidden units and {classes} classes are outside the limits "
                + $"(1 to {ModelFormat.MaxInputs}, {ModelFormat.MaxHidden} and {ModelFormat.MaxClasses})");
        Expect(path, InputWeights, inputWeights, rows, inputs);
        Expect(path, RecurrentWeights, recurrentWeights, rows, hidden);
        Expect(path, HeadWeights, headWeights, classes, hidden);

        return new TrainedModel
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Input = tokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            HiddenCount = hidden,
            ClassNames = ClassNames(file, path, classes),
            Mean = tokens ? null : Floats(file, path, "feature_mean", inputs),
            Deviation = tokens ? null : Floats(file, path, "feature_std", inputs),
            CodePoints = tokens ? CodePoints(file, path, Get(file, path, Embedding, 2).Shape[0]) : null,
            Embedding = tokens ? Expect(path, Embedding, Get(file, path, Embedding, 2), null, inputs).Values : [],
            InputWeights = inputWeights.Values,
            RecurrentWeights = recurrentWeights.Values,
            InputBias = Expect(path, InputBias, Get(file, path, InputBias, 1), rows).Values,
            RecurrentBias = Expect(path, RecurrentBias, Get(file, path, RecurrentBias, 1), rows).Values,
            HeadWeights = headWeights.Values,
            HeadBias = Expect(path, HeadBias, Get(file, path, HeadBias, 1), classes).Values,
        };
    }

    /// <summary>The file that <see cref="Import"/> reads back: what the trainer writes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="provenance">Further metadata: who made it, from what, with which result.</param>
    public static Safetensors Export(TrainedModel model, IReadOnlyDictionary<string, string> provenance)
    {
        var file = new Safetensors();
        int rows = ModelFormat.LstmGates * model.HiddenCount, classes = model.ClassNames.Count;
        file.Tensors[InputWeights] = new([rows, model.InputCount], model.InputWeights);
        file.Tensors[RecurrentWeights] = new([rows, model.HiddenCount], model.RecurrentWeights);
        file.Tensors[InputBias] = new([rows], model.InputBias);
        file.Tensors[RecurrentBias] = new([rows], model.RecurrentBias);
        file.Tensors[HeadWeights] = new([classes, model.HiddenCount], model.HeadWeights);
        file.Tensors[HeadBias] = new([classes], model.HeadBias);
        if (model.Input == InputKind.Tokens) file.Tensors[Embedding] = new([model.VocabularyCount, model.InputCount], model.Embedding);
        foreach (var (key, value) in provenance) file.Metadata[key] = value;
        file.Metadata["cell"] = "lstm";
        file.Metadata["classes"] = JsonSerializer.Serialize(model.ClassNames);
        if (model.Mean != null) file.Metadata["feature_mean"] = Text(model.Mean);
        if (model.Deviation != null) file.Metadata["feature_std"] = Text(model.Deviation);
        if (model.CodePoints != null) file.Metadata["vocabulary_codepoints"] = JsonSerializer.Serialize(model.CodePoints);
        return file;
    }

    private static string Text(float[] values) =>
        "[" + string.Join(",", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture))) + "]";

    private static Tensor Get(Safetensors file, string path, string name, int dimensions)
    {
        if (!file.Tensors.TryGetValue(name, out var tensor))
            throw new UserInputException($"{path}: tensor '{name}' is missing (found: {string.Join(", ", file.Tensors.Keys)})");
        if (tensor.Shape.Length != dimensions)
            throw new UserInputException($"{path}: tensor '{name}' has shape {tensor.ShapeText}; {dimensions} dimensions were expected");
        return tensor;
    }

    /// <summary>Checks a shape; null stands for any size.</summary>
    private static Tensor Expect(string path, string name, Tensor tensor, params int?[] shape)
    {
        for (int i = 0; i < shape.Length; i++)
            if (shape[i] is int size && tensor.Shape[i] != size)
                throw new UserInputException($"{path}: tensor '{name}' has shape {tensor.ShapeText}; "
                    + $"[{string.Join(", ", shape.Select(s => s?.ToString(CultureInfo.InvariantCulture) ?? "any"))}] was expected");
        return tensor;
    }

    private static IReadOnlyList<string> ClassNames(Safetensors file, string path, int classes)
    {
        if (!file.Metadata.TryGetValue("classes", out string? text))
            return Enumerable.Range(0, classes).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        string[] names = Json<string[]>(path, "classes", text);
        if (names.Length != classes)
            throw new UserInputException($"{path}: metadata names {names.Length} classes, but '{HeadWeights}' has {classes} rows");
        return names;
    }

    private static float[]? Floats(Safetensors file, string path, string key, int count)
    {
        if (!file.Metadata.TryGetValue(key, out string? text)) return null;
        float[] values = Json<float[]>(path, key, text);
        if (values.Length != count) throw new UserInputException($"{path}: metadata '{key}' has {values.Length} numbers; {count} were expected");
        if (values.Any(value => !float.IsFinite(value)) || (key == "feature_std" && values.Any(value => value <= 0)))
            throw new UserInputException($"{path}: metadata '{key}' holds a number that is not usable");
        return values;
    }

    private static int[] CodePoints(Safetensors file, string path, int vocabulary)
    {
        if (!file.Metadata.TryGetValue("vocabulary_codepoints", out string? text))
            throw new UserInputException($"{path}: a model with an embedding needs 'vocabulary_codepoints' in its metadata");
        int[] codePoints = Json<int[]>(path, "vocabulary_codepoints", text);
        if (codePoints.Length != vocabulary - 1 || vocabulary > ModelFormat.MaxVocabulary)
            throw new UserInputException($"{path}: {codePoints.Length} code points do not fit an embedding of {vocabulary} tokens (token 0 is 'unknown')");
        return codePoints;
    }

    private static T Json<T>(string path, string key, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new UserInputException($"{path}: metadata '{key}' is not the JSON list it should be", e);
        }
    }
}

// From the names that PyTorch gives its recurrent layers, an nn.Embedding and an nn.Linear, to a TrainedModel. The modules may
// have any names; what they are shows in the names and shapes of their tensors.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Crime.Model;
using Crime.Modelling.Import.Metadata;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Import;

/// <summary>Reads and writes a PyTorch <c>state_dict</c> in a safetensors file.</summary>
public static class PyTorchImporter
{
    /// <summary>Reads a file of which nothing is said.</summary>
    /// <exception cref="UserInputException">Something is missing, has the wrong shape, or is not supported.</exception>
    public static TrainedModel Load(string path) => Load(path, ImportOptions.None).Model;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The user's statements about it.</param>
    /// <exception cref="UserInputException">Something is missing, has the wrong shape, or is not supported.</exception>
    public static ImportedModel Load(string path, ImportOptions options) => Import(Safetensors.Load(path), path, options);

    /// <summary>Maps the tensors and metadata of a file of which nothing is said.</summary>
    /// <param name="file">The file's content.</param>
    /// <param name="path">Path for messages; the name of its file becomes the model's.</param>
    public static TrainedModel Import(Safetensors file, string path) => Import(file, path, ImportOptions.None).Model;

    /// <summary>Maps the tensors and metadata of a file.</summary>
    /// <param name="file">The file's content.</param>
    /// <param name="path">Path for messages; the name of its file becomes the model's.</param>
    /// <param name="options">The user's statements about the file.</param>
    public static ImportedModel Import(Safetensors file, string path, ImportOptions options)
    {
        TrainedDecoder? decoder = DecoderTensors.Take(file, path);
        var metadata = new ModelMetadata(file.Metadata, path);
        var head = new HeadChoice(metadata, options, path);
        var tensors = new StateDict(file, path);
        IReadOnlyList<RecurrentLayer> layers = tensors.TakeRecurrentLayers(head.Nonlinearity);
        Tensor? embedding = tensors.TakeEmbedding(layers[0].InputCount);
        (Tensor headWeights, float[] headBias) = tensors.TakeHead();
        tensors.ExpectNothingLeft();

        int inputs = layers[0].InputCount, outputs = layers[^1].Shape.OutputCount, classes = headWeights.Shape[0];
        if (headWeights.Shape[1] != outputs)
            throw new UserInputException($"{path}: the head's weights have shape {headWeights.ShapeText}; [{classes}, {outputs}] was expected, "
                + $"for the outputs of the last recurrent layer; {StateDict.WayOut}");
        if (embedding != null && embedding.Shape[1] != inputs)
            throw new UserInputException($"{path}: the embedding has shape {embedding.ShapeText}; [any, {inputs}] was expected; {StateDict.WayOut}");
        Combination value = Combination.Of(embedding == null ? new InputSignal(inputs) : new EmbeddingSignal(embedding.Values, embedding.Shape[0], inputs));
        foreach (RecurrentLayer layer in layers) value = Combination.Of(new RecurrentSignal(layer, value));
        value = head.Of(value);
        IEnumerable<IReadOnlyList<(int, double)>> rows = headWeights.Values.Chunk(outputs)
            .Select(row => row.Select((weight, column) => (column, (double)weight)).ToArray());
        value = value.With(value.Map.Combined(rows).Scaled(_ => 1, row => headBias[row]));
        try
        {
            ImportedModel imported = new NetworkBuilder(metadata, options, path).Build(value, isDecision: false);
            imported = imported.OfStateDict(head.IsAssumed, CalibrationOf(file, metadata, path, layers.Count));
            return decoder == null ? imported : imported.WithModel(DecoderTensors.Join(imported.Model, decoder, path));
        }
        catch (UserInputException e) when (!e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new UserInputException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The file that <see cref="Import(Safetensors, string)"/> reads back: what the trainer writes.</summary>
    /// <param name="model">The model; its layers without options that PyTorch does not have.</param>
    /// <param name="provenance">Further metadata: who made it, from what, with which result.</param>
    public static Safetensors Export(TrainedModel model, IReadOnlyDictionary<string, string> provenance)
    {
        var file = new Safetensors();
        // Of one logit the first class has no weights: its row is not in the file.
        int rowCount = model.IsLogit ? 1 : model.OutputCount;
        string cell = model.Layers[0].Kind.ToString().ToLowerInvariant();
        for (int i = 0; i < model.Layers.Count; i++)
        {
            RecurrentLayer layer = model.Layers[i];
            int rows = layer.Shape.RowCount;
            for (int d = 0; d < layer.Directions.Count; d++)
            {
                DirectionWeights weights = layer.Directions[d];
                string suffix = $"_l{i}{(d == 1 ? "_reverse" : "")}";
                file.Tensors[$"{cell}.weight_ih{suffix}"] = new([rows, layer.InputCount], weights.InputWeights);
                file.Tensors[$"{cell}.weight_hh{suffix}"] = new([rows, layer.HiddenCount], weights.RecurrentWeights);
                file.Tensors[$"{cell}.bias_ih{suffix}"] = new([rows], weights.InputBias);
                file.Tensors[$"{cell}.bias_hh{suffix}"] = new([rows], weights.RecurrentBias);
            }
        }
        file.Tensors["fc.weight"] = new([rowCount, model.HeadInputCount], model.HeadWeights[^(rowCount * model.HeadInputCount)..]);
        file.Tensors["fc.bias"] = new([rowCount], model.HeadBias[^rowCount..]);
        if (model.Input == InputKind.Tokens) file.Tensors["embedding.weight"] = new([model.VocabularyCount, model.InputCount], model.Embedding);
        if (model.Decoder != null) DecoderTensors.Add(model.Decoder, file);
        foreach (var (key, value) in provenance) file.Metadata[key] = value;
        file.Metadata["cell"] = cell;
        file.Metadata["head_input"] = ModelFile.IsPerStep(model.Answer)
            ? "every" : model.HeadInput switch { HeadInput.LastStep => "last", HeadInput.FirstStep => "first", _ => "hidden" };
        if (model.Answer != AnswerKind.Anomaly) file.Metadata["classes"] = JsonSerializer.Serialize(model.ClassNames);
        ExportAnswer(model, file);
        if (model.Mean != null) file.Metadata["feature_mean"] = Text(model.Mean);
        if (model.Deviation != null) file.Metadata["feature_std"] = Text(model.Deviation);
        if (model.Calibration is { } calibration)
        {
            file.Metadata["calibration"] = calibration.Source;
            file.Metadata["calibration_max_input"] = Text([calibration.MaxInput]);
            file.Metadata["calibration_max_cells"] = Text([.. calibration.MaxCells]);
            file.Metadata["calibration_longest_length"] = calibration.LongestLength.ToString(CultureInfo.InvariantCulture);
        }
        if (model.CodePoints != null) file.Metadata["vocabulary_codepoints"] = JsonSerializer.Serialize(model.CodePoints);
        return file;
    }

    private static void ExportAnswer(TrainedModel model, Safetensors file)
    {
        if (model.IsLogit) file.Metadata["answer"] = "logit";
        if (model.Answer is AnswerKind.Values or AnswerKind.ValuesPerStep) file.Metadata["answer"] = "value";
        if (model.Answer == AnswerKind.Anomaly) file.Metadata["answer"] = "anomaly";
        if (model.Scale is not { } scale) return;
        if (model.Answer == AnswerKind.Anomaly)
        {
            file.Metadata["threshold"] = scale.Threshold.ToString("R", CultureInfo.InvariantCulture);
            return;
        }
        int[] all = [.. Enumerable.Range(0, scale.Count)];
        file.Metadata["value_offset"] = Text(Array.ConvertAll(all, scale.Offset));
        file.Metadata["value_scale"] = Text(Array.ConvertAll(all, scale.Factor));
        file.Metadata["value_unit"] = JsonSerializer.Serialize(Array.ConvertAll(all, scale.Unit));
    }

    /// <summary>The ranges that fine-tuning ran with; null where it did not.</summary>
    private static Calibration? CalibrationOf(Safetensors file, ModelMetadata metadata, string path, int layers)
    {
        if (metadata.Floats("calibration_max_input", 1) is not [float input]) return null;
        float[]? cells = metadata.Floats("calibration_max_cells", layers);
        file.Metadata.TryGetValue("calibration_longest_length", out string? length);
        if (cells == null || !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int longest) || input < 0 || cells.Min() < 0)
            throw new UserInputException($"{path}: metadata 'calibration_max_input' is there; it needs 'calibration_max_cells' and "
                + "'calibration_longest_length' beside it, all of them numbers from 0 up");
        return new Calibration(file.Metadata.GetValueOrDefault("calibration", "the file's own metadata"), input, cells, longest);
    }

    private static string Text(float[] values) =>
        "[" + string.Join(",", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture))) + "]";
}

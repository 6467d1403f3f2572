// The decoder in a safetensors file: tensors whose names begin with "decoder.", and its sizes in the metadata. The rest of the file is the encoder
// with the head, as a classifier has them.

using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Crime.Model;

namespace Crime.Modelling.Import;

/// <summary>Writes and reads the tensors of a decoder.</summary>
internal static class DecoderTensors
{
    private const string Key = "decoder";
    private const string Prefix = "decoder.";

    private static readonly string[] s_cell = ["cell.weight_ih", "cell.weight_hh", "cell.bias_ih", "cell.bias_hh"];

    private sealed record Sizes(
        string Cell, int Attention, int Hidden, int Embedding, int AttentionHidden, int Beam, int Longest, double Gamma, double Delta, double Deviation,
        double RSquared, int Pairs);

    /// <summary>Adds a decoder to a file.</summary>
    public static void Add(TrainedDecoder decoder, Safetensors file)
    {
        DirectionWeights weights = decoder.Cell.Directions[0];
        int hidden = decoder.Cell.HiddenCount, rows = decoder.Cell.Shape.RowCount, inputs = decoder.Cell.InputCount;
        int[][] shapes = [[rows, inputs], [rows, hidden], [rows], [rows]];
        float[][] arrays = [weights.InputWeights, weights.RecurrentWeights, weights.InputBias, weights.RecurrentBias];
        for (int k = 0; k < arrays.Length; k++) file.Tensors[Prefix + s_cell[k]] = new(shapes[k], arrays[k]);
        file.Tensors[Prefix + "embedding"] = new([decoder.Embedding.Length / decoder.EmbeddingCount, decoder.EmbeddingCount], decoder.Embedding);
        for (int k = 0; k < decoder.AttentionWeights.Count; k++)
            file.Tensors[$"{Prefix}attention.{k}"] = new([decoder.AttentionWeights[k].Length], decoder.AttentionWeights[k]);
        OutputLengthFit length = decoder.Length;
        file.Metadata[Key] = JsonSerializer.Serialize(new Sizes(
            decoder.Cell.Kind == CellKind.Gru ? "gru" : "lstm", (int)decoder.Attention, hidden, decoder.EmbeddingCount, decoder.AttentionCount, decoder.BeamWidth,
            decoder.LongestOutput, length.Gamma, length.Delta, length.Deviation, length.RSquared, length.Pairs));
    }

    /// <summary>Takes the decoder out of a file.</summary>
    /// <param name="file">The file; its tensors of the decoder are removed.</param>
    /// <param name="path">Path for messages.</param>
    /// <returns>The decoder; null for a file without one.</returns>
    /// <exception cref="UserInputException">Something is missing, or has the wrong size.</exception>
    public static TrainedDecoder? Take(Safetensors file, string path)
    {
        if (!file.Metadata.TryGetValue(Key, out string? text)) return null;
        UserInputException Bad(string what) => new($"{path}: metadata '{Key}': {what}; train the network again with crime train");
        Sizes sizes;
        try
        {
            sizes = JsonSerializer.Deserialize<Sizes>(text) ?? throw Bad("is empty");
        }
        catch (JsonException e)
        {
            throw Bad(e.Message);
        }
        bool isBahdanau = sizes.Attention == (int)AttentionKind.Bahdanau;
        if (sizes.Attention is < 0 or > (int)AttentionKind.Bahdanau || sizes.Hidden is < 1 or > ModelFormat.MaxHidden || sizes.Embedding is < 1 or > ModelFormat.MaxInputs
            || sizes.Beam is < 1 or > DecoderSection.MaxBeamWidth || sizes.Longest is < 1 or > DecoderSection.MaxOutput
            || (isBahdanau ? sizes.AttentionHidden is < 1 or > ModelFormat.MaxHidden : sizes.AttentionHidden != 0)
            || !double.IsFinite(sizes.Gamma) || !double.IsFinite(sizes.Delta) || !double.IsFinite(sizes.Deviation))
            throw Bad("a size is outside its range");
        CellKind kind = sizes.Cell == "gru" ? CellKind.Gru : CellKind.Lstm;
        int inputs = isBahdanau ? sizes.Embedding + sizes.Hidden : sizes.Embedding, hidden = sizes.Hidden, width = sizes.AttentionHidden;
        int rows = new LayerShape(kind, Direction.Forward, inputs, hidden, LayerOptions.None).RowCount;
        float[] Array(string name, int count)
        {
            if (!file.Tensors.Remove(Prefix + name, out Tensor? tensor)) throw Bad($"tensor '{Prefix}{name}' is missing");
            return count < 0 || tensor.Values.Length == count ? tensor.Values : throw Bad($"tensor '{Prefix}{name}' has {tensor.Values.Length} numbers, not {count}");
        }
        int[] attention = (AttentionKind)sizes.Attention switch
        {
            AttentionKind.None => [],
            AttentionKind.Bahdanau => [width * hidden, width * hidden, width],
            AttentionKind.LuongGeneral => [hidden * hidden, 2 * hidden * hidden, hidden],
            _ => [2 * hidden * hidden, hidden],
        };
        return new TrainedDecoder
        {
            Cell = new RecurrentLayer
            {
                Kind = kind, InputCount = inputs, HiddenCount = hidden,
                Directions =
                [
                    new DirectionWeights
                    {
                        InputWeights = Array(s_cell[0], rows * inputs), RecurrentWeights = Array(s_cell[1], rows * hidden),
                        InputBias = Array(s_cell[2], rows), RecurrentBias = Array(s_cell[3], rows),
                    },
                ],
            },
            Attention = (AttentionKind)sizes.Attention, Embedding = Array("embedding", -1), EmbeddingCount = sizes.Embedding, AttentionCount = width,
            AttentionWeights = [.. attention.Select((count, k) => Array($"attention.{k}", count))], BeamWidth = sizes.Beam, LongestOutput = sizes.Longest,
            Length = new OutputLengthFit(sizes.Gamma, sizes.Delta, sizes.Deviation, sizes.RSquared, sizes.Pairs),
        };
    }

    /// <summary>Returns an encoder with its head as a network that writes sequences.</summary>
    /// <param name="model">The encoder and the head.</param>
    /// <param name="decoder">The decoder.</param>
    /// <param name="path">Path for messages.</param>
    /// <exception cref="UserInputException">They do not fit each other.</exception>
    public static TrainedModel Join(TrainedModel model, TrainedDecoder decoder, string path)
    {
        int classes = model.ClassNames.Count;
        LayerShape last = model.Layers[^1].Shape;
        if (model.Graph != null || model.HeadInput != HeadInput.FinalState || decoder.Embedding.Length != classes * decoder.EmbeddingCount
            || decoder.Cell.HiddenCount != last.OutputCount || (decoder.Cell.Kind == CellKind.Lstm && !last.HasCellState))
            throw new UserInputException($"{path}: decoder and encoder do not fit each other; train the network again with crime train");
        return model.WithDecoder(decoder);
    }
}

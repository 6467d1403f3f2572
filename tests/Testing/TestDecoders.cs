using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;

namespace Crime.Testing;

/// <summary>Small random models that write sequences.</summary>
public static class TestDecoders
{
    /// <summary>Tokens that the models read.</summary>
    public const int Vocabulary = 7;

    /// <summary>Returns a model of one layer that writes a sequence.</summary>
    /// <param name="cell">Cell of encoder and decoder.</param>
    /// <param name="attention">Its attention.</param>
    /// <param name="hidden">Hidden units.</param>
    /// <param name="outputs">Output tokens, the end included.</param>
    /// <param name="longest">Most output tokens.</param>
    /// <param name="seed">Decides the weights.</param>
    /// <param name="beam">Hypotheses.</param>
    /// <param name="scale">Largest weight.</param>
    /// <param name="length">Line of the output length; null for 0.5 n + 1.25.</param>
    public static TrainedModel Make(
        CellKind cell, AttentionKind attention, int hidden = 6, int outputs = 5, int longest = 9, int seed = 1, int beam = 1, double scale = 1,
        OutputLengthFit? length = null)
    {
        const int inputs = 4, embedding = 3, width = 5;
        var random = new Random(seed);
        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble() - 1) * scale))];
        bool isBahdanau = attention == AttentionKind.Bahdanau;
        TrainedModel encoder = TestModels.Make(inputs, [(cell, hidden)], outputs, Vocabulary, seed, scale, "writer");
        TrainedModel decoder = TestModels.Make(isBahdanau ? embedding + hidden : embedding, [(cell, hidden)], outputs, 0, seed + 1000, scale);
        return new TrainedModel
        {
            Name = "writer", Input = InputKind.Tokens, InputCount = inputs, CodePoints = encoder.CodePoints, Embedding = encoder.Embedding,
            ClassNames = [.. Enumerable.Range(0, outputs).Select(k => k == 0 ? "" : ((char)('a' + k - 1)).ToString())],
            Layers = encoder.Layers, HeadWeights = Floats(outputs * hidden), HeadBias = Floats(outputs), Answer = AnswerKind.Sequence,
            Decoder = new TrainedDecoder
            {
                Cell = decoder.Layers[0], Attention = attention, Embedding = Floats(outputs * embedding), EmbeddingCount = embedding,
                AttentionCount = isBahdanau ? width : 0, BeamWidth = beam, LongestOutput = longest, Length = length ?? new OutputLengthFit(0.5, 1.25, 0.75, 0.9, 100),
                AttentionWeights = attention switch
                {
                    AttentionKind.None => [],
                    AttentionKind.Bahdanau => [Floats(width * hidden), Floats(width * hidden), Floats(width)],
                    AttentionKind.LuongGeneral => [Floats(hidden * hidden), Floats(2 * hidden * hidden), Floats(hidden)],
                    _ => [Floats(2 * hidden * hidden), Floats(hidden)],
                },
            },
        };
    }

    /// <summary>Returns the file of a model, for gateways.</summary>
    public static byte[] Write(TrainedModel model) => ModelFileWriter.Write(model, null);
}

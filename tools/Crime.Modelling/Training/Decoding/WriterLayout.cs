// The numbers of an encoder-decoder network that training changes, in one flat array.

using System;
using System.Collections.Generic;
using Crime.Model;

namespace Crime.Modelling.Training.Decoding;

/// <summary>Sizes of an encoder-decoder network and where each group of its parameters lies in a flat array.</summary>
/// <param name="Kind">Cell of encoder and decoder: LSTM or GRU.</param>
/// <param name="EmbeddingCount">Dimensions of the embeddings of input and output tokens.</param>
/// <param name="HiddenCount">Hidden units of encoder and decoder.</param>
/// <param name="VocabularyCount">Input tokens.</param>
/// <param name="OutputCount">Output tokens, the end included.</param>
/// <param name="Attention">Attention over the encoder's outputs.</param>
public sealed record WriterLayout(CellKind Kind, int EmbeddingCount, int HiddenCount, int VocabularyCount, int OutputCount, AttentionKind Attention)
{
    /// <summary>Layout of the encoder's cell, from <see cref="EncoderStart"/> on.</summary>
    public CellLayout Encoder { get; } = new(Kind, EmbeddingCount, HiddenCount, 0, 0);

    /// <summary>Layout of the decoder's cell, from <see cref="DecoderStart"/> on.</summary>
    public CellLayout Decoder { get; } = new(Kind, Attention == AttentionKind.Bahdanau ? EmbeddingCount + HiddenCount : EmbeddingCount, HiddenCount, 0, 0);

    /// <summary>Start of the embedding of the output tokens, [output tokens][embedding]; that of the input tokens is before it.</summary>
    public int OutputEmbedding => VocabularyCount * EmbeddingCount;

    /// <summary>Start of the encoder's cell.</summary>
    public int EncoderStart => OutputEmbedding + OutputCount * EmbeddingCount;

    /// <summary>Start of the decoder's cell.</summary>
    public int DecoderStart => EncoderStart + Encoder.Count;

    /// <summary>Start of the attention's arrays, in the order of the model file.</summary>
    public int AttentionStart => DecoderStart + Decoder.Count;

    /// <summary>Sizes of the attention's arrays.</summary>
    public IReadOnlyList<int> AttentionSizes => Attention switch
    {
        AttentionKind.None => [],
        // The score has as many hidden units as the network.
        AttentionKind.Bahdanau => [HiddenCount * HiddenCount, HiddenCount * HiddenCount, HiddenCount],
        AttentionKind.LuongGeneral => [HiddenCount * HiddenCount, 2 * HiddenCount * HiddenCount, HiddenCount],
        _ => [2 * HiddenCount * HiddenCount, HiddenCount],
    };

    /// <summary>Start of the head's weights, [output tokens][hidden].</summary>
    public int HeadWeights
    {
        get
        {
            int at = AttentionStart;
            foreach (int size in AttentionSizes) at += size;
            return at;
        }
    }

    /// <summary>Start of the head's biases, [output tokens].</summary>
    public int HeadBias => HeadWeights + OutputCount * HiddenCount;

    /// <summary>Number of parameters.</summary>
    public int Count => HeadBias + OutputCount;

    /// <summary>Returns the start of an array of the attention.</summary>
    /// <param name="index">Its number in the model file.</param>
    public int AttentionArray(int index)
    {
        int at = AttentionStart;
        for (int k = 0; k < index; k++) at += AttentionSizes[k];
        return at;
    }

    /// <summary>Start values as PyTorch draws them, uniform within 1 / sqrt(hidden); the forget gates of an LSTM start open, embeddings within 1.</summary>
    public float[] Initialise(Random random)
    {
        var parameters = new float[Count];
        float range = 1 / MathF.Sqrt(HiddenCount);
        for (int i = 0; i < Count; i++) parameters[i] = (float)(random.NextDouble() * 2 - 1) * (i < EncoderStart ? 1 : range);
        if (Kind != CellKind.Lstm) return parameters;
        foreach (int start in (int[])[EncoderStart + Encoder.Bias, DecoderStart + Decoder.Bias])
            for (int unit = 0; unit < HiddenCount; unit++) parameters[start + HiddenCount + unit] += 1;
        return parameters;
    }

    /// <summary>The parameters in PyTorch's layout.</summary>
    /// <param name="parameters">[Count]</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="data">Says what the tokens are.</param>
    /// <param name="beamWidth">Hypotheses of a gateway.</param>
    public TrainedModel ToModel(ReadOnlySpan<float> parameters, string name, WriterData data, int beamWidth)
    {
        var attention = new List<float[]>();
        for (int k = 0; k < AttentionSizes.Count; k++) attention.Add(parameters.Slice(AttentionArray(k), AttentionSizes[k]).ToArray());
        return new TrainedModel
        {
            Name = name,
            Input = InputKind.Tokens,
            InputCount = EmbeddingCount,
            ClassNames = data.OutputNames,
            CodePoints = data.CodePoints,
            Embedding = parameters[..OutputEmbedding].ToArray(),
            Layers = [Layer(Encoder, parameters.Slice(EncoderStart, Encoder.Count))],
            Answer = AnswerKind.Sequence,
            Decoder = new TrainedDecoder
            {
                Cell = Layer(Decoder, parameters.Slice(DecoderStart, Decoder.Count)),
                Attention = Attention,
                Embedding = parameters[OutputEmbedding..EncoderStart].ToArray(),
                EmbeddingCount = EmbeddingCount,
                AttentionCount = Attention == AttentionKind.Bahdanau ? HiddenCount : 0,
                AttentionWeights = attention,
                BeamWidth = beamWidth,
                LongestOutput = data.LongestOutput,
                Length = data.Length,
            },
            HeadWeights = parameters[HeadWeights..HeadBias].ToArray(),
            HeadBias = parameters[HeadBias..].ToArray(),
        };
    }

    private static RecurrentLayer Layer(CellLayout layout, ReadOnlySpan<float> values)
    {
        var recurrentBias = new float[layout.RowCount];
        values[layout.CandidateBias..layout.HeadWeights].CopyTo(recurrentBias.AsSpan(2 * layout.HiddenCount));
        return new RecurrentLayer
        {
            Kind = layout.Kind,
            InputCount = layout.InputCount,
            HiddenCount = layout.HiddenCount,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = CellLayout.Transpose(values[layout.InputWeights..layout.RecurrentWeights], layout.InputCount, layout.RowCount),
                    RecurrentWeights = CellLayout.Transpose(values[layout.RecurrentWeights..layout.Bias], layout.HiddenCount, layout.RowCount),
                    InputBias = values[layout.Bias..layout.CandidateBias].ToArray(),
                    RecurrentBias = recurrentBias,
                },
            ],
        };
    }
}

/// <summary>The parameters that a batch runs with, and its matrices transposed for the way back.</summary>
internal sealed class WriterParameters
{
    /// <summary>Takes the parameters of a batch.</summary>
    /// <param name="layout">Places of the parameters in the array.</param>
    /// <param name="values">[layout.Count]; not copied.</param>
    public WriterParameters(WriterLayout layout, float[] values)
    {
        Values = values;
        (EncoderInput, EncoderRecurrent) = Transposed(layout.Encoder, values.AsSpan(layout.EncoderStart, layout.Encoder.Count));
        (DecoderInput, DecoderRecurrent) = Transposed(layout.Decoder, values.AsSpan(layout.DecoderStart, layout.Decoder.Count));
    }

    /// <summary>All parameters.</summary>
    public float[] Values { get; }

    /// <summary>[rows][inputs]</summary>
    public float[] EncoderInput { get; }

    /// <summary>[rows][hidden]</summary>
    public float[] EncoderRecurrent { get; }

    /// <summary>[rows][inputs]</summary>
    public float[] DecoderInput { get; }

    /// <summary>[rows][hidden]</summary>
    public float[] DecoderRecurrent { get; }

    private static (float[] Input, float[] Recurrent) Transposed(CellLayout layout, ReadOnlySpan<float> values) => (
        CellLayout.Transpose(values[layout.InputWeights..layout.RecurrentWeights], layout.InputCount, layout.RowCount),
        CellLayout.Transpose(values[layout.RecurrentWeights..layout.Bias], layout.HiddenCount, layout.RowCount));
}

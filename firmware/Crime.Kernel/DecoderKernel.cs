// The decoder on the board: one table-driven cell that reads its own last token. The head belongs to the network, because the encoder has none.

using System;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>The cell of a decoder and the embedding of the output tokens; no allocation after construction. Not thread-safe.</summary>
internal abstract class DecoderKernel
{
    private readonly LayerKernel _layer;

    // [output tokens * embedding]
    private readonly short[] _embedding;
    private readonly int _embeddingCount;

    /// <summary>Logits of the least certain token.</summary>
    public readonly int[] Weakest;

    /// <summary>Most steps of an output, the end included.</summary>
    public readonly int LongestOutput;

    /// <summary>Builds the decoder.</summary>
    /// <param name="model">A model with a decoder in fixed point; not referenced afterwards.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    protected DecoderKernel(ModelFile model, ActivationTables tables, SaturationCounters saturations)
    {
        FixedLayer cell = model.Decoder.Fixed;
        _embeddingCount = model.Decoder.EmbeddingCount;
        _embedding = new short[model.OutputCount * _embeddingCount];
        for (int i = 0; i < _embedding.Length; i++) _embedding[i] = model.OutputEmbedding(i / _embeddingCount, i % _embeddingCount);
        var state = new LayerState(cell);
        // Without the input sums of every token: they would take twice the heap that the columns of an embedding take.
        if (cell.Shape.Kind == CellKind.Gru) _layer = new GruLayer(cell, null, state, tables, saturations);
        else _layer = LstmLayer.Create(cell, null, state, tables, saturations);
        Weakest = new int[model.OutputCount];
        LongestOutput = model.Decoder.LongestOutput;
    }

    /// <summary>Takes over the cell and the embedding of another decoder.</summary>
    protected DecoderKernel(DecoderKernel other)
    {
        _layer = other._layer;
        _embedding = other._embedding;
        _embeddingCount = other._embeddingCount;
        Weakest = other.Weakest;
        LongestOutput = other.LongestOutput;
    }

    /// <summary>Hidden state after the last step.</summary>
    public short[] Hidden => _layer.State.Hidden;

    /// <summary>Starts an output from the final state of the encoder, whose cell format is that of the decoder.</summary>
    /// <param name="end">State of the encoder's last layer; not changed.</param>
    public virtual void Begin(LayerState end)
    {
        Array.Copy(end.Hidden, 0, _layer.State.Hidden, 0, end.Hidden.Length);
        Array.Copy(end.Cell, 0, _layer.State.Cell, 0, _layer.State.Cell.Length);
    }

    /// <summary>One step.</summary>
    /// <param name="token">The token before it; 0 at the start.</param>
    public virtual void Step(int token) => _layer.Step(_embedding, token * _embeddingCount);
}

/// <summary>A decoder without a listener.</summary>
internal sealed class PlainDecoder : DecoderKernel
{
    /// <summary>Builds the decoder.</summary>
    /// <param name="model">A model with a decoder in fixed point; not referenced afterwards.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public PlainDecoder(ModelFile model, ActivationTables tables, SaturationCounters saturations) : base(model, tables, saturations)
    {
    }
}

// Fixed-point weights, and what was chosen on the way.

using System.Collections.Generic;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Quantisation;

/// <summary>Fixed-point weights of one layer. Row and column order are those of <see cref="LayerShape"/>.</summary>
public sealed class QuantisedLayer
{
    /// <summary>Kind and sizes.</summary>
    public required LayerShape Shape { get; init; }

    /// <summary>Fraction bits of the cell state; 0 for a cell without one.</summary>
    public required int CellFractionBits { get; init; }

    /// <summary>True when the cell state has 32 bits, of which <see cref="CellFractionBits"/> are the fraction.</summary>
    public required bool IsWideCell { get; init; }

    /// <summary>Fraction bits of each gate row, [rows].</summary>
    public required int[] RowFractionBits { get; init; }

    /// <summary>Effective bits of each gate row, [rows]: of its largest weight, sign included.</summary>
    public required int[] RowWeightBits { get; init; }

    /// <summary>[rows], then for a GRU the recurrent biases of the candidate, [hidden].</summary>
    public required int[] Bias { get; init; }

    /// <summary>Stored weights, [rows][inputs, then hidden].</summary>
    public required short[] Codes { get; init; }

    /// <summary>What one unit of a code counts, [rows][on inputs, on hidden units]; all 1 where weights are stored in full.</summary>
    public required int[] Steps { get; init; }

    /// <summary>A weight as the kernel computes with it.</summary>
    public int Weight(int row, int column) =>
        Codes[row * Shape.ColumnCount + column] * Steps[2 * row + (column < Shape.InputCount ? 0 : 1)];
}

/// <summary>Fixed-point weights of a fully connected layer.</summary>
public sealed class QuantisedDense
{
    /// <summary>Numbers that go out.</summary>
    public required int OutputCount { get; init; }

    /// <summary>The function of each sum.</summary>
    public required DenseFunction Function { get; init; }

    /// <summary>Fraction bits of the sums.</summary>
    public required int SumFractionBits { get; init; }

    /// <summary>Fraction bits of the results.</summary>
    public required int FractionBits { get; init; }

    /// <summary>[outputs]</summary>
    public required int[] Bias { get; init; }

    /// <summary>[outputs][inputs]</summary>
    public required short[] Weights { get; init; }
}

/// <summary>Fixed-point weights of a convolution.</summary>
public sealed class QuantisedConvolution
{
    /// <summary>The timesteps that it sees.</summary>
    public required WindowShape Window { get; init; }

    /// <summary>The fully connected layer that reads a window; null for the window as it is.</summary>
    public required QuantisedDense? Map { get; init; }

    /// <summary>Largest magnitude of a result in the calibration data; null without data.</summary>
    public float? Seen { get; init; }
}

/// <summary>Fixed-point weights of a model.</summary>
public sealed class QuantisedModel
{
    /// <summary>Convolutions between the input and the first recurrent layer.</summary>
    public IReadOnlyList<QuantisedConvolution> Front { get; init; } = [];

    /// <summary>The pooling of the last layer's outputs.</summary>
    public PoolingKind Pooling { get; init; }

    /// <summary>Fully connected layers between the last recurrent layer and the head.</summary>
    public IReadOnlyList<QuantisedDense> DenseLayers { get; init; } = [];

    /// <summary>Bits in which a weight is stored: 16, 8, 6 or 4.</summary>
    public required int WeightBits { get; init; }

    /// <summary>Fraction bits of the inputs.</summary>
    public required int InputFractionBits { get; init; }

    /// <summary>Fraction bits of the logits.</summary>
    public required int LogitFractionBits { get; init; }

    /// <summary>The layers.</summary>
    public required IReadOnlyList<QuantisedLayer> Layers { get; init; }

    /// <summary>[classes]</summary>
    public required int[] HeadBias { get; init; }

    /// <summary>[classes][outputs of the last layer]</summary>
    public required short[] HeadWeights { get; init; }

    /// <summary>[vocabulary][inputs]</summary>
    public required short[] Embedding { get; init; }

    /// <summary>The cell of the decoder; null for a model that writes no sequence.</summary>
    public QuantisedLayer? Decoder { get; init; }

    /// <summary>Fraction bits of <see cref="OutputEmbedding"/>.</summary>
    public int OutputFractionBits { get; init; }

    /// <summary>[output tokens][embedding]; empty without a decoder.</summary>
    public short[] OutputEmbedding { get; init; } = [];

    /// <summary>Where the ranges came from.</summary>
    public required Calibration Calibration { get; init; }
}

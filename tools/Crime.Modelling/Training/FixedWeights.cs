// Fixed-point weights as the fine-tuning runs them: columns of all rows side by side, so that a step is a few vector
// instructions. Made anew after every step of the optimiser, without a detour over the file format.

using System;
using Crime.Model;
using Crime.Modelling.Quantisation;

namespace Crime.Modelling.Training;

/// <summary>The quantised network of one step of the optimiser; shared by all threads.</summary>
public sealed class FixedWeights
{
    /// <summary>Lays out a quantised network of one layer.</summary>
    public FixedWeights(QuantisedModel model)
    {
        QuantisedLayer layer = model.Layers[0];
        int rows = layer.Shape.RowCount, columns = layer.Shape.ColumnCount;
        Shape = layer.Shape;
        InputFractionBits = model.InputFractionBits;
        CellFractionBits = layer.CellFractionBits;
        IsWideCell = layer.IsWideCell;
        LogitFractionBits = model.LogitFractionBits;
        RowFractionBits = layer.RowFractionBits;
        Columns = new int[columns * rows];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) Columns[column * rows + row] = layer.Weight(row, column);
        Bias = layer.Bias;
        HeadWeights = model.HeadWeights;
        HeadBias = model.HeadBias;
        Embedding = model.Embedding;
    }

    /// <summary>Kind and sizes.</summary>
    public LayerShape Shape { get; }

    /// <summary>Fraction bits of the inputs.</summary>
    public int InputFractionBits { get; }

    /// <summary>Fraction bits of the cell state; 0 for GRU.</summary>
    public int CellFractionBits { get; }

    /// <summary>Whether the cell state has 32 bits.</summary>
    public bool IsWideCell { get; }

    /// <summary>Fraction bits of the logits.</summary>
    public int LogitFractionBits { get; }

    /// <summary>Fraction bits of each gate row, [rows].</summary>
    public int[] RowFractionBits { get; }

    /// <summary>[inputs, then hidden][rows]</summary>
    public int[] Columns { get; }

    /// <summary>[rows], then for a GRU the recurrent biases of the candidate, [hidden].</summary>
    public int[] Bias { get; }

    /// <summary>[classes][hidden]</summary>
    public short[] HeadWeights { get; }

    /// <summary>[classes]</summary>
    public int[] HeadBias { get; }

    /// <summary>[vocabulary][inputs]</summary>
    public short[] Embedding { get; }

    /// <summary>The real numbers that the weights stand for: a forward pass in real numbers would use these.</summary>
    /// <param name="layout">Where what goes.</param>
    public float[] Dequantise(CellLayout layout)
    {
        int rows = Shape.RowCount, inputs = Shape.InputCount;
        var parameters = new float[layout.Count];
        for (int k = 0; k < Shape.ColumnCount; k++)
        {
            int operandBits = k < inputs ? InputFractionBits : ModelFormat.HiddenFractionBits;
            int to = layout.InputWeights + k * rows;
            for (int row = 0; row < rows; row++) parameters[to + row] = Real(Columns[k * rows + row], RowFractionBits[row] - operandBits);
        }
        for (int i = 0; i < Bias.Length; i++) parameters[layout.Bias + i] = Real(Bias[i], RowFractionBits[i < rows ? i : i - Shape.HiddenCount]);
        for (int i = 0; i < HeadWeights.Length; i++)
            parameters[layout.HeadWeights + i] = Real(HeadWeights[i], LogitFractionBits - ModelFormat.HiddenFractionBits);
        for (int k = 0; k < HeadBias.Length; k++) parameters[layout.HeadBias + k] = Real(HeadBias[k], LogitFractionBits);
        for (int i = 0; i < Embedding.Length; i++) parameters[layout.Embedding + i] = Real(Embedding[i], InputFractionBits);
        return parameters;
    }

    private static float Real(int value, int fractionBits) => (float)Math.ScaleB(value, -fractionBits);
}

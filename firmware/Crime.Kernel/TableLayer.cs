// What the table-driven layers have in common: their gate sums begin with the inputs' part - biases and products, or, where
// the inputs are tokens and the heap has room, a row of a table that was worked out beforehand. A one-hot input then costs no
// multiplication; the sums are whole numbers, so the bits are the same.

using System;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>A layer with its weights in tables.</summary>
public abstract class TableLayer : LayerKernel
{
    /// <summary>Most bytes of heap for the sums of all tokens: a third of what a board without external memory has.</summary>
    public const int TokenTableSizeMax = 32 * 1024;

    // [pairs]: biases, packed
    private readonly long[] _bias;

    // Null when the sums of every token are known.
    private readonly PackedColumns _inputColumns;

    // [tokens][pairs], null when they are not.
    private readonly long[][] _tokenSums;

    // [pairs]: the gate sums of the step under way.
    private readonly long[] _sums;

    /// <summary>Packs a layer's weights.</summary>
    /// <param name="layer">The layer's numbers; not referenced afterwards.</param>
    /// <param name="embedding">[tokens][inputs] where the layer's inputs are tokens, otherwise null; not referenced afterwards.</param>
    /// <param name="lowRows">Gate rows of the low lanes, one per pair; -1 for zeros.</param>
    /// <param name="highRows">Gate rows of the high lanes.</param>
    /// <param name="state">The layer's state.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    protected TableLayer(
        FixedLayer layer, short[] embedding, int[] lowRows, int[] highRows, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(state, tables, saturations)
    {
        LayerShape shape = layer.Shape;
        int pairCount = lowRows.Length;
        _bias = new long[pairCount];
        for (int pair = 0; pair < pairCount; pair++)
            _bias[pair] = PackedColumns.PackBias(
                layer.Bias(lowRows[pair]), highRows[pair] == PackedColumns.NoRow ? 0 : layer.Bias(highRows[pair]));
        _sums = new long[pairCount];
        HiddenColumns = new PackedColumns(layer, shape.InputCount, shape.HiddenCount, lowRows, highRows);
        _inputColumns = new PackedColumns(layer, 0, shape.InputCount, lowRows, highRows);
        if (embedding == null || embedding.Length / shape.InputCount * pairCount * sizeof(long) > TokenTableSizeMax) return;

        _tokenSums = new long[embedding.Length / shape.InputCount][];
        for (int token = 0; token < _tokenSums.Length; token++)
        {
            var sums = new long[pairCount];
            Array.Copy(_bias, sums, pairCount);
            _inputColumns.AddProducts(sums, embedding, token * shape.InputCount);
            _tokenSums[token] = sums;
        }
        _inputColumns = null;
    }

    /// <summary>Returns whether the first layer of a model can hold the input sums of every token.</summary>
    public static bool CanKnowTokens(ModelFile model)
    {
        // A convolution reads the embedding itself.
        if (model.Input != InputKind.Tokens || model.ReadFront() != null) return false;
        LayerShape shape = model.Layers[0];
        return model.VocabularyCount * ((shape.RowCount + 1) / 2) * sizeof(long) <= TokenTableSizeMax;
    }

    /// <inheritdoc/>
    public sealed override bool KnowsTokens => _tokenSums != null;

    /// <summary>The weights on the hidden units, of all pairs of rows.</summary>
    private protected PackedColumns HiddenColumns { get; }

    /// <inheritdoc/>
    public sealed override void Step(short[] x, int offset)
    {
        Array.Copy(_bias, _sums, _sums.Length);
        _inputColumns.AddProducts(_sums, x, offset);
        Finish(_sums);
    }

    /// <inheritdoc/>
    public sealed override void StepToken(int token)
    {
        Array.Copy(_tokenSums[token], _sums, _sums.Length);
        Finish(_sums);
    }

    /// <summary>Adds the hidden units' part and makes the next state.</summary>
    /// <param name="sums">Per pair of rows, biases and the products of the inputs; may be changed.</param>
    protected abstract void Finish(long[] sums);

    /// <summary>From a row's accumulator to an index of the activation table, for all units of a gate.</summary>
    protected static byte[] IndexShifts(FixedLayer layer, int firstRow, int fractionBits)
    {
        var shifts = new byte[layer.Shape.HiddenCount];
        for (int unit = 0; unit < shifts.Length; unit++) shifts[unit] = (byte)(layer.RowFractionBits(firstRow + unit) - fractionBits);
        return shifts;
    }
}

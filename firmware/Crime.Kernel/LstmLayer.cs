// The table-driven LSTM layer: reads its weights from a model file, so that a new model needs no new firmware.
//
//     i = sigmoid(Wi x + Ui h + bi)        c' = f c + i g
//     f = sigmoid(Wf x + Uf h + bf)        h' = o tanh(c')
//     g = tanh   (Wg x + Ug h + bg)
//     o = sigmoid(Wo x + Uo h + bo)
//
// SPEC.md, "The LSTM step", defines every shift and rounding. What executes per weight is counted and budgeted.

using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>An LSTM layer with its weights in tables, and a cell state of 16 bits.</summary>
public sealed class LstmLayer : TableLayer
{
    private readonly int _cellIndexShift;
    private readonly int _candidateShift;

    // [hidden] each: from a row's accumulator to an index of the activation table.
    private readonly byte[] _inputShift;
    private readonly byte[] _forgetShift;
    private readonly byte[] _candidateIndexShift;
    private readonly byte[] _outputShift;

    /// <summary>Builds the layer.</summary>
    /// <param name="layer">The numbers of an LSTM layer; not referenced afterwards.</param>
    /// <param name="embedding">[tokens][inputs] where the layer's inputs are tokens, otherwise null; not referenced afterwards.</param>
    /// <param name="state">The layer's state.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public LstmLayer(FixedLayer layer, short[] embedding, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(layer, embedding, PairedRows(layer, 0), PairedRows(layer, 1), state, tables, saturations)
    {
        int hidden = layer.Shape.HiddenCount;
        _cellIndexShift = layer.CellFractionBits - ActivationTable.IndexFractionBits;
        _candidateShift = 15 - layer.CellFractionBits;
        _inputShift = IndexShifts(layer, 0, ActivationTable.IndexFractionBits);
        _forgetShift = IndexShifts(layer, hidden, ActivationTable.IndexFractionBits);
        _candidateIndexShift = IndexShifts(layer, 2 * hidden, ActivationTable.IndexFractionBits);
        _outputShift = IndexShifts(layer, 3 * hidden, ActivationTable.IndexFractionBits);
    }

    /// <summary>Builds the layer for the width of its cell state. The arguments are those of the constructor.</summary>
    internal static TableLayer Create(FixedLayer layer, short[] embedding, LayerState state, ActivationTables tables, SaturationCounters saturations)
    {
        if (layer.IsWideCell) return new WideLstmLayer(layer, embedding, state, tables, saturations);
        return new LstmLayer(layer, embedding, state, tables, saturations);
    }

    /// <inheritdoc/>
    protected override void Finish(long[] sums)
    {
        short[] hidden = State.Hidden, cell = State.Cell, sigmoid = Sigmoid, tanh = Tanh;
        // All of h is read here, before any unit's changes below.
        HiddenColumns.AddProducts(sums, hidden, 0);
        byte[] inputShift = _inputShift, forgetShift = _forgetShift, candidateIndexShift = _candidateIndexShift, outputShift = _outputShift;
        int hiddenCount = hidden.Length, candidateShift = _candidateShift, cellIndexShift = _cellIndexShift;
        for (int unit = 0; unit < hiddenCount; unit++)
        {
            // The accumulators become indices of the activation tables; one unsigned comparison finds both ends. The low lane
            // carries 2^31 too much: turning its sign bit takes it off.
            long inputForget = sums[unit], candidateOutput = sums[hiddenCount + unit];
            int i = (((int)inputForget ^ int.MinValue) >> inputShift[unit]) + ActivationTable.Zero;
            if ((uint)i >= ActivationTable.Length) i = SaturatedIndex(i);
            int f = ((int)(inputForget >> 32) >> forgetShift[unit]) + ActivationTable.Zero;
            if ((uint)f >= ActivationTable.Length) f = SaturatedIndex(f);
            int g = (((int)candidateOutput ^ int.MinValue) >> candidateIndexShift[unit]) + ActivationTable.Zero;
            if ((uint)g >= ActivationTable.Length) g = SaturatedIndex(g);
            int o = ((int)(candidateOutput >> 32) >> outputShift[unit]) + ActivationTable.Zero;
            if ((uint)o >= ActivationTable.Length) o = SaturatedIndex(o);

            // c' = f c + i g, rounded once. Fixed.RoundShift and SaturateInt16, written out: a call costs 14 instructions.
            int c = (sigmoid[f] * cell[unit] + (sigmoid[i] * tanh[g] >> candidateShift) + 16384) >> 15;
            if (c != (short)c) c = SaturatedCell(c);
            cell[unit] = (short)c;

            // h' = o tanh(c')
            int t = (c >> cellIndexShift) + ActivationTable.Zero;
            if ((uint)t >= ActivationTable.Length) t = t < 0 ? 0 : ActivationTable.Length - 1;
            hidden[unit] = (short)((sigmoid[o] * tanh[t] + 16384) >> 15);
        }
    }

    /// <summary>The rows of input and forget gates, then of candidates and output gates, are the lanes of a pair.</summary>
    internal static int[] PairedRows(FixedLayer layer, int lane)
    {
        int hidden = layer.Shape.HiddenCount;
        var rows = new int[2 * hidden];
        for (int unit = 0; unit < hidden; unit++)
        {
            rows[unit] = lane * hidden + unit;
            rows[hidden + unit] = (2 + lane) * hidden + unit;
        }
        return rows;
    }
}

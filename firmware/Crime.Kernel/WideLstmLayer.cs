// The table-driven LSTM layer for cell states that leave 16 bits, such as those of units that count. SPEC.md, "The LSTM step", defines the arithmetic.
//
// A cell state is w + r / 32768: a whole part w and a fraction r, 16 bits each, in the two halves of the array. With f, i and g in Q0.15 then
//
//     c' = f c + i g = f w + (f r + i g + 16384) >> 15
//
// is exact, and needs no 64-bit product. No state leaves the range of w: the largest f is 32767 / 32768, so the largest states shrink by 1 in each timestep, and
// i g adds less than 1.

using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>An LSTM layer with its weights in tables, and a cell state of 32 bits.</summary>
internal sealed class WideLstmLayer : TableLayer
{
    private const int CellIndexShift = ModelFormat.MaxCellFractionBits - ActivationTable.IndexFractionBits;
    private const int FractionMask = (1 << ModelFormat.MaxCellFractionBits) - 1;

    // [hidden] each: from a row's accumulator to an index of the activation table.
    private readonly byte[] _inputShift;
    private readonly byte[] _forgetShift;
    private readonly byte[] _candidateIndexShift;
    private readonly byte[] _outputShift;

    /// <summary>Builds the layer.</summary>
    /// <param name="layer">The numbers of an LSTM layer with a wide cell; not referenced afterwards.</param>
    /// <param name="embedding">[tokens][inputs] where the layer's inputs are tokens, otherwise null; not referenced afterwards.</param>
    /// <param name="state">The layer's state.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public WideLstmLayer(FixedLayer layer, short[] embedding, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(layer, embedding, LstmLayer.PairedRows(layer, 0), LstmLayer.PairedRows(layer, 1), state, tables, saturations)
    {
        int hidden = layer.Shape.HiddenCount;
        _inputShift = IndexShifts(layer, 0, ActivationTable.IndexFractionBits);
        _forgetShift = IndexShifts(layer, hidden, ActivationTable.IndexFractionBits);
        _candidateIndexShift = IndexShifts(layer, 2 * hidden, ActivationTable.IndexFractionBits);
        _outputShift = IndexShifts(layer, 3 * hidden, ActivationTable.IndexFractionBits);
    }

    /// <inheritdoc/>
    protected override void Finish(long[] sums)
    {
        // The gates are those of LstmLayer. They are written out a second time, because a call per unit would cost 14 instructions.
        short[] hidden = State.Hidden, cell = State.Cell, sigmoid = Sigmoid, tanh = Tanh;
        HiddenColumns.AddProducts(sums, hidden, 0);
        byte[] inputShift = _inputShift, forgetShift = _forgetShift, candidateIndexShift = _candidateIndexShift, outputShift = _outputShift;
        int hiddenCount = hidden.Length;
        for (int unit = 0; unit < hiddenCount; unit++)
        {
            long inputForget = sums[unit], candidateOutput = sums[hiddenCount + unit];
            int i = (((int)inputForget ^ int.MinValue) >> inputShift[unit]) + ActivationTable.Zero;
            if ((uint)i >= ActivationTable.Length) i = SaturatedIndex(i);
            int f = ((int)(inputForget >> 32) >> forgetShift[unit]) + ActivationTable.Zero;
            if ((uint)f >= ActivationTable.Length) f = SaturatedIndex(f);
            int g = (((int)candidateOutput ^ int.MinValue) >> candidateIndexShift[unit]) + ActivationTable.Zero;
            if ((uint)g >= ActivationTable.Length) g = SaturatedIndex(g);
            int o = ((int)(candidateOutput >> 32) >> outputShift[unit]) + ActivationTable.Zero;
            if ((uint)o >= ActivationTable.Length) o = SaturatedIndex(o);

            // c' = f c + i g, rounded once, with 15 fraction bits. The sum below is within 2^31 for all 16-bit fractions.
            int forget = sigmoid[f], whole = hiddenCount + unit;
            int c = forget * cell[whole] + ((forget * cell[unit] + sigmoid[i] * tanh[g] + 16384) >> 15);
            cell[whole] = (short)(c >> 15);
            cell[unit] = (short)(c & FractionMask);

            // h' = o tanh(c')
            int t = (c >> CellIndexShift) + ActivationTable.Zero;
            if ((uint)t >= ActivationTable.Length) t = t < 0 ? 0 : ActivationTable.Length - 1;
            hidden[unit] = (short)((sigmoid[o] * tanh[t] + 16384) >> 15);
        }
    }
}

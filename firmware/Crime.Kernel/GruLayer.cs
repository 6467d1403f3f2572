// The table-driven GRU layer, with PyTorch's order of reset and product.
//
//     r = sigmoid(Wr x + Ur h + br)        n  = tanh((Wn x + bn) + r (Un h + dn))
//     z = sigmoid(Wz x + Uz h + bz)        h' = n + z (h - n)
//
// SPEC.md, "The GRU step", defines every shift and rounding. What executes per weight is counted and budgeted.

using System;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>A GRU layer with its weights in tables.</summary>
public sealed class GruLayer : TableLayer
{
    // Fraction bits that the sum of the candidate's two parts has less than its row.
    private const int HalvedBits = 1;

    // [hidden] each: from a row's accumulator (for the candidate: half of it) to an index of the activation table.
    private readonly byte[] _resetShift;
    private readonly byte[] _updateShift;
    private readonly byte[] _candidateShift;

    // [pairs]: nothing for reset and update, whose biases come with the inputs; d for the candidates.
    private readonly long[] _recurrentBias;

    // [pairs]: the candidates' recurrent part is kept apart from that of the inputs.
    private readonly long[] _recurrentSums;

    /// <summary>Builds the layer.</summary>
    /// <param name="layer">The numbers of a GRU layer; not referenced afterwards.</param>
    /// <param name="embedding">[tokens][inputs] where the layer's inputs are tokens, otherwise null; not referenced afterwards.</param>
    /// <param name="state">The layer's state.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public GruLayer(FixedLayer layer, short[] embedding, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(layer, embedding, PairedRows(layer, 0), PairedRows(layer, 1), state, tables, saturations)
    {
        int hidden = layer.Shape.HiddenCount;
        _resetShift = IndexShifts(layer, 0, ActivationTable.IndexFractionBits);
        _updateShift = IndexShifts(layer, hidden, ActivationTable.IndexFractionBits);
        _candidateShift = IndexShifts(layer, 2 * hidden, ActivationTable.IndexFractionBits + HalvedBits);
        _recurrentBias = new long[hidden + (hidden + 1) / 2];
        _recurrentSums = new long[_recurrentBias.Length];
        for (int unit = 0; unit < hidden; unit += 2)
        {
            int high = unit + 1 < hidden ? layer.Bias(3 * hidden + unit + 1) : 0;
            _recurrentBias[hidden + unit / 2] = PackedColumns.PackBias(layer.Bias(3 * hidden + unit), high);
        }
    }

    /// <inheritdoc/>
    protected override void Finish(long[] sums)
    {
        short[] hidden = State.Hidden, sigmoid = Sigmoid, tanh = Tanh;
        long[] recurrentSums = _recurrentSums;
        // All of h is read here, before any unit's changes below.
        Array.Copy(_recurrentBias, recurrentSums, recurrentSums.Length);
        HiddenColumns.AddProducts(recurrentSums, hidden, 0);
        byte[] resetShift = _resetShift, updateShift = _updateShift, candidateShift = _candidateShift;
        int hiddenCount = hidden.Length;
        for (int unit = 0; unit < hiddenCount; unit++)
        {
            // The accumulators become indices of the activation tables; one unsigned comparison finds both ends. A low lane
            // carries 2^31 too much: turning its sign bit takes it off.
            long resetUpdate = sums[unit] + recurrentSums[unit];
            int r = (((int)resetUpdate ^ int.MinValue) >> resetShift[unit]) + ActivationTable.Zero;
            if ((uint)r >= ActivationTable.Length) r = SaturatedIndex(r);
            int z = ((int)(resetUpdate >> 32) >> updateShift[unit]) + ActivationTable.Zero;
            if ((uint)z >= ActivationTable.Length) z = SaturatedIndex(z);

            // The candidates of two units share a pair. Half of each part: their sum fits 32 bits.
            int pair = hiddenCount + (unit >> 1);
            int n;
            if ((unit & 1) == 0) n = (((int)sums[pair] ^ int.MinValue) >> 1) + sigmoid[r] * (((int)recurrentSums[pair] ^ int.MinValue) >> 16);
            else n = (int)(sums[pair] >> 33) + sigmoid[r] * (int)(recurrentSums[pair] >> 48);
            n = (n >> candidateShift[unit]) + ActivationTable.Zero;
            if ((uint)n >= ActivationTable.Length) n = SaturatedIndex(n);

            // h' = n + z (h - n)
            int candidate = tanh[n];
            hidden[unit] = (short)(candidate + ((sigmoid[z] * (hidden[unit] - candidate) + 16384) >> 15));
        }
    }

    /// <summary>Reset and update gate of a unit are the lanes of a pair; then the candidates of two neighbouring units.</summary>
    private static int[] PairedRows(FixedLayer layer, int lane)
    {
        int hidden = layer.Shape.HiddenCount;
        var rows = new int[hidden + (hidden + 1) / 2];
        for (int unit = 0; unit < hidden; unit++) rows[unit] = lane * hidden + unit;
        for (int unit = lane; unit < hidden + lane; unit += 2)
            rows[hidden + unit / 2] = unit < hidden ? 2 * hidden + unit : PackedColumns.NoRow;
        return rows;
    }
}

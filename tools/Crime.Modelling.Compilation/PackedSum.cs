// Two gate rows in one 64-bit sum, as the compiled kernel adds them up.
//
// Each lane starts from its bias and the offset of the activation table, so that a sum inside the table's range is a lane with
// nothing but zeros above its index. One mask then finds every lane that left the range - a low lane below zero borrows from
// the high one, but it also sets its own upper bits, so it is found - and the slow path takes the lanes apart exactly.
// No offset of 2^31 is needed, and none has to be taken off again.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation;

/// <summary>One row as it lies in a lane.</summary>
internal sealed class Lane
{
    /// <summary>Shift from which the range of the table is as wide as the lane.</summary>
    private const int WidestShift = 21;

    private readonly FixedLayer _layer;
    private readonly int _row;

    public Lane(FixedLayer layer, int row)
    {
        _layer = layer;
        _row = row;
        Shift = layer.RowFractionBits(row) - ActivationTable.IndexFractionBits;
        long low = layer.Bias(row), high = low;
        for (int column = 0; column < layer.Shape.ColumnCount; column++)
        {
            // An operand may be any 16-bit number: a foreign state can be imported between two steps.
            long atMin = (long)Weight(column) * Fixed.Int16Min, atMax = (long)Weight(column) * Fixed.Int16Max;
            low += Math.Min(atMin, atMax);
            high += Math.Max(atMin, atMax);
        }
        long end = (long)ActivationTable.Zero << Shift;
        CanSaturate = low < -end || high >= end;
    }

    /// <summary>From the lane to an index of the table.</summary>
    public int Shift { get; }

    /// <summary>Whether any input can lead beyond the table.</summary>
    public bool CanSaturate { get; }

    /// <summary>Whether the lane is an unsigned number.</summary>
    public bool IsWide => Shift >= WidestShift;

    /// <summary>What the index lacks after the shift: the lane has no room for the whole offset of the narrowest formats.</summary>
    public int IndexOffset => ActivationTable.Zero - (int)(Offset >> Shift);

    /// <summary>Bias and offset of the table.</summary>
    public long Start => _layer.Bias(_row) + Offset;

    /// <summary>The bits that are zero as long as the sum is inside the table's range.</summary>
    public uint Mask => CanSaturate ? uint.MaxValue << (Shift + 11) : 0;

    private long Offset => (long)ActivationTable.Zero << Math.Min(Shift, WidestShift);

    public int Weight(int column) => _layer.Weight(_row, column);
}

/// <summary>Two rows of W x + U h + b.</summary>
internal sealed class PackedSum(Lane low, Lane high)
{
    public Lane Low => low;

    public Lane High => high;

    public long Start => (high.Start << 32) + low.Start;

    public long Mask => ((long)high.Mask << 32) | low.Mask;

    public IEnumerable<long> Weights(int columns) => Enumerable.Range(0, columns).Select(k => ((long)high.Weight(k) << 32) + low.Weight(k));

    /// <summary>Index of the low lane's activation.</summary>
    public Expression LowIndex(Variable sum)
    {
        if (low.IsWide) return Add(new Cast(ValueKind.Int32, Shift(new Cast(ValueKind.UInt32, sum), low.Shift)), low.IndexOffset);
        var lane = new Cast(ValueKind.Int32, sum);
        return low.Shift == 0 ? lane : Shift(lane, low.Shift);
    }

    /// <summary>Index of the high lane's activation.</summary>
    public Expression HighIndex(Variable sum) => high.IsWide
        ? Add(new Cast(ValueKind.Int32, Shift(new Cast(ValueKind.UInt64, sum), 32 + high.Shift)), high.IndexOffset)
        : new Cast(ValueKind.Int32, Shift(sum, 32 + high.Shift));

    private static Operation Shift(Expression value, int bits) => new(Operator.ShiftRight, value, Literal.Int(bits));

    private static Expression Add(Expression index, int offset) => offset == 0 ? index : new Operation(Operator.Add, index, Literal.Int(offset));
}

// What all layer kernels have in common, whether they read tables of weights or were compiled from a model.

using System;
using Crime.FixedPoint;

namespace Crime.Kernel;

/// <summary>Advances one recurrent layer in fixed point; no allocation after construction. Not thread-safe.</summary>
public abstract class LayerKernel
{
    // From this shift on the table covers every 32-bit sum.
    private const int WidestShift = 21;

    // Fields: every layer takes them into locals once per step, and a property would cost a call.

    /// <summary>The sigmoid's table, Q0.15.</summary>
    protected readonly short[] Sigmoid;

    /// <summary>The table of tanh, Q0.15.</summary>
    protected readonly short[] Tanh;

    /// <summary>Takes over the state of a layer.</summary>
    /// <param name="state">The layer's state; changed by every step.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    protected LayerKernel(LayerState state, ActivationTables tables, SaturationCounters saturations)
    {
        State = state;
        Sigmoid = tables.Sigmoid;
        Tanh = tables.Tanh;
        Saturations = saturations;
    }

    /// <summary>The layer's state.</summary>
    public LayerState State { get; }

    private SaturationCounters Saturations { get; }

    /// <summary>One timestep: the state becomes the next one.</summary>
    /// <param name="x">Holds the layer's input, with the layer's input fraction bits.</param>
    /// <param name="offset">Index of its first number.</param>
    public abstract void Step(short[] x, int offset);

    /// <summary>Whether the layer takes the number of a token in the place of its embedding.</summary>
    public virtual bool KnowsTokens => false;

    /// <summary>One timestep of a layer that <see cref="KnowsTokens"/>.</summary>
    /// <param name="token">0 to the vocabulary's count - 1.</param>
    public virtual void StepToken(int token) => throw new NotSupportedException();

    /// <summary>Makes the second buffer of a compiled layer whose step reads the old state to its end.</summary>
    /// <param name="count">Hidden units.</param>
    protected static short[] NewState(int count) => new short[count];

    /// <summary>Makes the new hidden state of a compiled layer the present one. Compiled code itself then needs nothing of the class library.</summary>
    /// <param name="next">The new state.</param>
    /// <param name="state">Receives it.</param>
    protected static void CopyState(short[] next, short[] state) => Array.Copy(next, 0, state, 0, state.Length);

    /// <summary>Counts an index beyond the activation table.</summary>
    /// <returns>The nearest end of the table.</returns>
    protected int SaturatedIndex(int index)
    {
        Saturations.Gates++;
        return index < 0 ? 0 : ActivationTable.Length - 1;
    }

    /// <summary>Counts a cell state beyond 16 bits.</summary>
    /// <returns>The nearest end of 16 bits.</returns>
    protected int SaturatedCell(int value)
    {
        Saturations.Cells++;
        return Fixed.SaturateInt16(value);
    }

    /// <summary>
    /// Two rows of a compiled layer of which at least one has left the range of its table. A lane holds its row's sum plus the
    /// table's offset, <c>1024 &lt;&lt; shift</c>; a low lane below zero has borrowed from the high one.
    /// </summary>
    /// <param name="sums">Low lane + 2^32 * high lane.</param>
    /// <param name="lowShift">From the low lane to its index.</param>
    /// <param name="highShift">From the high lane to its index.</param>
    /// <returns>The same with lanes that lead to the nearest end of the table.</returns>
    protected long SaturatedSums(long sums, int lowShift, int highShift)
    {
        // A row's sum fits 32 bits, so what is left of it after the offset wraps back into them.
        long lowOffset = LaneOffset(lowShift);
        int low = (int)(sums - lowOffset);
        int high = (int)((sums - lowOffset - low) >> 32) - (int)LaneOffset(highShift);
        return (SaturatedLane(high, highShift) << 32) + SaturatedLane(low, lowShift);
    }

    /// <summary>The cell state of a compiled layer when it has left the table of tanh or 16 bits: stores what the cell becomes.</summary>
    /// <param name="cell">The layer's cell states.</param>
    /// <param name="unit">Which one.</param>
    /// <param name="value">The new state plus <paramref name="offset"/>; 17 bits, unsigned, where the offset is 32768.</param>
    /// <param name="offset">The nearer of both ends: <c>1024 &lt;&lt; shift</c> of the table, or 32768.</param>
    /// <returns>The nearest state, offset as before, that lies in the table.</returns>
    protected int SaturatedCell(short[] cell, int unit, int value, int offset)
    {
        if (value >= 0x18000) value -= 0x20000;
        int state = value - offset;
        if (state != (short)state) state = SaturatedCell(state);
        cell[unit] = (short)state;
        return value < 0 ? 0 : 2 * offset - 1;
    }

    /// <summary>The offset of the table in a lane. A lane has room for one of 2^31; a wider table adds the rest to the index.</summary>
    private static long LaneOffset(int shift) => (long)ActivationTable.Zero << (shift < WidestShift ? shift : WidestShift);

    private long SaturatedLane(int sum, int shift)
    {
        // The row bound keeps such a row inside the table.
        if (shift >= WidestShift) return (long)sum + LaneOffset(shift);
        int index = (sum >> shift) + ActivationTable.Zero;
        if ((uint)index >= ActivationTable.Length) index = SaturatedIndex(index);
        return (long)index << shift;
    }
}

/// <summary>The two activation tables, made once for all layers.</summary>
public sealed class ActivationTables
{
    /// <summary>The sigmoid.</summary>
    public readonly short[] Sigmoid = ActivationTable.CreateSigmoid();

    /// <summary>The hyperbolic tangent.</summary>
    public readonly short[] Tanh = ActivationTable.CreateTanh();
}

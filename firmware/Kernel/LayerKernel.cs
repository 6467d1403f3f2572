// What all layer kernels have in common, whether they read tables of weights or were compiled from a model.

using System;
using Crime.FixedPoint;

namespace Crime.Firmware.Kernel;

/// <summary>Advances one recurrent layer in fixed point; no allocation after construction. Not thread-safe.</summary>
public abstract class LayerKernel
{
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

    /// <summary>The sigmoid's table, Q0.15.</summary>
    protected short[] Sigmoid { get; }

    /// <summary>The table of tanh, Q0.15.</summary>
    protected short[] Tanh { get; }

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
}

/// <summary>The two activation tables, made once for all layers.</summary>
public sealed class ActivationTables
{
    /// <summary>The sigmoid.</summary>
    public readonly short[] Sigmoid = ActivationTable.CreateSigmoid();

    /// <summary>The hyperbolic tangent.</summary>
    public readonly short[] Tanh = ActivationTable.CreateTanh();
}

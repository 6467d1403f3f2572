// What every cell is to the network: a step from one hidden state to the next. Weights are shared by all workers, state is not.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>One direction of a layer, packed to compute with. Immutable.</summary>
internal abstract class CellWeights(DirectionNumbers numbers)
{
    /// <summary>Hidden units.</summary>
    public int HiddenCount { get; } = numbers.HiddenCount;

    /// <summary>h before the first step, [hidden].</summary>
    public float[] InitialHidden { get; } = numbers.InitialHidden;

    /// <summary>Bound of the gate inputs; 0 for none.</summary>
    private float Clip { get; } = numbers.Clip;

    private Nonlinearity Gates { get; } = numbers.Gates;

    private Nonlinearity Candidate { get; } = numbers.Candidate;

    /// <summary>A cell with a state of its own.</summary>
    public abstract FloatCell NewCell();

    /// <summary>Packs a direction.</summary>
    public static CellWeights Pack(CellKind kind, DirectionNumbers numbers) => kind switch
    {
        CellKind.Lstm => new LstmWeights(numbers),
        CellKind.Gru => new GruWeights(numbers),
        _ => new SimpleWeights(numbers),
    };

    /// <summary>From sums to gates, in place: clipped, then through the gates' function.</summary>
    public void Open(Span<float> sums) => Squash(sums, Gates);

    /// <summary>From sums to candidates, in place: clipped, then through the candidate's function.</summary>
    public void Propose(Span<float> sums) => Squash(sums, Candidate);

    private void Squash(Span<float> sums, Nonlinearity function)
    {
        if (Clip > 0) TensorPrimitives.Clamp(sums, -Clip, Clip, sums);
        function.Apply(sums);
    }
}

/// <summary>The state and scratch memory of one direction of a layer.</summary>
internal abstract class FloatCell
{
    /// <summary>Cell state, [hidden]; empty for a cell without one.</summary>
    public virtual ReadOnlySpan<float> Cell => [];

    /// <summary>Sets the cell state to what it is before the first step.</summary>
    /// <param name="cell">[hidden]; empty for the model's own.</param>
    public virtual void Reset(ReadOnlySpan<float> cell)
    {
    }

    /// <summary>One timestep.</summary>
    /// <param name="x">[inputs]</param>
    /// <param name="before">h of the step before, [hidden].</param>
    /// <param name="after">Receives h, [hidden]; not the memory of <paramref name="before"/>.</param>
    public abstract void Step(ReadOnlySpan<float> x, ReadOnlySpan<float> before, Span<float> after);
}

// The interface of a cell: one step from a hidden state to the next. All workers share the weights; each has its own state.

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference.Cells;

/// <summary>Packed weights of one direction of a layer. Immutable.</summary>
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

    /// <summary>Returns a new cell with its own state.</summary>
    public abstract FloatCell NewCell();

    /// <summary>Packs a direction.</summary>
    public static CellWeights Pack(CellKind kind, DirectionNumbers numbers) => kind switch
    {
        CellKind.Lstm => new LstmWeights(numbers),
        CellKind.Gru => new GruWeights(numbers),
        _ => new SimpleWeights(numbers),
    };

    /// <summary>Computes gates from sums in place: clips them and applies the activation of the gates.</summary>
    public void Open(Span<float> sums) => Squash(sums, Gates);

    /// <summary>Computes candidates from sums in place: clips them and applies the activation of the candidate.</summary>
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

    /// <summary>Sets the cell state before the first step.</summary>
    /// <param name="cell">Cell state, [hidden]; empty for the initial state of the model.</param>
    public virtual void Reset(ReadOnlySpan<float> cell)
    {
    }

    /// <summary>Computes one timestep.</summary>
    /// <param name="x">[inputs]</param>
    /// <param name="before">h of the previous step, [hidden].</param>
    /// <param name="after">Receives h, [hidden]; must not overlap <paramref name="before"/>.</param>
    public abstract void Step(ReadOnlySpan<float> x, ReadOnlySpan<float> before, Span<float> after);
}

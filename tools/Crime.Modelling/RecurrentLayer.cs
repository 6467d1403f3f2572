// A recurrent layer with its single-precision numbers, in PyTorch's layout, whatever file they came from.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling;

/// <summary>An activation function with its two numbers.</summary>
/// <param name="Function">The function.</param>
/// <param name="Alpha">Its first number; 0 where it has none.</param>
/// <param name="Beta">Its second number; 0 where it has none.</param>
public sealed record ActivationFunction(Activation Function, float Alpha = 0, float Beta = 0);

/// <summary>The numbers of one direction of a layer. The order of the rows is that of <see cref="CellKind"/>.</summary>
public sealed class DirectionWeights
{
    /// <summary>W_ih, [gates * hidden][inputs].</summary>
    public required float[] InputWeights { get; init; }

    /// <summary>W_hh, [gates * hidden][hidden].</summary>
    public required float[] RecurrentWeights { get; init; }

    /// <summary>b_ih, [gates * hidden].</summary>
    public required float[] InputBias { get; init; }

    /// <summary>b_hh, [gates * hidden].</summary>
    public required float[] RecurrentBias { get; init; }

    /// <summary>LSTM: weights of the gates on the cell state, [input, forget, output][hidden]; null without peepholes.</summary>
    public float[]? Peepholes { get; init; }

    /// <summary>h before the first step, [hidden]; null for zeros.</summary>
    public float[]? InitialHidden { get; init; }

    /// <summary>LSTM: c before the first step, [hidden]; null for zeros.</summary>
    public float[]? InitialCell { get; init; }

    /// <summary>
    /// Gates, candidate, cell output (a simple cell: its only one, thrice); null for sigmoid, tanh, tanh (a simple cell: tanh).
    /// </summary>
    public IReadOnlyList<ActivationFunction>? Activations { get; init; }

    /// <summary>All numbers in the order of the float section.</summary>
    public IEnumerable<float[]> Arrays()
    {
        yield return InputWeights;
        yield return RecurrentWeights;
        yield return InputBias;
        yield return RecurrentBias;
        if (Peepholes != null) yield return Peepholes;
        if (InitialHidden != null) yield return InitialHidden;
        if (InitialCell != null) yield return InitialCell;
    }
}

/// <summary>A recurrent layer.</summary>
public sealed class RecurrentLayer
{
    /// <summary>The cell.</summary>
    public required CellKind Kind { get; init; }

    /// <summary>Which way it reads the sequence.</summary>
    public Direction Direction { get; init; } = Direction.Forward;

    /// <summary>Numbers per timestep that come in.</summary>
    public required int InputCount { get; init; }

    /// <summary>Hidden units per direction.</summary>
    public required int HiddenCount { get; init; }

    /// <summary>Bound at which the gate inputs are cut off; 0 for none.</summary>
    public float Clip { get; init; }

    /// <summary>LSTM: the forget gate is one minus the input gate.</summary>
    public bool IsInputForget { get; init; }

    /// <summary>GRU: the reset gate multiplies the hidden state before the product (ONNX's linear_before_reset = 0).</summary>
    public bool IsResetBefore { get; init; }

    /// <summary>The numbers: one entry, or two for both directions, forward first.</summary>
    public required IReadOnlyList<DirectionWeights> Directions { get; init; }

    /// <summary>Kind, sizes and options as the file describes them.</summary>
    public LayerShape Shape => new(Kind, Direction, InputCount, HiddenCount, Options);

    /// <summary>Whether an activation or the clipping needs the file's option section.</summary>
    public bool HasActivations => Clip != 0 || Directions.Any(weights => weights.Activations != null);

    private LayerOptions Options =>
        (Directions.Any(weights => weights.Peepholes != null) ? LayerOptions.Peepholes : 0)
        | (Directions.Any(weights => weights.InitialHidden != null) ? LayerOptions.InitialHidden : 0)
        | (Directions.Any(weights => weights.InitialCell != null) ? LayerOptions.InitialCell : 0)
        | (IsInputForget ? LayerOptions.InputForget : 0)
        | (IsResetBefore ? LayerOptions.ResetBefore : 0)
        | (HasActivations ? LayerOptions.Activations : 0);

    /// <summary>What keeps boards from running the layer, as in "has peepholes"; null when nothing does.</summary>
    public string? ObstacleForBoards
    {
        get
        {
            if (Shape.FitsBoards) return null;
            if (Kind == CellKind.Rnn) return "is a simple RNN";
            if (Direction == Direction.Both) return "reads both ways";
            if (Direction == Direction.Reverse) return "reads backwards";
            if ((Options & LayerOptions.Peepholes) != 0) return "has peepholes";
            if ((Options & (LayerOptions.InitialHidden | LayerOptions.InitialCell)) != 0) return "does not start from zero";
            if (IsInputForget) return "couples its input and forget gates";
            if (IsResetBefore) return "resets before the product (ONNX's linear_before_reset = 0)";
            return "has other activations than sigmoid and tanh, or clips";
        }
    }

    /// <summary>The same plain layer, of one direction, with other weights.</summary>
    /// <param name="inputWeights">W_ih, [gates * hidden][inputs].</param>
    /// <param name="recurrentWeights">W_hh, [gates * hidden][hidden].</param>
    public RecurrentLayer WithWeights(float[] inputWeights, float[] recurrentWeights) => new()
    {
        Kind = Kind,
        InputCount = InputCount,
        HiddenCount = HiddenCount,
        Directions =
        [
            new DirectionWeights
            {
                InputWeights = inputWeights,
                RecurrentWeights = recurrentWeights,
                InputBias = Directions[0].InputBias,
                RecurrentBias = Directions[0].RecurrentBias,
            },
        ],
    };

    /// <summary>Returns the same layer with another input, all else as it is.</summary>
    /// <param name="inputCount">Numbers per timestep that come in.</param>
    /// <param name="inputs">W_ih, [gates * hidden][inputs], and b_ih of each direction.</param>
    public RecurrentLayer WithInput(int inputCount, IReadOnlyList<(float[] Weights, float[] Bias)> inputs) => new()
    {
        Kind = Kind,
        Direction = Direction,
        InputCount = inputCount,
        HiddenCount = HiddenCount,
        Clip = Clip,
        IsInputForget = IsInputForget,
        IsResetBefore = IsResetBefore,
        Directions = [.. Directions.Select((weights, n) => new DirectionWeights
        {
            InputWeights = inputs[n].Weights,
            RecurrentWeights = weights.RecurrentWeights,
            InputBias = inputs[n].Bias,
            RecurrentBias = weights.RecurrentBias,
            Peepholes = weights.Peepholes,
            InitialHidden = weights.InitialHidden,
            InitialCell = weights.InitialCell,
            Activations = weights.Activations,
        })],
    };

    /// <summary>Trainable numbers.</summary>
    public int ParameterCount => Directions.Sum(weights => weights.Arrays().Sum(values => values.Length));

    /// <summary>The activations of a direction, the usual ones filled in.</summary>
    public IReadOnlyList<ActivationFunction> ActivationsOf(DirectionWeights weights) =>
        weights.Activations
        ?? (Kind == CellKind.Rnn
            ? [new(Activation.Tanh), new(Activation.Tanh), new(Activation.Tanh)]
            : [new(Activation.Sigmoid), new(Activation.Tanh), new(Activation.Tanh)]);
}

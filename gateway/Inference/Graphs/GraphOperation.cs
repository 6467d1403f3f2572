// An operation of a network that is more than recurrent layers in a row. SPEC.md, "The model file", describes each kind.

using System;
using System.Collections.Generic;
using Crime.Model;

namespace Crime.Gateway.Inference.Graphs;

/// <summary>The kinds of operations. Their numbers stand in the file.</summary>
public enum OperationKind
{
    /// <summary>A linear map of one or more values side by side, with a bias.</summary>
    Linear = 1,

    /// <summary>A function of each number.</summary>
    Apply = 2,

    /// <summary>A recurrent layer.</summary>
    Recurrent = 3,

    /// <summary>The vector of one timestep.</summary>
    Take = 4,

    /// <summary>The mean, the maximum or the sum over the timesteps.</summary>
    Pool = 5,

    /// <summary>The vectors of neighbouring timesteps side by side; zeros stand for timesteps outside the sequence.</summary>
    Window = 6,

    /// <summary>The maximum of each number over neighbouring timesteps; timesteps outside the sequence do not count.</summary>
    WindowMax = 7,

    /// <summary>Each vector minus its mean, over its standard deviation: (x - mean) / sqrt(variance + epsilon).</summary>
    Normalise = 8,

    /// <summary>The softmax of each number over the timesteps.</summary>
    SoftmaxOverTime = 9,

    /// <summary>The product of two values, number by number; a value of one number multiplies all numbers of the other.</summary>
    Multiply = 10,
}

/// <summary>The functions of <see cref="OperationKind.Apply"/>. The first ones are those of <see cref="Activation"/>, which recurrent layers may have.</summary>
public enum GraphFunction
{
    /// <inheritdoc cref="Activation.Sigmoid"/>
    Sigmoid = Activation.Sigmoid,

    /// <inheritdoc cref="Activation.Tanh"/>
    Tanh = Activation.Tanh,

    /// <inheritdoc cref="Activation.Relu"/>
    Relu = Activation.Relu,

    /// <inheritdoc cref="Activation.Affine"/>
    Affine = Activation.Affine,

    /// <inheritdoc cref="Activation.LeakyRelu"/>
    LeakyRelu = Activation.LeakyRelu,

    /// <inheritdoc cref="Activation.ThresholdedRelu"/>
    ThresholdedRelu = Activation.ThresholdedRelu,

    /// <inheritdoc cref="Activation.ScaledTanh"/>
    ScaledTanh = Activation.ScaledTanh,

    /// <inheritdoc cref="Activation.HardSigmoid"/>
    HardSigmoid = Activation.HardSigmoid,

    /// <inheritdoc cref="Activation.Elu"/>
    Elu = Activation.Elu,

    /// <inheritdoc cref="Activation.Softsign"/>
    Softsign = Activation.Softsign,

    /// <inheritdoc cref="Activation.Softplus"/>
    Softplus = Activation.Softplus,

    /// <summary>exp(x).</summary>
    Exp = 11,

    /// <summary>The natural logarithm.</summary>
    Log = 12,

    /// <summary>The square root.</summary>
    Sqrt = 13,

    /// <summary>1 / x.</summary>
    Reciprocal = 14,

    /// <summary>The error function.</summary>
    Erf = 15,
}

/// <summary>The argument of <see cref="OperationKind.Pool"/>.</summary>
public enum PoolKind
{
    /// <summary>The mean.</summary>
    Mean = 0,

    /// <summary>The maximum.</summary>
    Max = 1,

    /// <summary>The sum.</summary>
    Sum = 2,
}

/// <summary>The argument of <see cref="OperationKind.Take"/>.</summary>
public enum StepKind
{
    /// <summary>The hidden state of each direction of a recurrent layer at the end of its own way.</summary>
    Final = 0,

    /// <summary>The last timestep.</summary>
    Last = 1,

    /// <summary>The first timestep.</summary>
    First = 2,

    /// <summary>The cell state of each direction of an LSTM at the end of its own way.</summary>
    FinalCell = 3,
}

/// <summary>The timesteps that a window sees.</summary>
/// <param name="Size">Timesteps of the window, at least 1.</param>
/// <param name="Stride">Timesteps from one window to the next, at least 1.</param>
/// <param name="Dilation">Timesteps from one place of the window to the next, at least 1.</param>
/// <param name="Before">Timesteps that are thought in front of the sequence, at least 0.</param>
/// <param name="After">Timesteps that are thought behind the sequence, at least 0.</param>
public readonly record struct WindowShape(int Size, int Stride, int Dilation, int Before, int After)
{
    /// <summary>No window.</summary>
    public static WindowShape None { get; } = new(0, 0, 0, 0, 0);

    private int Reach => (Size - 1) * Dilation;

    /// <summary>True when every sequence keeps its length.</summary>
    public bool KeepsLength => Stride == 1 && Before + After == Reach;

    /// <summary>Returns the number of windows over a sequence: at least one, which reaches beyond a sequence that is too short.</summary>
    /// <param name="length">Timesteps of the sequence, at least 1.</param>
    public int LengthOf(int length) => Math.Max(0, length + Before + After - Reach - 1) / Stride + 1;
}

/// <summary>An operation with its numbers.</summary>
public sealed record GraphOperation
{
    /// <summary>The kind.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The values that it reads: 0 is the input of the network, k the result of operation k - 1.</summary>
    public required IReadOnlyList<int> Inputs { get; init; }

    /// <summary>Numbers of a vector that comes out.</summary>
    public required int Width { get; init; }

    /// <summary>The function of <see cref="OperationKind.Apply"/>.</summary>
    public GraphFunction Function { get; init; }

    /// <summary>The layer of a recurrent operation, or the number of a <see cref="StepKind"/> or a <see cref="PoolKind"/>; 0 for other kinds.</summary>
    public int Argument { get; init; }

    /// <summary>The timesteps that a window sees.</summary>
    public WindowShape Window { get; init; } = WindowShape.None;

    /// <summary>
    /// Weights, [width][inputs side by side], then biases, [width], of a linear map; alpha and beta of a function; epsilon of
    /// <see cref="OperationKind.Normalise"/>; empty for other kinds.
    /// </summary>
    public required float[] Numbers { get; init; }
}

// The words in which a model is described. Their numbers stand in the file; SPEC.md lists them.

using System;

namespace Crime.Model;

/// <summary>The recurrent cell of a layer.</summary>
public enum CellKind
{
    /// <summary>Long short-term memory with a forget gate; rows in the order input, forget, candidate, output.</summary>
    Lstm = 1,

    /// <summary>Gated recurrent unit; rows in the order reset, update, candidate.</summary>
    Gru = 2,

    /// <summary>The simple recurrent cell. For gateways only.</summary>
    Rnn = 3,
}

/// <summary>Which way a layer reads the sequence.</summary>
public enum Direction
{
    /// <summary>From the first timestep to the last.</summary>
    Forward = 1,

    /// <summary>From the last timestep to the first. For gateways only.</summary>
    Reverse = 2,

    /// <summary>Both ways side by side, forward first. For gateways only.</summary>
    Both = 3,
}

/// <summary>What a layer has beyond the plain cell. A layer with any of these is for gateways only.</summary>
[Flags]
public enum LayerOptions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>LSTM: the gates see the cell state; weights in the order input, forget, output.</summary>
    Peepholes = 1,

    /// <summary>The hidden state does not start at zero.</summary>
    InitialHidden = 2,

    /// <summary>LSTM: the cell state does not start at zero.</summary>
    InitialCell = 4,

    /// <summary>LSTM: the forget gate is one minus the input gate.</summary>
    InputForget = 8,

    /// <summary>GRU: the reset gate multiplies the hidden state before the product, not the product.</summary>
    ResetBefore = 16,

    /// <summary>Other activations than sigmoid and tanh, or gate inputs cut off at a bound.</summary>
    Activations = 32,
}

/// <summary>An activation function. The numbers alpha and beta stand beside it.</summary>
public enum Activation
{
    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid = 0,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh = 1,

    /// <summary>max(0, x).</summary>
    Relu = 2,

    /// <summary>alpha x + beta.</summary>
    Affine = 3,

    /// <summary>x from 0 on, alpha x below.</summary>
    LeakyRelu = 4,

    /// <summary>x from alpha on, 0 below.</summary>
    ThresholdedRelu = 5,

    /// <summary>alpha tanh(beta x).</summary>
    ScaledTanh = 6,

    /// <summary>min(1, max(0, alpha x + beta)).</summary>
    HardSigmoid = 7,

    /// <summary>x from 0 on, alpha (exp(x) - 1) below.</summary>
    Elu = 8,

    /// <summary>x / (1 + |x|).</summary>
    Softsign = 9,

    /// <summary>ln(1 + exp(x)).</summary>
    Softplus = 10,
}

/// <summary>What one timestep of a sequence is.</summary>
public enum InputKind
{
    /// <summary>A vector of features.</summary>
    Features = 0,

    /// <summary>The number of a token, looked up in an embedding.</summary>
    Tokens = 1,
}

/// <summary>What of the last layer the linear head sees.</summary>
public enum HeadInput
{
    /// <summary>The state at the end of the layer's own way: for the reverse direction that is at the first timestep.</summary>
    FinalState = 0,

    /// <summary>The output at the last timestep.</summary>
    LastStep = 1,

    /// <summary>The output at the first timestep.</summary>
    FirstStep = 2,
}

/// <summary>The meaning of the numbers that the head gives.</summary>
public enum AnswerKind
{
    /// <summary>One class per sequence: the largest number names it.</summary>
    Class = 0,

    /// <summary>One class per timestep.</summary>
    ClassPerStep = 1,

    /// <summary>The numbers themselves, once per sequence: a regression or a forecast.</summary>
    Values = 2,

    /// <summary>The numbers themselves, once per timestep.</summary>
    ValuesPerStep = 3,

    /// <summary>
    /// The network predicts the next timestep. The answer is the mean squared error of its predictions, and one of two classes: the error is above a
    /// threshold, or not.
    /// </summary>
    Anomaly = 4,

    /// <summary>A sequence of classes with a length of its own, written by a decoder. Class 0 is its end.</summary>
    Sequence = 5,
}

/// <summary>The vector of a sequence that a board takes from the last layer: the input of the fully connected layers, or of the head.</summary>
public enum PoolingKind
{
    /// <summary>Nothing: the last state is used.</summary>
    None = 0,

    /// <summary>The mean over the timesteps.</summary>
    Mean = 1,

    /// <summary>The maximum over the timesteps.</summary>
    Max = 2,
}

// The user's statements about a network file, for choices that the file does not make.

using System.Collections.Generic;

namespace Crime.Modelling.Import.Network;

/// <summary>Statements about a network file. Null leaves a choice to the file, or to the default where the file has none.</summary>
public sealed record ImportOptions
{
    /// <summary>Nothing is said.</summary>
    public static ImportOptions None { get; } = new();

    /// <summary>Input of the head: final, last, first, hidden, mean, max or every.</summary>
    public string? Head { get; init; }

    /// <summary>The function between the states and the head: none, relu or tanh.</summary>
    public string? Activation { get; init; }

    /// <summary>The function of a simple RNN: tanh or relu.</summary>
    public string? Nonlinearity { get; init; }

    /// <summary>The meaning of the outputs: class, logit for the one output of two classes, value, or anomaly for predictions of the next timestep.</summary>
    public string? Answer { get; init; }

    /// <summary>Units of values: one for each, one for all; empty leaves them to the file.</summary>
    public IReadOnlyList<string> Units { get; init; } = [];

    /// <summary>Value per 1 of an output: one for each, one for all; empty leaves it to the file.</summary>
    public IReadOnlyList<float> Scales { get; init; } = [];

    /// <summary>Value of an output of 0: one for each, one for all; empty leaves it to the file.</summary>
    public IReadOnlyList<float> Offsets { get; init; } = [];

    /// <summary>Mean squared error of prediction above which a sequence is an anomaly; null leaves it to the file.</summary>
    public float? Threshold { get; init; }
}

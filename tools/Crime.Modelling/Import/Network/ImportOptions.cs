// The user's statements about a network file, for choices that the file does not make.

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

    /// <summary>The meaning of the outputs: class, or logit for the one output of two classes.</summary>
    public string? Answer { get; init; }
}

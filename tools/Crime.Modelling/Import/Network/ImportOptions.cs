// What the user of a network file says about it, where the file itself does not.

namespace Crime.Modelling.Import.Network;

/// <summary>What is said about a network file. Null leaves a choice to the file, and to the usual where the file is silent.</summary>
public sealed record ImportOptions
{
    /// <summary>Nothing is said.</summary>
    public static ImportOptions None { get; } = new();

    /// <summary>What the head sees: final, last, first, hidden, mean, max or every.</summary>
    public string? Head { get; init; }

    /// <summary>The function between the states and the head: none, relu or tanh.</summary>
    public string? Activation { get; init; }

    /// <summary>The function of a simple RNN: tanh or relu.</summary>
    public string? Nonlinearity { get; init; }

    /// <summary>The meaning of the outputs: class, or logit for the one output of two classes.</summary>
    public string? Answer { get; init; }
}

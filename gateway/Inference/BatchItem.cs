// One sequence of a batch: what goes in and where the answer goes. A struct, so that a batch is one array that is filled again and again.

using System;

namespace Crime.Gateway.Inference;

/// <summary>A sequence as it came in a request, and room for its answer.</summary>
public struct BatchItem
{
    /// <summary>
    /// Fixed-point features or token numbers, timestep by timestep: [length][values per step]; at least one timestep. A token outside
    /// the vocabulary counts as 0, "unknown".
    /// </summary>
    public ReadOnlyMemory<short> Values { get; set; }

    /// <summary>Fraction bits of the features, 0 to 15; ignored for tokens.</summary>
    public int FractionBits { get; set; }

    /// <summary>State to begin from, for a sequence whose first part has been computed elsewhere; null for the model's own.</summary>
    public NetworkState? Start { get; set; }

    /// <summary>Receives the state after the last timestep; null for none. May be <see cref="Start"/>.</summary>
    public NetworkState? End { get; set; }

    /// <summary>Receives the logits, [classes], or [steps][classes] where the answer has one vector per timestep.</summary>
    public Memory<float> Logits { get; set; }

    /// <summary>Receives the output tokens of a model that writes a sequence: room for its longest output. Not read for other models.</summary>
    public Memory<byte> Tokens { get; set; }

    /// <summary>Takes each output token as it is written, but for the last one of the longest output; null for none. A beam search calls it never.</summary>
    public Action<byte>? TokenWritten { get; set; }

    /// <summary>Receives the number of output tokens, without the end; 0 for a model that writes no sequence.</summary>
    public int TokenCount { get; set; }

    /// <summary>Receives the class with the largest logit, of the last timestep where there are several; the lowest index among equals.</summary>
    public int Label { get; set; }
}

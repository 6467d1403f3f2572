// A trained network in memory, whatever file it came from and before anything is quantised.

using System.Collections.Generic;
using Crime.Model;

namespace Crime.Modelling;

/// <summary>A single-layer LSTM classifier with single-precision weights in PyTorch's layout and gate order (i, f, g, o).</summary>
public sealed class TrainedModel
{
    /// <summary>Name of the model: the file's name without its extension.</summary>
    public required string Name { get; init; }

    /// <summary>What a timestep is.</summary>
    public required InputKind Input { get; init; }

    /// <summary>Width of the cell's input: features per timestep, or dimensions of the embedding.</summary>
    public required int InputCount { get; init; }

    /// <summary>Hidden units.</summary>
    public required int HiddenCount { get; init; }

    /// <summary>Names of the classes.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Mean per feature, [inputs]; null when the inputs are taken as they are.</summary>
    public float[]? Mean { get; init; }

    /// <summary>Standard deviation per feature, [inputs].</summary>
    public float[]? Deviation { get; init; }

    /// <summary>Code point of token k + 1 at index k; null for feature models.</summary>
    public int[]? CodePoints { get; init; }

    /// <summary>[vocabulary][inputs]; empty for feature models.</summary>
    public required float[] Embedding { get; init; }

    /// <summary>W_ih, [4 hidden][inputs].</summary>
    public required float[] InputWeights { get; init; }

    /// <summary>W_hh, [4 hidden][hidden].</summary>
    public required float[] RecurrentWeights { get; init; }

    /// <summary>b_ih, [4 hidden].</summary>
    public required float[] InputBias { get; init; }

    /// <summary>b_hh, [4 hidden].</summary>
    public required float[] RecurrentBias { get; init; }

    /// <summary>[classes][hidden].</summary>
    public required float[] HeadWeights { get; init; }

    /// <summary>[classes].</summary>
    public required float[] HeadBias { get; init; }

    /// <summary>Number of tokens, 0 for feature models.</summary>
    public int VocabularyCount => Input == InputKind.Tokens ? Embedding.Length / InputCount : 0;

    /// <summary>Trainable numbers.</summary>
    public int ParameterCount => Embedding.Length + InputWeights.Length + RecurrentWeights.Length
        + InputBias.Length + RecurrentBias.Length + HeadWeights.Length + HeadBias.Length;
}

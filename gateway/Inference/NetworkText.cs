// A network in a few words, for lists and reports.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Texts for people.</summary>
public static class NetworkText
{
    /// <summary>The layers of a network: "embedding 16, LSTM 24, GRU 24 both ways".</summary>
    /// <param name="input">What a timestep is.</param>
    /// <param name="inputCount">Width of the first layer's input.</param>
    /// <param name="layers">The layers, the one that sees the input first.</param>
    public static string Of(InputKind input, int inputCount, IEnumerable<LayerShape> layers) =>
        string.Join(", ", (input == InputKind.Tokens ? new[] { $"embedding {inputCount}" } : []).Concat(layers.Select(Of)));

    private static string Of(LayerShape layer)
    {
        string way = layer.Direction switch { Direction.Reverse => " backwards", Direction.Both => " both ways", _ => "" };
        return $"{layer.Kind.ToString().ToUpperInvariant()} {layer.HiddenCount}{way}";
    }
}

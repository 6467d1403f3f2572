// The form of a network in a file: layers in a row, or a graph.

using System.Collections.Generic;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Modelling.Import.Network;

/// <summary>The front, the layers and the head of a network.</summary>
internal sealed record NetworkPlan
{
    /// <summary>The signal that the network begins with: the features or an embedding.</summary>
    public required Signal Front { get; init; }

    /// <summary>The normalisation of the features.</summary>
    public required FrontNormalisation Normalisation { get; init; }

    /// <summary>The recurrent layers.</summary>
    public required IReadOnlyList<RecurrentLayer> Layers { get; init; }

    /// <summary>The operations; null for layers in a row.</summary>
    public NetworkGraph? Graph { get; init; }

    /// <summary>The input of the head without a graph.</summary>
    public HeadInput HeadInput { get; init; }

    /// <summary>The map of the head, over the numbers that it sees.</summary>
    public required LinearMap Head { get; init; }

    /// <summary>The input of the head in words.</summary>
    public required string HeadText { get; init; }
}

// A value of the graph: a tensor of known elements, or something that depends on the input of the network.

using System;

namespace Crime.Modelling.Import.Symbols;

/// <summary>A value of the graph.</summary>
internal abstract class GraphValue;

/// <summary>A reason for which something cannot be computed while the graph is read. The caller adds the node to it.</summary>
internal sealed class NotKnownException(string message) : Exception(message)
{
    /// <summary>True when it would be more than any model needs, however the file was written.</summary>
    public bool IsTooLarge { get; init; }
}

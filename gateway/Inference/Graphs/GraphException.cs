// The refusal of a graph.

using System;

namespace Crime.Gateway.Inference.Graphs;

/// <summary>A graph that cannot be computed. The message is a clause without a subject: "operation 3 (Linear): it reads ...".</summary>
public sealed class GraphException(string message) : Exception(message);

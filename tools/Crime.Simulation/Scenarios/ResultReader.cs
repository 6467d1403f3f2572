// The place where a result is wanted, as scenarios name it.

namespace Crime.Simulation.Scenarios;

/// <summary>The reader of the results of a board.</summary>
public enum ResultReader
{
    /// <summary>The board itself.</summary>
    Board,

    /// <summary>A program behind the gateway, which publishes the results.</summary>
    Gateway,
}

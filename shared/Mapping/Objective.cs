// What a node minimises.

namespace Crime.Mapping;

/// <summary>What the mapping minimises.</summary>
public enum Objective : byte
{
    /// <summary>Time from the input to its result; costs are in µs.</summary>
    Time = 0,

    /// <summary>Energy that the board spends on the input; costs are in µJ.</summary>
    Energy = 1,
}

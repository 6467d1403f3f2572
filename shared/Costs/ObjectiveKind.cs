// The quantities that a node can minimise. Objective adds their parameters.

namespace Crime.Costs;

/// <summary>Kind of an <see cref="Objective"/>.</summary>
public enum ObjectiveKind : byte
{
    /// <summary>Time from the input to its result; costs are in µs.</summary>
    Time = 0,

    /// <summary>Energy that the board spends on the input; costs are in µJ.</summary>
    Energy = 1,

    /// <summary>Time and energy, weighted; costs are in µs: energy counts as the time that computing would draw it.</summary>
    Weighted = 2,

    /// <summary>The least energy that meets a deadline, or else the least time; costs are in µJ.</summary>
    Deadline = 3,
}

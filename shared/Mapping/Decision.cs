// What the mapping engine decides for one input, with all that follows from it. The caller makes the object once and has it filled again
// and again: a board allocates nothing per inference.

namespace Crime.Mapping;

/// <summary>Place for an input, and what to expect of it. Filled by <see cref="MappingEngine"/> in one call; nothing else changes it.</summary>
public sealed class Decision
{
    /// <summary>
    /// True to compute <see cref="Cost"/>, <see cref="ExpectedEnergyUj"/> and <see cref="BreakEvenLength"/> as well, which takes as long as
    /// several decisions. Set by the owner of the object; the three fields keep their values otherwise.
    /// </summary>
    public bool IsDetailed;

    /// <summary>The gateway that the input goes to; null when the node computes it.</summary>
    public GatewayCandidate Gateway;

    /// <summary>Expected time in µs from the decision to the result; <see cref="DecisionTable.Unusable"/> when no place can compute it.</summary>
    public int ExpectedTimeUs;

    /// <summary>Expected energy of the node in µJ; 0 when no place can compute it.</summary>
    public int ExpectedEnergyUj;

    /// <summary>Cost in the unit of the objective, µs or µJ; <see cref="DecisionTable.Unusable"/> when no place can compute it.</summary>
    public int Cost;

    /// <summary>Time in µs to wait for the answer of the gateway; 0 without a gateway.</summary>
    public int TimeoutUs;

    /// <summary>
    /// Latency budget of the request in µs, at most <see cref="TimeoutUs"/>; 0 without a gateway. A gateway that would take longer refuses at
    /// once: up to the budget the input costs no more there than on the node.
    /// </summary>
    public int BudgetUs;

    /// <summary>The smallest length that would be offloaded at this moment; <see cref="Costs.CostLine.Never"/> when the table has none.</summary>
    public int BreakEvenLength;

    /// <summary>True when the input goes to a gateway.</summary>
    public bool IsOffload => Gateway != null;
}

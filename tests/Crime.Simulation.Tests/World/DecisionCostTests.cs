using System.IO;
using System.Text.Json;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>Boards of the simulator pay for decisions what the firmware may execute at most.</summary>
public sealed class DecisionCostTests
{
    [TestCase(PolicyKind.Crime, "il_one_gateway_max")]
    [TestCase(PolicyKind.MeanLength, "il_one_gateway_max")]
    [TestCase(PolicyKind.Single, "il_offload_max")]
    [TestCase(PolicyKind.Local, "il_local_max")]
    public void ADecisionCostsTheBudgetOfItsMode(PolicyKind kind, string budget)
    {
        using JsonDocument budgets = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "decision.json")));
        Assert.That(new Policy(kind, 0, "policy").DecisionIl, Is.EqualTo(budgets.RootElement.GetProperty(budget).GetInt32()));
    }
}

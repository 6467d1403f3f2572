using System.IO;
using System.Text.Json;
using Crime.Modelling.Counting;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

/// <summary>What a status executes on a board once the MQTT client has it, counted; the numbers stand in tests/budgets/decision.json.</summary>
public sealed class StatusBudgetTests
{
    private const int Statuses = 10;

    // By then the engine knows the gateway.
    private const int Before = 20;

    private static readonly JsonElement s_budget = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "decision.json"))).RootElement;

    private static long Count(int models, bool isAtBeacons)
    {
        long Run(int statuses) => MethodCounter.Count(
            typeof(StatusProbe).Assembly.Location, $"{typeof(StatusProbe).FullName}.{nameof(StatusProbe.Receive)}",
            [$"{models}", $"{isAtBeacons}", $"{statuses}"]).Total;

        return (Run(Before + Statuses) - Run(Before)) / Statuses;
    }

    [Test]
    public void AStatusCostsNoMoreThanItsBudget([Values] bool isAtBeacons)
    {
        long one = Count(1, isAtBeacons), four = Count(4, isAtBeacons);
        TestContext.Out.WriteLine($"at beacons {isAtBeacons}: {one} instructions with one model, {four} with four");
        Assert.That(one, Is.LessThanOrEqualTo(s_budget.GetProperty("il_status_max").GetInt32()));
        Assert.That((four - one) / 3.0, Is.LessThanOrEqualTo(s_budget.GetProperty("il_status_further_model_max").GetInt32()));
    }
}

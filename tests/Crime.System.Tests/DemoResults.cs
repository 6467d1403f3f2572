using System.Text.Json;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Assertions for every run of the demo.</summary>
internal static class DemoResults
{
    /// <summary>Every input has one result, and the classes are right.</summary>
    public static void AssertOneEach(JsonElement summary)
    {
        Assert.That(summary.GetProperty("results").GetInt32(), Is.EqualTo(summary.GetProperty("inputs").GetInt32()));
        Assert.That(summary.GetProperty("lost").GetInt32(), Is.Zero);
        Assert.That(summary.GetProperty("duplicates").GetInt32(), Is.Zero);
        int sum = summary.GetProperty("local").GetInt32() + summary.GetProperty("offloaded").GetInt32() + summary.GetProperty("fallback").GetInt32();
        Assert.That(sum, Is.EqualTo(summary.GetProperty("results").GetInt32()));
        Assert.That(summary.GetProperty("accuracy").GetDouble(), Is.GreaterThan(0.95));
    }
}

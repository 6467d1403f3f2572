using System.Linq;
using Crime.Simulation.Results;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.Results;

/// <summary>The figures of a cell.</summary>
public sealed class CellTests
{
    private static readonly Policy s_boards = new(PolicyKind.Local, -1, "boards");

    /// <summary>A seed with a bad link raises both costs. The ratio is paired by seed, so its interval does not contain that.</summary>
    [Test]
    public void TheRatioToTheBestSingleDeviceIsPairedBySeed()
    {
        var cell = new Cell("s", "i", IsEnergy: true, HasOutages: false, [Result(s_boards, 10, 20, 40), Result(Policy.Crime, 5, 12, 20)]);
        Assert.That(cell.RatioToBestSingle.Mean, Is.EqualTo((0.5 + 0.6 + 0.5) / 3).Within(1e-9));
        // The standard error of 0.5, 0.6, 0.5 times Student's t for two degrees of freedom.
        Assert.That(cell.RatioToBestSingle.HalfWidth, Is.EqualTo(4.3027 * 0.057735 / 1.7320508).Within(1e-4));
        Assert.That(cell.PercentBetterThanSingle, Is.EqualTo(100 * (1 - 37 / 70.0)).Within(1e-9));
    }

    [Test]
    public void EnergyContainsTheBackgroundEnergy()
    {
        var tally = new RunTally(1, 1) { Finished = 10, EnergyUj = 30_000, BackgroundUj = 20_000 };
        Assert.That(PolicyResult.Of(s_boards, [tally]).EnergyMj.Mean, Is.EqualTo(5));
    }

    private static PolicyResult Result(Policy policy, params double[] energiesMj) => PolicyResult.Of(
        policy, [.. energiesMj.Select(mj => new RunTally(1, 1) { Finished = 1, EnergyUj = mj * 1000, TimeUs = 1 })]);
}

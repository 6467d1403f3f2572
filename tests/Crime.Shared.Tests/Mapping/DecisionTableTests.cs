using System.Linq;
using CsCheck;
using Crime.Costs;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class DecisionTableTests
{
    private static readonly Gen<CostLine> s_line = Gen.Select(Gen.Int[0, 3_000_000], Gen.Int[0, 100_000], (alpha, beta) => new CostLine(alpha, beta));

    [TestCase(1, 1)]
    [TestCase(127, 1)]
    [TestCase(128, 2)]
    [TestCase(200, 2)]
    [TestCase(4096, 64)]
    public void BucketsResolveTheLongestLength(int longest, int expected) => Assert.That(new DecisionTable(longest).BucketWidth, Is.EqualTo(expected));

    [Test]
    public void TheCheapestPlaceIsChosen() =>
        Gen.Select(s_line, s_line.Array[0, DecisionTable.MaxCandidates], Gen.Int[0, 500_000].Array[DecisionTable.MaxCandidates], Gen.Int[1, 300])
            .Sample((local, remotes, dynamics, length) =>
            {
                var table = new DecisionTable(100);
                table.SetLocal(local);
                for (int i = 0; i < remotes.Length; i++) table.SetRemote(i, remotes[i]);
                // Width 1: a bucket stands for exactly its length; longer ones share the last.
                int bucket = System.Math.Min(length, DecisionTable.BucketCount - 1);
                int[] costs = [local.At(bucket), .. remotes.Select((line, i) => line.At(bucket) + dynamics[i])];
                int expected = System.Array.IndexOf(costs, costs.Min()) - 1;
                return table.Choose(length, dynamics, remotes.Length) == expected;
            }, iter: 2000, seed: "0000KOIPe036");

    [Test]
    public void ANodeThatCannotComputeIsTheLastResort()
    {
        var table = new DecisionTable(100);
        table.SetLocal(null);
        table.SetRemote(0, new CostLine(CostLine.MaxAlpha, CostLine.MaxBeta));
        Assert.That(table.Choose(100, [CostLine.MaxBeta], 1), Is.Zero);
        Assert.That(table.Choose(100, [DecisionTable.Unusable], 1), Is.EqualTo(DecisionTable.Local));
        Assert.That(table.LocalCost(100), Is.EqualTo(DecisionTable.Unusable));
    }

    [Test]
    public void AnUnusableCandidateIsNeverChosen()
    {
        var table = new DecisionTable(100);
        table.SetLocal(new CostLine(CostLine.MaxAlpha, CostLine.MaxBeta));
        table.SetRemote(0, new CostLine(0, 0));
        Assert.That(table.Choose(50, [DecisionTable.Unusable], 1), Is.EqualTo(DecisionTable.Local));
    }

    [Test]
    public void ATieGoesToTheBoard()
    {
        var table = new DecisionTable(100);
        table.SetLocal(new CostLine(0, 100));
        table.SetRemote(0, new CostLine(0, 40));
        Assert.That(table.Choose(10, [60], 1), Is.EqualTo(DecisionTable.Local));
        Assert.That(table.Choose(10, [59], 1), Is.Zero);
    }

    [Test]
    public void TheTableTakesNoMoreThanFourKibibytes() =>
        Assert.That((1 + DecisionTable.MaxCandidates) * DecisionTable.BucketCount * sizeof(int), Is.LessThanOrEqualTo(4096));
}

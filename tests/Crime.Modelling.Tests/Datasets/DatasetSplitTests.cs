using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>New splits, and several sets as one.</summary>
public sealed class DatasetSplitTests
{
    private static LabelledSequence Sequence(int i, string label, string? take = null) => new(i, label, 1, [i], []) { Take = take };

    private static Dataset Of(IEnumerable<LabelledSequence> train, string name = "set") => new(name, IsText: false, 1, [.. train], []);

    /// <summary>Returns 10 persons with 4 sequences of two classes each.</summary>
    private static Dataset Persons() => Of(Enumerable.Range(0, 40).Select(i => Sequence(i, i % 2 == 0 ? "walk" : "run", $"person {i / 4}")));

    [Test]
    public void NoTakeIsInBothParts([Values(0, 1, 2, 77)] int seed)
    {
        Dataset data = DatasetSplit.ByTake(Persons(), 0.3, seed);
        Assert.That(data.Train.Select(sequence => sequence.Take).Intersect(data.Test.Select(sequence => sequence.Take)), Is.Empty);
        Assert.That((data.Train.Count, data.Test.Count), Is.EqualTo((28, 12)));
    }

    [Test]
    public void OneClassATakeIsSplitInEachClass()
    {
        Dataset data = DatasetSplit.ByTake(Of(Enumerable.Range(0, 24).Select(i => Sequence(i, $"class {i % 3}", $"take {i}"))), 0.25, 1);
        Assert.That(data.Test.CountBy(sequence => sequence.Label).Select(pair => pair.Value), Is.EqualTo(new[] { 2, 2, 2 }));
    }

    [Test]
    public void TheSameSeedGivesTheSameParts()
    {
        int[] Parts(int seed) => [.. DatasetSplit.ClassBalanced(Persons(), 0.3, seed).Test.Select(sequence => sequence.Index)];
        int[] first = Parts(5), second = Parts(5);
        Assert.That(second, Is.EqualTo(first));
        Assert.That(Parts(6), Is.Not.EqualTo(first));
    }

    [Test]
    public void EveryClassHasItsShareAndKeepsATrainingSequence()
    {
        Dataset data = DatasetSplit.ClassBalanced(
            Of([.. Enumerable.Range(0, 20).Select(i => Sequence(i, "often")), Sequence(20, "twice"), Sequence(21, "twice"), Sequence(22, "once")]), 0.3, 1);
        Assert.That(data.Test.CountBy(sequence => sequence.Label), Is.EquivalentTo(new Dictionary<string, int> { ["often"] = 6, ["twice"] = 1 }));
        Assert.That(data.Train, Has.Count.EqualTo(16));
    }

    [Test]
    public void UnknownOrSingleTakesAreRefused()
    {
        Assert.That(() => DatasetSplit.ByTake(Of([Sequence(0, "a"), Sequence(1, "b")]), 0.3, 1), Throws.TypeOf<UserInputException>().With.Message.Contains("not known"));
        Assert.That(
            () => DatasetSplit.ByTake(Of([Sequence(0, "a", "x"), Sequence(1, "b", "y")]), 0.3, 1),
            Throws.TypeOf<UserInputException>().With.Message.Contains("a class has one take only"));
    }

    [Test]
    public void AMergeUnitesClassesAndKeepsADuplicateInTheTestPart()
    {
        var first = new Dataset("one", false, 1, [Sequence(1, "a"), Sequence(1, "a"), Sequence(2, "b")], [Sequence(3, "a")]);
        var second = new Dataset("two", false, 1, [Sequence(3, "a"), Sequence(4, "c"), Sequence(2, "c")], [Sequence(1, "a")]);
        DatasetMerge merged = DatasetMerge.Of("both", [first, second]);
        Assert.That((merged.DuplicateCount, merged.ConflictCount), Is.EqualTo((3, 1)));
        Assert.That(merged.Data.Test.Select(sequence => sequence.Features[0]), Is.EqualTo(new float[] { 3, 1 }));
        Assert.That(merged.Data.Train.Select(sequence => (sequence.Features[0], sequence.Label)), Is.EqualTo(new[] { (2f, "b"), (4f, "c"), (2f, "c") }));
    }

    [Test]
    public void EqualTakesOfTwoSetsStayApart()
    {
        Dataset merged = DatasetMerge.Of("both", [Of([Sequence(1, "a", "t")], "one"), Of([Sequence(2, "a", "t")], "two")]).Data;
        Assert.That(merged.Train.Select(sequence => sequence.Take), Is.EqualTo(new[] { "one/t", "two/t" }));
    }

    [Test]
    public void OtherKindsAndChannelsAreNotMerged()
    {
        var wide = new Dataset("wide", false, 2, [new(0, "a", 1, [1, 2], [])], []);
        var text = new Dataset("text", true, 0, [new(0, "a", 1, [], [1])], []);
        Assert.That(() => DatasetMerge.Of("x", [Persons(), wide]), Throws.TypeOf<UserInputException>().With.Message.Contains("'wide' has 2: both need the same"));
        Assert.That(() => DatasetMerge.Of("x", [Persons(), text]), Throws.TypeOf<UserInputException>().With.Message.Contains("only data of one kind"));
    }
}

using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class DecisionTableTests
{
    [TestCase(1, 1)]
    [TestCase(87, 1)]
    [TestCase(88, 2)]
    [TestCase(175, 2)]
    [TestCase(4096, 64)]
    public void BucketsResolveTheLongestLength(int longest, int expected) => Assert.That(new DecisionTable(longest).BucketWidth, Is.EqualTo(expected));

    [Test]
    public void TheTableTakesNoMoreThanFourKibibytes()
    {
        // Three rows of the node's own, and two routes per gateway; an array has a header of 12 bytes.
        const int rows = 3 + 2 * DecisionTable.MaxCandidates;
        Assert.That(rows * (DecisionTable.BucketCount * sizeof(int) + 12), Is.LessThanOrEqualTo(4096));
    }
}

using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping;

public sealed class DecisionTableTests
{
    [TestCase(1, 1)]
    [TestCase(83, 1)]
    [TestCase(84, 2)]
    [TestCase(167, 2)]
    [TestCase(4096, 64)]
    public void BucketsResolveTheLongestLength(int longest, int expected) => Assert.That(new DecisionTable(longest).BucketWidth, Is.EqualTo(expected));
}

using Crime.Frames;
using NUnit.Framework;

namespace Crime.Shared.Tests.Frames;

public sealed class TopicsTests
{
    [Test]
    public void TopicsAreTakenApartAsTheyWereBuilt()
    {
        Assert.That(Topics.IsRequest(Topics.Request("gw-1", "board_2"), "gw-1", out string board), Is.True);
        Assert.That(board, Is.EqualTo("board_2"));
        Assert.That((Topics.IsRegime(Topics.Regime("gw.2"), out string slow), slow, Topics.IsStatus(Topics.Regime("gw.2"), out _)), Is.EqualTo((true, "gw.2", false)));
        Assert.That(Topics.IsStatus(Topics.Status("gw.1"), out string gateway), Is.True);
        Assert.That(gateway, Is.EqualTo("gw.1"));
        Assert.That(Topics.IsTelemetry(Topics.Telemetry("b"), out board), Is.True);
        Assert.That(board, Is.EqualTo("b"));
    }

    [TestCase("crime/v1/request/gw-1/")]
    [TestCase("crime/v1/request/gw-1")]
    [TestCase("crime/v1/request/gw-2/b")]
    [TestCase("crime/v1/request/gw-1/b/c")]
    [TestCase("crime/v1/request/gw-1/#")]
    [TestCase("CRIME/v1/request/gw-1/b")]
    [TestCase("")]
    [TestCase(null)]
    public void ForeignTopicsAreNoRequests(string? topic) => Assert.That(Topics.IsRequest(topic!, "gw-1", out _), Is.False);

    [TestCase("a", true)]
    [TestCase("ABCxyz019-_.", true)]
    [TestCase("12345678901234567890123456789012", true)]
    [TestCase("123456789012345678901234567890123", false)]
    [TestCase("", false)]
    [TestCase("a b", false)]
    [TestCase("a/b", false)]
    [TestCase("a+", false)]
    [TestCase("\u00e4", false)]
    [TestCase(null, false)]
    public void NodeIdsAreShortAndPlain(string? name, bool expected) => Assert.That(Topics.IsNodeId(name!), Is.EqualTo(expected));
}

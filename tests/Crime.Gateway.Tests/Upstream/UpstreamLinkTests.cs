using Crime.Frames;
using Crime.Gateway.Upstream;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Upstream;

public sealed class UpstreamLinkTests
{
    [Test]
    public void ClientIdsAreNodeIds()
    {
        Assert.That(UpstreamLink.ClientIdOf("hall"), Is.EqualTo("hall-up"));
        string longest = new('a', Topics.MaxNodeIdLength), other = longest[..^1] + "b";
        foreach (string id in new[] { longest, other })
            Assert.That(Topics.IsNodeId(UpstreamLink.ClientIdOf(id)), Is.True);
        Assert.That(UpstreamLink.ClientIdOf(longest), Is.Not.EqualTo(UpstreamLink.ClientIdOf(other)));
    }
}

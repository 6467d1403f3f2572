using System;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Access;
using Crime.Gateway.Broker;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Access;

public sealed class ClientRightsTests
{
    private static ClientRights RightsOf(string id, ClientRole role, string group = "") =>
        ClientRights.Of(new Credential(id, role, group, SecretHash.Of("x"), DateTimeOffset.UnixEpoch));

    [Test]
    public void ABoardHasItsOwnTopics()
    {
        ClientRights board = RightsOf("hall-1", ClientRole.Board);
        string[] own = [Topics.Request("gateway", "hall-1"), Topics.Telemetry("hall-1"), Topics.Presence("hall-1"), Topics.Answer("hall-1"), Topics.Record("hall-1")];
        Assert.That(own.Select(board.MayPublish), Is.All.True);
        string[] read =
        [
            Topics.Response("hall-1"), Topics.Settings("hall-1"), Topics.Command("hall-1"), Topics.StatusFilter, Topics.Status("gateway"), Topics.RegimeFilter,
            Topics.ModelsFilter,
        ];
        Assert.That(read.Select(board.MaySubscribe), Is.All.True);
    }

    [TestCase("crime/v1/request/gateway/hall-2")]
    [TestCase("crime/v1/telemetry/hall-2")]
    [TestCase("crime/v1/presence/hall-2")]
    [TestCase("crime/v1/answer/hall-2")]
    [TestCase("crime/v1/response/hall-2")]
    [TestCase("crime/v1/response/hall-1")]
    [TestCase("crime/v1/status/gateway")]
    [TestCase("crime/v1/regime/gateway")]
    [TestCase("crime/v1/models/gateway")]
    [TestCase("crime/v1/settings/hall-1")]
    [TestCase("crime/v1/command/hall-2")]
    [TestCase("crime/v1/result/hall-1")]
    [TestCase("crime/v1/board/hall-1/result")]
    [TestCase("crime/v1/request/gateway/hall-1/more")]
    [TestCase("other")]
    [TestCase("$SYS/broker")]
    [TestCase("")]
    public void ABoardPublishesNothingElse(string topic) => Assert.That(RightsOf("hall-1", ClientRole.Board).MayPublish(topic), Is.False);

    [TestCase("#")]
    [TestCase("+/#")]
    [TestCase("crime/#")]
    [TestCase("crime/v1/#")]
    [TestCase("crime/v1/+/hall-1")]
    [TestCase("crime/v1/response/+")]
    [TestCase("crime/v1/response/hall-2")]
    [TestCase("crime/v1/request/+/+")]
    [TestCase("crime/v1/request/gateway/hall-1")]
    [TestCase("crime/v1/telemetry/+")]
    [TestCase("crime/v1/settings/hall-2")]
    [TestCase("$share/g/crime/v1/request/gateway/+")]
    [TestCase("$share/g/crime/v1/response/hall-1")]
    public void ABoardReadsNothingElse(string filter) => Assert.That(RightsOf("hall-1", ClientRole.Board).MaySubscribe(filter), Is.False);

    [Test]
    public void AGatewayAnswersInItsOwnName()
    {
        ClientRights cloud = RightsOf("cloud", ClientRole.Gateway);
        string[] own = [Topics.Response("any"), Topics.Status("cloud"), Topics.Request("other", "cloud"), Topics.Result("any"), BoardTopics.Result("any")];
        Assert.That(own.Select(cloud.MayPublish), Is.All.True);
        Assert.That(new[] { Topics.Status("other"), Topics.Request("other", "hall-1"), Topics.Command("hall-1") }.Select(cloud.MayPublish), Is.All.False);
        Assert.That(cloud.MaySubscribe(Topics.RequestFilter("cloud")), Is.True);
        Assert.That(new[] { Topics.RequestFilter("other"), Topics.Response("hall-1"), "#" }.Select(cloud.MaySubscribe), Is.All.False);
    }

    [Test]
    public void AGatewayOfAGroupSharesItsRequests()
    {
        ClientRights one = RightsOf("one", ClientRole.Gateway, "all");
        Assert.That(one.MaySubscribe("$share/all/crime/v1/request/all/+"), Is.True);
        Assert.That(one.MaySubscribe("$share/others/crime/v1/request/all/+"), Is.False);
        Assert.That(new[] { Topics.Status("all"), Topics.Status("all") + "/one" }.Select(one.MayPublish), Is.All.True);
        Assert.That(one.MayPublish(Topics.Status("all") + "/two"), Is.False);
    }

    [Test]
    public void AToolReadsAllAndCommandsBoards()
    {
        ClientRights tool = RightsOf("laptop", ClientRole.Tool);
        Assert.That(new[] { "#", "crime/v1/#", Topics.TelemetryFilter }.Select(tool.MaySubscribe), Is.All.True);
        Assert.That(tool.MaySubscribe("$share/g/crime/v1/request/gateway/+"), Is.False, "it would take requests from their gateway");
        Assert.That(tool.MayPublish(Topics.Command("hall-1")), Is.True);
        Assert.That(new[] { Topics.Response("hall-1"), Topics.Status("gateway"), Topics.Request("gateway", "hall-1") }.Select(tool.MayPublish), Is.All.False);
    }

    /// <summary>The table in docs/gateway.md has these rights.</summary>
    [TestCase(ClientRole.Board)]
    [TestCase(ClientRole.Gateway)]
    [TestCase(ClientRole.Tool)]
    public void TheDocumentHasTheRights(ClientRole role)
    {
        string Text(TopicPattern pattern) => pattern.Filter == "#" ? "all topics" : "`" + pattern.Filter[Topics.Root.Length..] + "`";
        ClientRights rights = RightsOf("ID", role);
        string publish = string.Join(", ", rights.Publish.Select(Text)), subscribe = string.Join(", ", rights.Subscribe.Select(Text));
        string row = $"| `{role.ToString().ToLowerInvariant()}` | {publish} | {subscribe} |";
        Assert.That(File.ReadAllLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "gateway.md")), Has.One.EqualTo(row));
    }
}

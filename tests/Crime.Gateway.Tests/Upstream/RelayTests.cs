using System.Linq;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Gateway.Core;
using Crime.Model;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Upstream;

/// <summary>What passes between two gateways, message by message: the one behind is the test's own, at the broker of the one in front.</summary>
public sealed class RelayTests
{
    private const string Behind = "behind";

    // A model that only the other gateway has, and one that it says to compute for nothing while this one needs 100 ms and more.
    private const uint StrangeModel = 0x5151;
    private const int SlowLength = 400;

    private readonly ModelFile _slow = TestModels.Parse(TestModels.Slow);
    private ModelFolder _models = null!;
    private RunningGateway _front = null!;
    private ScriptedGateway _behind = null!;
    private TestBoard _board = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("slow.crime", TestModels.Slow));
        _front = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path) with { Upstreams = [new UpstreamOptions(Behind, null)] });
        _behind = await ScriptedGateway.ConnectAsync(_front.BrokerPort, Behind);
        _board = await TestBoard.ConnectAsync(_front.BrokerPort);
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_board != null) await _board.DisposeAsync();
        if (_behind != null) await _behind.DisposeAsync();
        if (_front != null) await _front.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task TheRequestIsPassedOnWithItsWayAndTheAnswerWithItsTimes()
    {
        await OfferAsync(StrangeModel);
        RequestFrame asked = Strange(budgetUs: 1_500_000);
        asked.Visited[0] = 77;
        asked.VisitedCount = 1;
        asked.State = [1, -2, 3];
        asked.StateCount = 3;
        await _board.SendUnacknowledgedAsync(asked, RunningGateway.Id);

        var (request, quality, replyTopic) = await _behind.RequestAsync();
        Assert.That((quality, replyTopic), Is.EqualTo((MqttQualityOfServiceLevel.AtLeastOnce, Topics.Response(RunningGateway.Id))));
        Assert.That(request.Visited.Take(request.VisitedCount), Is.EqualTo(new[] { 77u, NodeKey.Of(RunningGateway.Id) }));
        Assert.That(request.BudgetUs, Is.GreaterThan(0u).And.LessThanOrEqualTo(asked.BudgetUs));
        Assert.That((request.ModelId, request.Length, request.Encoding), Is.EqualTo((asked.ModelId, asked.Length, asked.Encoding)));
        Assert.That(request.Values.Take(request.ValueCount), Is.EqualTo(asked.Values.Take(asked.ValueCount)));
        Assert.That(request.State.Take(request.StateCount), Is.EqualTo(asked.State));

        await _behind.AnswerAsync(request, replyTopic, new ResponseFrame
        {
            Label = 2, ClassCount = 3, FractionBits = 9, Logits = [1, 2, 30], ServiceUs = 40, WaitUs = 7, RelayCount = 1,
        });
        ResponseFrame answer = await _board.ResponseAsync();
        Assert.That((answer.Session, answer.Sequence), Is.EqualTo((asked.Session, asked.Sequence)));
        Assert.That((answer.Code, answer.Label, answer.FractionBits, answer.RelayCount), Is.EqualTo((ResponseCode.Ok, 2, 9, 2)));
        Assert.That(answer.Logits.Take(answer.ClassCount), Is.EqualTo(new short[] { 1, 2, 30 }));
        Assert.That(answer.ServiceUs, Is.EqualTo(40));
        Assert.That(answer.WaitUs, Is.GreaterThan(7), "the ways between the gateways are wait");
    }

    [Test]
    public async Task NoAnswerInTimeIsDoneWithoutAndOneThatComesLaterIsDropped()
    {
        await _front.SlowDownAsync(_slow.Id, SlowLength, 1_000_000);
        await OfferAsync(_slow.Id);
        RequestFrame asked = _board.Request(_slow, SlowLength);
        await _board.SendUnacknowledgedAsync(asked, RunningGateway.Id);
        var (request, _, replyTopic) = await _behind.RequestAsync();
        ResponseFrame answer = await _board.ResponseAsync();
        // The very engine: over so many steps of a wild network, rounding decides.
        BatchItem[] alone = [new BatchItem { Values = asked.Values, FractionBits = asked.FractionBits, Logits = new float[_slow.ClassCount] }];
        new BatchNetwork(new FloatModel(_slow)).Run(alone);
        int label = alone[0].Label;
        Assert.That((answer.Code, answer.Label, answer.RelayCount), Is.EqualTo((ResponseCode.Ok, label, 0)));

        await _behind.AnswerAsync(request, replyTopic, new ResponseFrame { Label = (label + 1) % 4, ClassCount = 4, Logits = new short[4] });
        await Deadline.UntilAsync(async () => await _front.CounterAsync("relay_late") == 1, "the late answer");
        Assert.That(await _board.ResponseWithinAsync(200), Is.Null);
        Assert.That(await _front.CounterAsync("relay_fallbacks"), Is.EqualTo(1));
        Assert.That(await _front.CounterAsync("answered"), Is.EqualTo(1));
    }

    [Test]
    public async Task ARefusalIsDoneHereWhereItCanBeAndToldOtherwise()
    {
        // Half a second there, a second and more here: no pause of this machine turns that round, or runs into the time-out.
        await _front.SlowDownAsync(_slow.Id, SlowLength, 1_000_000);
        await OfferAsync(_slow.Id, betaUs: 500_000);
        RequestFrame asked = _board.Request(_slow, SlowLength);
        await _board.SendUnacknowledgedAsync(asked, RunningGateway.Id);
        var (request, _, replyTopic) = await _behind.RequestAsync();
        await _behind.AnswerAsync(request, replyTopic, new ResponseFrame { Code = ResponseCode.QueueFull });
        Assert.That((await _board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.Ok));

        await OfferAsync(StrangeModel);
        await _board.SendUnacknowledgedAsync(Strange(), RunningGateway.Id);
        (request, _, replyTopic) = await _behind.RequestAsync();
        await _behind.AnswerAsync(request, replyTopic, new ResponseFrame { Code = ResponseCode.QueueFull });
        Assert.That((await _board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.QueueFull));
    }

    /// <summary>Who asks has said how long it is worth: what neither side does within that comes back at once, and goes nowhere.</summary>
    [Test]
    public async Task WhatCannotBeBackInTimeIsNotPassedOn()
    {
        await _front.SlowDownAsync(_slow.Id, SlowLength, 1_000_000);
        await OfferAsync(_slow.Id, betaUs: 500_000);
        Assert.That((await _board.AskAsync(_board.Request(_slow, SlowLength, budgetUs: 300_000))).Code, Is.EqualTo(ResponseCode.TooLate));
        Assert.That(await _front.CounterAsync("relayed"), Is.Zero);
    }

    [Test]
    public async Task WhatHasBeenThereOrHereIsNotPassedOn()
    {
        await OfferAsync(_slow.Id);
        foreach (string visited in new[] { Behind, RunningGateway.Id })
        {
            RequestFrame asked = _board.Request(_slow, SlowLength);
            asked.Visited[0] = NodeKey.Of(visited);
            asked.VisitedCount = 1;
            Assert.That((await _board.AskAsync(asked)).Code, Is.EqualTo(ResponseCode.Ok));
        }
        Assert.That(await _front.CounterAsync("relayed"), Is.Zero);
    }

    [Test]
    public async Task WithoutItsBrokerNothingWaits()
    {
        await OfferAsync(StrangeModel);
        await _board.SendUnacknowledgedAsync(Strange(), RunningGateway.Id);
        await _behind.RequestAsync();
        // Not even a last will: the way itself goes, when the gateway stops.
        Task stopped = _front.StopAsync();
        ResponseFrame answer = await _board.ResponseAsync();
        Assert.That(answer.Code, Is.Not.EqualTo(ResponseCode.Ok));
        await stopped;
    }

    private RequestFrame Strange(uint budgetUs = 0)
    {
        RequestFrame request = _board.Request(_slow, SlowLength, budgetUs);
        request.ModelId = StrangeModel;
        return request;
    }

    /// <summary>Offers a model behind, for next to nothing unless said, and waits until the front gateway can pass requests for it on.</summary>
    private async Task OfferAsync(uint modelId, int betaUs = 1)
    {
        await _behind.OfferAsync(modelId, new CostLine(1, betaUs));
        GatewayCore core = _front.Part<GatewayCore>();
        await Deadline.UntilAsync(() => core.EngineOf(modelId)?.Mapping.HasUsableGateway(_front.NowUs) == true, "a usable gateway behind");
    }
}

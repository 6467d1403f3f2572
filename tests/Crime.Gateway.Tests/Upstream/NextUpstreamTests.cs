using System;
using System.Linq;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Gateway.Core;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Upstream;

/// <summary>A model that two gateways have behind one that does not: the nearer one is the test's own, the other a program of its own.</summary>
public sealed class NextUpstreamTests
{
    private const string Near = "near";
    private const string Far = "far";
    private const int Length = 20;
    private const int DelayMs = 150;

    private readonly ModelFile _tokens = TestModels.Parse(TestModels.Tokens);
    private ModelFolder _frontModels = null!;
    private ModelFolder _farModels = null!;
    private DistantGateway _far = null!;
    private RunningGateway _front = null!;
    private ScriptedGateway _near = null!;
    private TestBoard _board = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _frontModels = new ModelFolder(("features.crime", TestModels.Features));
        _farModels = new ModelFolder(("tokens.crime", TestModels.Tokens));
        // So far away that the other one is asked first, on any machine.
        _far = await DistantGateway.StartAsync(Far, _farModels.Path, DelayMs);
        _front = await RunningGateway.StartAsync(RunningGateway.Options(_frontModels.Path) with
        {
            Upstreams = [new UpstreamOptions(Near, null), _far.AsUpstream],
        });
        _near = await ScriptedGateway.ConnectAsync(_front.BrokerPort, Near);
        _board = await TestBoard.ConnectAsync(_front.BrokerPort);
        GatewayCore core = _front.Part<GatewayCore>();
        await Deadline.UntilAsync(() => core.EngineOf(_tokens.Id)?.Mapping.HasUsableGateway(_front.NowUs) == true, "the far gateway");
        await _near.OfferAsync(_tokens.Id, new CostLine(0, 0));
        await Deadline.UntilAsync(() => UsableCount(core) == 2, "both gateways");
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_board != null) await _board.DisposeAsync();
        if (_near != null) await _near.DisposeAsync();
        if (_front != null) await _front.DisposeAsync();
        if (_far != null) await _far.DisposeAsync();
        _frontModels.Dispose();
        _farModels.Dispose();
    }

    [TestCase(ResponseCode.QueueFull)]
    [TestCase(ResponseCode.TooLate)]
    [TestCase(ResponseCode.UnknownModel)]
    [TestCase(ResponseCode.Stopping)]
    public async Task WhatOneRefusesTheNextAnswers(ResponseCode code)
    {
        RequestFrame asked = await AskAsync(budgetUs: 10_000_000);
        var (request, _, replyTopic) = await _near.RequestAsync();
        await _near.AnswerAsync(request, replyTopic, new ResponseFrame { Code = code });
        await AssertTheFarOneAnswersAsync(asked);
        Assert.That((await CounterAsync("relayed"), await CounterAsync("relay_fallbacks")), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task WhatOneIsSilentAboutTheNextAnswersWhileTheBudgetLasts()
    {
        RequestFrame asked = await AskAsync(budgetUs: 10_000_000);
        var (request, _, replyTopic) = await _near.RequestAsync();
        await AssertTheFarOneAnswersAsync(asked);

        await _near.AnswerAsync(request, replyTopic, new ResponseFrame { Label = 1, ClassCount = 3, Logits = new short[3] });
        await Deadline.UntilAsync(async () => await CounterAsync("relay_late") == 1, "the late answer");
        Assert.That(await _board.ResponseWithinAsync(100), Is.Null, "once");
    }

    [Test]
    public async Task WithNoTimeLeftNobodyElseIsAsked()
    {
        RequestFrame asked = await AskAsync(budgetUs: 150_000);
        await _near.RequestAsync();
        ResponseFrame answer = await _board.ResponseAsync();
        Assert.That((answer.Code, answer.Sequence), Is.EqualTo((ResponseCode.TooLate, asked.Sequence)));
        Assert.That(await CounterAsync("relayed"), Is.EqualTo(1));
    }

    [Test]
    public async Task AnInputThatIsWrongIsTakenNowhereElse()
    {
        await AskAsync(budgetUs: 10_000_000);
        var (request, _, replyTopic) = await _near.RequestAsync();
        await _near.AnswerAsync(request, replyTopic, new ResponseFrame { Code = ResponseCode.WrongInput });
        Assert.That((await _board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.WrongInput));
        Assert.That(await CounterAsync("relayed"), Is.EqualTo(1));
    }

    /// <summary>The program is killed: nothing but the broker's end tells of it.</summary>
    [Test]
    public async Task WhenTheNextOneIsDeadTheRefusalIsTold()
    {
        RequestFrame asked = await AskAsync(budgetUs: 10_000_000);
        var (request, _, replyTopic) = await _near.RequestAsync();
        _far.Kill();
        await _far.EndAsync();
        await _near.AnswerAsync(request, replyTopic, new ResponseFrame { Code = ResponseCode.QueueFull });
        ResponseFrame answer = await _board.ResponseAsync();
        Assert.That(answer.Code, Is.EqualTo(ResponseCode.QueueFull).Or.EqualTo(ResponseCode.TooLate));
        Assert.That(answer.Sequence, Is.EqualTo(asked.Sequence));
        Assert.That(await _board.ResponseWithinAsync(100), Is.Null, "once");
    }

    private async Task<RequestFrame> AskAsync(uint budgetUs)
    {
        RequestFrame asked = _board.Request(_tokens, Length, budgetUs);
        await _board.SendUnacknowledgedAsync(asked, RunningGateway.Id);
        return asked;
    }

    private async Task AssertTheFarOneAnswersAsync(RequestFrame asked)
    {
        ResponseFrame answer = await _board.ResponseAsync();
        int label = new FloatNetwork(new FloatModel(_tokens)).Run(asked.Values.AsSpan(0, asked.ValueCount), asked.FractionBits, new float[_tokens.ClassCount]);
        Assert.That((answer.Code, answer.Sequence, answer.Label, answer.RelayCount), Is.EqualTo((ResponseCode.Ok, asked.Sequence, label, 1)));
    }

    private Task<long> CounterAsync(string name) => _front.CounterAsync(name);

    private int UsableCount(GatewayCore core)
    {
        var engine = core.EngineOf(_tokens.Id)!.Mapping;
        return Enumerable.Range(0, engine.CandidateCount).Count(i => engine.Candidate(i).IsServing && engine.Candidate(i).Link.IsUsable);
    }
}

using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Gateway.Core;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Upstream;

/// <summary>A board at a gateway with another gateway behind it: a program of its own, over a way that takes its time.</summary>
public sealed class ChainTests
{
    private const string Cloud = "cloud";
    private const int DelayMs = 10;
    private const int ShortLength = 4;
    private const int LongLength = 700;
    private const int MaxAttempts = 10;

    // What a timestep costs at the gateway in front, as it believes: it is a small box.
    private const int SlowStepUs = 1000;

    private readonly ModelFile _features = TestModels.Parse(TestModels.Features);
    private readonly ModelFile _tokens = TestModels.Parse(TestModels.Tokens);
    private ModelFolder _frontModels = null!;
    private ModelFolder _cloudModels = null!;
    private DistantGateway _cloud = null!;
    private RunningGateway _front = null!;
    private TestBoard _board = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _cloudModels = new ModelFolder(("features.crime", TestModels.Features), ("tokens.crime", TestModels.Tokens));
        _frontModels = new ModelFolder(("features.crime", TestModels.Features));
        _cloud = await DistantGateway.StartAsync(Cloud, _cloudModels.Path, DelayMs);
        _front = await RunningGateway.StartAsync(RunningGateway.Options(_frontModels.Path) with { Upstreams = [_cloud.AsUpstream] });
        _board = await (await TestBoard.ConnectAsync(_front.BrokerPort)).WatchStatusAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_board != null) await _board.DisposeAsync();
        if (_front != null) await _front.DisposeAsync();
        if (_cloud != null) await _cloud.DisposeAsync();
        _cloudModels.Dispose();
        _frontModels.Dispose();
    }

    [Test]
    public async Task LongInputsAreAnsweredBehindShortOnesHere()
    {
        await SlowDownAsync();
        int askedCount = 0;
        foreach (int length in new[] { ShortLength, LongLength, 2 * LongLength, ShortLength })
        {
            // On a busy machine the link may be suspect for a moment. The input then stays here, and is asked again.
            bool isRelayed = false;
            for (int attempt = 0; attempt < MaxAttempts && !isRelayed && (attempt == 0 || length != ShortLength); attempt++)
            {
                askedCount++;
                isRelayed = await IsRelayedAsync(length);
            }
            Assert.That(isRelayed, Is.EqualTo(length != ShortLength), $"length {length}");
        }
        Assert.That(await _front.CounterAsync("answered"), Is.EqualTo(askedCount));
    }

    /// <summary>Asks the gateway in front, checks the answer, and returns true when the request was passed on.</summary>
    private async Task<bool> IsRelayedAsync(int length)
    {
        await UsableAsync();
        RequestFrame request = _board.Request(_features, length, budgetUs: 5_000_000);
        (long relayed, long fallbacks) = await RelaysAsync();
        var watch = Stopwatch.StartNew();
        ResponseFrame response = await _board.AskAsync(request);
        long totalUs = (long)watch.Elapsed.TotalMicroseconds;
        (long relayedAfter, long fallbacksAfter) = await RelaysAsync();
        Assert.That(response.Code, Is.EqualTo(ResponseCode.Ok));
        Assert.That((response.Session, response.Sequence), Is.EqualTo((request.Session, request.Sequence)));
        Assert.That(response.Label, Is.EqualTo(ExpectedLabel(request)));
        // On a machine that stands still for a fifth of a second the gateway in front answers after all.
        Assert.That(response.RelayCount, Is.EqualTo(relayedAfter - relayed - (fallbacksAfter - fallbacks)));
        // All time that is not service is wait, with the ways between the gateways.
        if (response.RelayCount > 0) Assert.That(response.WaitUs, Is.GreaterThanOrEqualTo(2 * DelayMs * 1000));
        Assert.That((long)response.WaitUs + response.ServiceUs, Is.LessThanOrEqualTo(totalUs));
        return relayedAfter - relayed == 1;
    }

    [Test]
    public async Task WhatIsReachedIsToldWithItsPath()
    {
        await SlowDownAsync();
        StatusFrame status = await _board.StatusAsync(frame => Reached(frame, _features) != null && Reached(frame, _tokens) != null);
        CostAdvert features = status.Advert(status.IndexOf(_features.Id)), tokens = status.Advert(status.IndexOf(_tokens.Id));
        Assert.That(Enumerable.Range(0, features.Count).Select(i => features.PathCount[i]), Is.EquivalentTo(new[] { 0, 1 }));
        Assert.That(features.RelayWaitUs, Is.GreaterThanOrEqualTo(2 * DelayMs * 1000));
        // The model that this gateway does not have: only by way of the other one, and not to be downloaded here.
        Assert.That((tokens.Count, tokens.PathCount[0], tokens.PathKey(0, 0)), Is.EqualTo((1, 1, NodeKey.Of(Cloud))));
        Assert.That(status.ImageChecksum[status.IndexOf(_tokens.Id)], Is.Zero);

        ResponseFrame response = await _board.AskAsync(_board.Request(_tokens, 20));
        Assert.That((response.Code, response.RelayCount), Is.EqualTo((ResponseCode.Ok, 1)));

        _cloud.Kill();
        status = await _board.StatusAsync(frame => frame.IndexOf(_tokens.Id) < 0);
        Assert.That(status.Advert(status.IndexOf(_features.Id)).Count, Is.EqualTo(1));
        Assert.That((await _board.AskAsync(_board.Request(_tokens, 20))).Code, Is.EqualTo(ResponseCode.UnknownModel));
    }

    [Test]
    public async Task AnInputThatTheModelCannotReadIsRefusedAndSpoilsNothing()
    {
        await ReachedAsync(_tokens);
        RequestFrame wrong = _board.Request(_tokens, 5);
        wrong.Values[2] = TestModels.Vocabulary;
        Assert.That((await _board.AskAsync(wrong)).Code, Is.EqualTo(ResponseCode.WrongInput));
        Assert.That((await _board.AskAsync(_board.Request(_tokens, 5))).Code, Is.EqualTo(ResponseCode.Ok));
    }

    [Test]
    public async Task AGatewayKilledWithRequestsOnItsHandsCostsNoneItsAnswer()
    {
        const int count = 60;
        await SlowDownAsync();
        var expected = new Dictionary<uint, int>();
        var answered = new Dictionary<uint, int>();
        for (int i = 0; i < count; i++)
        {
            RequestFrame request = _board.Request(_features, LongLength + i);
            expected.Add(request.Sequence, ExpectedLabel(request));
            await _board.SendUnacknowledgedAsync(request, RunningGateway.Id);
            if (i == count / 2) _cloud.Kill();
        }
        int relayedCount = 0;
        for (int i = 0; i < count; i++)
        {
            ResponseFrame response = await _board.ResponseAsync();
            Assert.That(response.Code, Is.EqualTo(ResponseCode.Ok));
            Assert.That(response.Label, Is.EqualTo(expected[response.Sequence]));
            Assert.That(answered.TryAdd(response.Sequence, response.Label), Is.True, "once each");
            relayedCount += response.RelayCount;
        }
        Assert.That(await _board.ResponseWithinAsync(300), Is.Null);
        Assert.That(await _front.CounterAsync("relayed"), Is.GreaterThan(0));
        Assert.That(await _front.CounterAsync("relay_fallbacks"), Is.GreaterThan(0));
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{relayedCount} of {count} answered by the killed gateway"));
    }

    private async Task<(long Relayed, long Fallbacks)> RelaysAsync() =>
        (await _front.CounterAsync("relayed"), await _front.CounterAsync("relay_fallbacks"));

    private int ExpectedLabel(RequestFrame request) =>
        new FloatNetwork(new FloatModel(_features)).Run(request.Values, request.FractionBits, new float[_features.ClassCount]);

    private static CostAdvert? Reached(StatusFrame status, ModelFile model)
    {
        int index = status.IndexOf(model.Id);
        CostAdvert? advert = index < 0 ? null : status.Advert(index);
        return advert != null && Enumerable.Range(0, advert.Count).Any(i => advert.PathCount[i] > 0) ? advert : null;
    }

    private Task<StatusFrame> ReachedAsync(ModelFile model) => _board.StatusAsync(status => Reached(status, model) != null);

    /// <summary>Makes the front gateway believe that it is slow, as a small box is, and waits until its engine knows, and the other gateway.</summary>
    private async Task SlowDownAsync()
    {
        await _front.SlowDownAsync(_features.Id, LongLength, LongLength * SlowStepUs);
        await UsableAsync();
    }

    private async Task UsableAsync()
    {
        GatewayCore core = _front.Part<GatewayCore>();
        await Deadline.UntilAsync(() => core.EngineOf(_features.Id)!.Mapping.HasUsableGateway(_front.NowUs), "a usable gateway behind");
    }
}

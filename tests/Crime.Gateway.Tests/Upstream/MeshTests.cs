using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Upstream;

/// <summary>Gateways that name each other: in a pair, and in a ring of three.</summary>
public sealed class MeshTests
{
    private const int SlowStepUs = 1000;
    private const int LongLength = 700;

    private readonly ModelFile _features = TestModels.Parse(TestModels.Features);
    private readonly ModelFile _tokens = TestModels.Parse(TestModels.Tokens);
    private readonly List<RunningGateway> _gateways = [];
    private readonly List<TestBoard> _boards = [];
    private ModelFolder _few = null!;
    private ModelFolder _all = null!;

    [SetUp]
    public void MakeModels()
    {
        _few = new ModelFolder(("features.crime", TestModels.Features));
        _all = new ModelFolder(("features.crime", TestModels.Features), ("tokens.crime", TestModels.Tokens));
    }

    [TearDown]
    public async Task StopAsync()
    {
        foreach (TestBoard board in _boards) await board.DisposeAsync();
        foreach (RunningGateway gateway in _gateways) await gateway.DisposeAsync();
        _boards.Clear();
        _gateways.Clear();
        _few.Dispose();
        _all.Dispose();
    }

    [Test]
    public async Task TwoThatNameEachOtherNeverSendARequestBack()
    {
        await StartRingAsync(_few.Path, _few.Path);
        foreach (RunningGateway gateway in _gateways) await gateway.SlowDownAsync(_features.Id, LongLength, LongLength * SlowStepUs);
        await ReachedAsync(_boards[0], _features, "b");
        await ReachedAsync(_boards[1], _features, "a");

        // Each believes itself slow and is busy, so that the other one looks better to both.
        const int count = 30;
        var open = new HashSet<(int, uint)>();
        for (int i = 0; i < count; i++)
        {
            for (int k = 0; k < 2; k++)
            {
                RequestFrame request = _boards[k].Request(_features, LongLength + i);
                open.Add((k, request.Sequence));
                await _boards[k].SendUnacknowledgedAsync(request, Name(k));
            }
        }
        for (int k = 0; k < 2; k++)
        {
            for (int i = 0; i < count; i++)
            {
                ResponseFrame response = await _boards[k].ResponseAsync();
                Assert.That(response.Code, Is.EqualTo(ResponseCode.Ok));
                Assert.That(response.RelayCount, Is.LessThanOrEqualTo(1), "there and no further");
                Assert.That(open.Remove((k, response.Sequence)), Is.True, "once each");
            }
            Assert.That(await _boards[k].ResponseWithinAsync(100), Is.Null);
        }
        long relayed = 0, requests = 0;
        foreach (RunningGateway gateway in _gateways)
        {
            relayed += await gateway.CounterAsync("relayed");
            requests += await gateway.CounterAsync("requests");
        }
        Assert.That(relayed, Is.LessThanOrEqualTo(2 * count), "none twice");
        Assert.That(requests, Is.EqualTo(2 * count + relayed));
        for (int k = 0; k < 2; k++)
        {
            StatusFrame status = (await _boards[k].StatusAsync()).Frame;
            for (int i = 0; i < status.ModelCount; i++)
                for (int segment = 0; segment < status.Advert(i).Count; segment++)
                    Assert.That(status.Advert(i).LeadsThrough(segment, NodeKey.Of(Name(k))), Is.False);
        }
    }

    [Test]
    public async Task AModelIsReachedRoundARingAndForgottenWhenItsGatewayGoes()
    {
        await StartRingAsync(_few.Path, _few.Path, _all.Path);
        StatusFrame status = await ReachedAsync(_boards[0], _tokens, "b");
        CostAdvert advert = status.Advert(status.IndexOf(_tokens.Id));
        Assert.That((advert.PathCount[0], advert.PathKey(0, 0), advert.PathKey(0, 1)), Is.EqualTo((2, NodeKey.Of("b"), NodeKey.Of("c"))));

        RequestFrame request = _boards[0].Request(_tokens, 12);
        await _boards[0].SendUnacknowledgedAsync(request, "a");
        ResponseFrame response = await _boards[0].ResponseAsync();
        Assert.That((response.Code, response.Sequence, response.RelayCount), Is.EqualTo((ResponseCode.Ok, request.Sequence, 2)));

        await _gateways[2].StopAsync();
        // No rumour goes round: who hears of itself on a path does not believe it.
        await _boards[0].StatusAsync(frame => frame.IndexOf(_tokens.Id) < 0);
        await _boards[0].SendUnacknowledgedAsync(_boards[0].Request(_tokens, 12), "a");
        Assert.That((await _boards[0].ResponseAsync()).Code, Is.EqualTo(ResponseCode.UnknownModel));
    }

    private static string Name(int index) => ((char)('a' + index)).ToString();

    /// <summary>Starts a, b, c..., each with the next one behind it and the last with the first, and a board at each.</summary>
    private async Task StartRingAsync(params string[] folders)
    {
        GatewayOptions[] options = folders.Select((folder, i) => RunningGateway.Options(folder) with { NodeId = Name(i) }).ToArray();
        for (int i = 0; i < options.Length; i++)
        {
            int next = (i + 1) % options.Length;
            var broker = new BrokerAddress("127.0.0.1", options[next].Broker.Port, "", "");
            _gateways.Add(await RunningGateway.StartAsync(options[i] with { Upstreams = [new UpstreamOptions(Name(next), broker)] }));
            _boards.Add(await (await TestBoard.ConnectAsync(options[i].Broker.Port, $"board-{i}")).WatchStatusAsync());
        }
    }

    private static async Task<StatusFrame> ReachedAsync(TestBoard board, ModelFile model, string behind) => await board.StatusAsync(status =>
    {
        int index = status.IndexOf(model.Id);
        CostAdvert? advert = index < 0 ? null : status.Advert(index);
        return advert != null && Enumerable.Range(0, advert.Count).Any(i => advert.LeadsThrough(i, NodeKey.Of(behind)));
    });
}

// A gateway of a test network: it computes, refuses, or passes on, and answers what it was asked once, as gateway/Upstream and
// gateway/Serving do it. When it dies it forgets everything.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping.Topologies;

/// <summary>A gateway with one worker.</summary>
internal sealed class NetworkGateway : NetworkNode
{
    private const int HeartbeatUs = 500_000;
    private const int Capacity = 16;

    // RequestRelay.ReturnUs.
    private const int ReturnUs = 10_000;

    private readonly Decision _decision = new();
    private readonly CostLine _line;
    private readonly Dictionary<uint, Relayed> _relayed = [];
    private readonly ResponseFrame _response = new();
    private uint _statusCount;
    private uint _sequence;
    private long _freeAtUs;
    private int _held;

    /// <summary>Requests of this start that it has not answered.</summary>
    public int OpenCount { get; private set; }

    /// <summary>Makes a gateway that is not there yet.</summary>
    public NetworkGateway(FailingNetwork network, int index)
        : base(network, $"gateway-{index}") =>
        // From 1 µs to 20 ms a timestep, each power of ten as likely as the next.
        _line = new CostLine((long)(1000 * Math.Exp(network.Random.NextDouble() * Math.Log(20_000))), 100);

    /// <summary>A request that it has been asked.</summary>
    private sealed class Asked
    {
        public required NetworkLink Link;
        public required RequestFrame Frame;
        public required Trail Trail;
        public long ArrivedUs;
        public bool IsAnswered;

        public long DeadlineUs => ArrivedUs + Frame.BudgetUs;
    }

    /// <summary>A request that it has passed on.</summary>
    private sealed record Relayed(Asked Asked, GatewayCandidate Gateway, long SentUs);

    /// <summary>How long a request would wait here, in µs.</summary>
    public int WaitUs => (int)Math.Max(_freeAtUs - Network.NowUs, 0);

    /// <summary>Comes up, knowing nothing.</summary>
    public void Start()
    {
        _statusCount = 0;
        _freeAtUs = 0;
        _held = 0;
        OpenCount = 0;
        Begin(_line, relays: true);
        uint session = Session;
        Network.After(Network.Random.Next(HeartbeatUs), () => Tell(session));
    }

    /// <summary>Dies with all that it holds.</summary>
    public void Die(bool hasLastWill)
    {
        IsAlive = false;
        Network.Counts.HeldByTheDead += _held + _relayed.Count;
        _relayed.Clear();
        if (!hasLastWill) return;
        var status = new StatusFrame { Workers = 1, Session = Session };
        foreach (NetworkLink link in Network.Listeners(this)) Network.Send(link, () => link.Node.OnStatus(Id, status));
    }

    /// <summary>Takes a request's bytes.</summary>
    /// <param name="link">Where it came.</param>
    /// <param name="bytes">The frame.</param>
    /// <param name="before">The gateways that it has been to.</param>
    public void OnRequest(NetworkLink link, byte[] bytes, Trail? before)
    {
        if (!IsAlive) return;
        var asked = new Asked { Link = link, Frame = new RequestFrame(), Trail = Trail.Extend(before, this), ArrivedUs = Network.NowUs };
        Assert.That(asked.Frame.Decode(bytes), Is.EqualTo(FrameError.None));
        OpenCount++;
        if (!TryRelay(asked)) Enqueue(asked);
    }

    /// <inheritdoc/>
    public override void OnResponse(byte[] bytes)
    {
        if (!IsAlive) return;
        Assert.That(_response.Decode(bytes), Is.EqualTo(FrameError.None));
        if (_response.Session != Session || !_relayed.Remove(_response.Sequence, out Relayed? relayed))
        {
            Network.Counts.RelayLate++;
            return;
        }
        Engine.OnResponse(relayed.Gateway, _response, relayed.Asked.Frame.Length, Network.NowUs - relayed.SentUs, Network.NowUs);
        if (_response.Code == ResponseCode.Ok) Answer(relayed.Asked, ResponseCode.Ok, (int)_response.ServiceUs, _response.Logits[0], _response.RelayCount + 1);
        else TakeBack(relayed.Asked);
    }

    /// <inheritdoc/>
    public override void OnConnectionChanged(NetworkLink link, bool isConnected)
    {
        if (!IsAlive) return;
        base.OnConnectionChanged(link, isConnected);
        if (!isConnected) OnGone(link.Gateway.Id);
    }

    /// <inheritdoc/>
    protected override void OnGone(string gateway)
    {
        foreach ((uint sequence, Relayed relayed) in _relayed.Where(entry => entry.Value.Gateway.Id == gateway).ToArray())
        {
            _relayed.Remove(sequence);
            TakeBack(relayed.Asked);
        }
    }

    private bool TryRelay(Asked asked)
    {
        RequestFrame frame = asked.Frame;
        if (frame.HasVisited(NodeKey.Of(Id))) return false;
        Engine.DecideRelay(frame.Length, WaitUs, frame, new NodeKeySet(1), Network.NowUs, _decision);
        if (_decision.Gateway is not { } gateway) return false;
        long giveUpUs = GiveUpUs(asked);
        if (giveUpUs <= Network.NowUs) return false;
        NetworkLink link = LinkOf(gateway);
        uint sequence = ++_sequence, session = Session;
        _relayed.Add(sequence, new Relayed(asked, gateway, Network.NowUs));
        Engine.OnSent(gateway, frame.Length, Network.NowUs);
        byte[] bytes = Encode(frame, sequence, (uint)Math.Max(giveUpUs - Network.NowUs - gateway.Link.RttUs, 1));
        Network.Send(link, () => link.Gateway.OnRequest(link, bytes, asked.Trail));
        Network.After(giveUpUs - Network.NowUs, () =>
        {
            if (!IsAlive || Session != session || !_relayed.Remove(sequence)) return;
            Network.Counts.RelayTimeouts++;
            Engine.OnTimeout(gateway, Network.NowUs);
            TakeBack(asked);
        });
        return true;
    }

    private long GiveUpUs(Asked asked)
    {
        int length = asked.Frame.Length;
        long nowUs = Network.NowUs, giveUpUs = nowUs + _decision.TimeoutUs;
        long lastUs = asked.DeadlineUs - ReturnUs - WaitUs - _line.At(length);
        if (lastUs < nowUs + _decision.ExpectedTimeUs) lastUs = asked.DeadlineUs;
        return Math.Min(giveUpUs, lastUs);
    }

    private byte[] Encode(RequestFrame frame, uint sequence, uint budgetUs)
    {
        (uint session, uint askedSequence, uint askedBudgetUs) = (frame.Session, frame.Sequence, frame.BudgetUs);
        frame.Visited[frame.VisitedCount++] = NodeKey.Of(Id);
        (frame.Session, frame.Sequence, frame.BudgetUs) = (Session, sequence, budgetUs);
        byte[] bytes = frame.Encode();
        frame.VisitedCount--;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (session, askedSequence, askedBudgetUs);
        return bytes;
    }

    private void TakeBack(Asked asked)
    {
        Network.Counts.TakenBack++;
        Enqueue(asked);
    }

    private void Enqueue(Asked asked)
    {
        int costUs = _line.At(asked.Frame.Length), waitUs = WaitUs;
        if (_held == Capacity || Network.NowUs + waitUs + costUs > asked.DeadlineUs)
        {
            Answer(asked, _held == Capacity ? ResponseCode.QueueFull : ResponseCode.TooLate, 0, 0, 0);
            return;
        }
        _held++;
        _freeAtUs = Network.NowUs + waitUs + costUs;
        uint session = Session;
        Network.After(waitUs + costUs, () =>
        {
            if (!IsAlive || Session != session) return;
            _held--;
            Answer(asked, ResponseCode.Ok, costUs, asked.Frame.Values[0], 0);
        });
    }

    private void Answer(Asked asked, ResponseCode code, int serviceUs, short result, int relayCount)
    {
        if (asked.IsAnswered) Assert.Fail($"{Id} answers a request twice");
        asked.IsAnswered = true;
        OpenCount--;
        bool isOk = code == ResponseCode.Ok;
        byte[] bytes = new ResponseFrame
        {
            Session = asked.Frame.Session, Sequence = asked.Frame.Sequence, Code = code, ServiceUs = (uint)serviceUs, RelayCount = relayCount,
            WaitUs = (uint)Math.Max(Network.NowUs - asked.ArrivedUs - serviceUs, 0), BacklogUs = (uint)WaitUs, Depth = _held,
            ClassCount = isOk ? 1 : 0, Logits = [result],
        }.Encode();
        Network.Send(asked.Link, () => asked.Link.Node.OnResponse(bytes));
    }

    private void Tell(uint session)
    {
        if (Network.IsOver || !IsAlive || Session != session) return;
        var status = new StatusFrame
        {
            Online = true, Workers = 1, Session = Session, Sequence = ++_statusCount, BacklogUs = (uint)WaitUs, Depth = _held,
            Utilisation = StatusFrame.FullUtilisation,
        };
        Engine.FillAdvert(status.Add(ModelId, 0), Network.NowUs);
        var read = new StatusFrame();
        Assert.That(read.Decode(status.Encode()), Is.EqualTo(FrameError.None));
        foreach (NetworkLink link in Network.Listeners(this)) Network.Send(link, () => link.Node.OnStatus(Id, read));
        Network.After(HeartbeatUs, () => Tell(session));
    }
}

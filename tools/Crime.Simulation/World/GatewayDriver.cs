// A simulated gateway: the behaviour is that of gateway/Core, the same that the product runs. The driver adds service times and their noise,
// links, other work, and the knowledge of the oracle.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Relaying;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Drives the core of one gateway.</summary>
/// <remarks>
/// A batch takes the sum of the service times of its requests: the kinds of a scenario have no gain from batching, so the share of
/// <see cref="ServiceCost"/> stays at 1.
/// </remarks>
internal sealed partial class GatewayDriver : IGatewayActions
{
    /// <summary>Longest time between two statuses in ms, unless they are published less often: the gateway's default.</summary>
    public const int DefaultHeartbeatMs = 1000;

    /// <summary>Most requests that wait: the gateway's default.</summary>
    public const int Capacity = 256;

    /// <summary>The same where only memory bounds the queue: as many as a status can report.</summary>
    public const int MemoryCapacity = 65_535;

    private const uint OtherWorkId = 0x4F574F52;
    private static readonly LengthCount s_otherWork = new(1, 0, 1);
    private static readonly EngineSetup s_boardDefaults = new();

    private readonly SimWorld _world;
    private readonly GatewayCore _core;
    private readonly Batch[] _batches;
    private readonly bool[] _isBusy;
    private readonly long[] _doneUs;
    private readonly long[] _leftUs;
    private readonly string[] _upstreamIds;
    private readonly List<GatewayDriver> _downstreams = [];
    private readonly ResponseFrame _response = new();
    private readonly uint _modelId;
    private RandomStream _background;
    private long _backgroundUntilUs;
    private bool _isBackgroundBusy;
    private bool _isLookScheduled;
    private bool _isReadingScheduled;
    private long _clockUs;
    private long _waitingUs;

    /// <summary>Makes an idle gateway.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="index">Its number.</param>
    /// <param name="firstLink">Number of its first link to an upstream among all links of the world.</param>
    public GatewayDriver(SimWorld world, int index, int firstLink)
    {
        _world = world;
        Index = index;
        Node = world.Setup.Scenario.Gateways[index];
        Costs = new GatewayCosts(Node.Kind, world.Setup.Set);
        Links = new UpstreamLinks(world, Node.Upstreams, firstLink);
        _modelId = SimWorld.ModelId;
        Log = new StatusLog(_modelId);
        RegimeLog = new StatusLog(_modelId);
        _upstreamIds = Node.Upstreams.Select(upstream => world.Setup.Scenario.Gateways[upstream.Gateway].Id).ToArray();
        int workers = Node.Kind.Workers;
        _batches = Enumerable.Range(0, workers).Select(worker => new Batch(worker)).ToArray();
        _isBusy = new bool[workers];
        _doneUs = new long[workers];
        _leftUs = new long[workers];
        SimModel? otherWork = Node.Background is { } load ? new SimModel(OtherWorkId, 1, new CostLine(0, (int)(load.WorkMs * 1000))) : null;
        _core = new GatewayCore(Settings(), new SimModels(new SimModel(_modelId, world.Setup.Set.Lengths.MaxLength, Costs.Line), otherWork), this, this);
    }

    /// <summary>Its number.</summary>
    public int Index { get; }

    /// <summary>Its part of the scenario.</summary>
    public GatewayNode Node { get; }

    /// <summary>Cost of an input on this gateway.</summary>
    public GatewayCosts Costs { get; }

    /// <summary>Links to its upstreams.</summary>
    public UpstreamLinks Links { get; }

    /// <summary>Work of requests that the oracle has sent here and that have not arrived, in µs.</summary>
    public long ReservedUs { get; set; }

    /// <inheritdoc/>
    public int? StatusListenerCount => _world.Setup.StatusIntervalMs == null ? _world.ListenersOf(Index) : 0;

    private long NowUs => _world.NowUs;

    private bool HasUpstreams => Links.Count > 0;

    /// <summary>Adds a gateway that has this one as its upstream.</summary>
    public void AddDownstream(GatewayDriver downstream) => _downstreams.Add(downstream);

    /// <summary>Connects, and publishes the first status.</summary>
    public void Start()
    {
        foreach (Batch batch in _batches) _core.TryStart(batch, NowUs);
        _core.OnConnectionChanged(isConnected: true);
        if (HasUpstreams) _world.Events.Add(0, EventKind.GatewayTick, Index);
        if (Node.Background == null) return;
        _background = new RandomStream(_world.Seed, StreamPurpose.OtherWork, Index);
        _world.Events.Add(0, EventKind.Background, Index);
    }

    /// <summary>Publishes the heartbeats that are due: between two changes only time passes, so they can wait until a node looks.</summary>
    public void Beat()
    {
        if (HasUpstreams) return;
        while (!_isLookScheduled && _core.Schedule.NextLookUs <= NowUs) Look(_core.Schedule.NextLookUs);
    }

    /// <summary>True wait of a request in µs, if nothing arrives before it but the requests that the oracle has sent.</summary>
    /// <param name="arrivalUs">Time of its arrival in µs.</param>
    public long TrueWaitUs(long arrivalUs)
    {
        for (int i = 0; i < _leftUs.Length; i++) _leftUs[i] = _isBusy[i] ? _doneUs[i] - NowUs : 0;
        var queue = new FluidQueue(_leftUs);
        queue.Pour(_waitingUs + ReservedUs);
        return Math.Max(NowUs + (long)queue.StartUs - arrivalUs, 0);
    }

    /// <summary>True service time of an input, in µs.</summary>
    public long ServiceUs(LengthCount input, Draws draws) => (long)(Costs.ServiceUs(input) * draws.Factor(Draws.Service(Index), Costs.NoiseSigma));

    /// <summary>A request arrives.</summary>
    public void OnRequest(SimRequest request)
    {
        Beat();
        if (HasUpstreams) ReadUpstreams();
        if (request.Frame.WantsReceipt || request.Result != null) ExpectReceipt(request);
        if (request.Result is { } result)
        {
            _world.Return(request);
            _core.Results.OnResult(request.Sender, isForGroup: false, result, NowUs);
            return;
        }
        request.ServiceUs = ServiceUs(request.Input, request.Draws);
        if (request.Target == Index) ReservedUs = Math.Max(ReservedUs - request.ServiceUs, 0);
        Note(request, isWaiting: true);
        // Where the result is wanted behind the gateway, the gateways decide who computes.
        if (request.Target < 0 || request.Frame.WantsReceipt)
        {
            _core.OnRequest(request, NowUs);
            return;
        }
        int slot = request.Target == Index ? -1 : _world.NextHop(Index, request.Target);
        _core.OnRouted(request, slot < 0 ? null : _upstreamIds[slot], NowUs);
    }

    /// <summary>A cancellation arrives.</summary>
    public void OnCancel(SimRequest cancel)
    {
        Beat();
        (int origin, uint session, uint sequence) = (cancel.Origin, cancel.Session, cancel.Sequence);
        _world.Return(cancel);
        _core.OnCancel(
            pending => pending is SimRequest request && request.Origin == origin && request.Session == session && request.Sequence == sequence, NowUs);
    }

    /// <summary>A worker has computed its batch.</summary>
    public void OnServed(int worker)
    {
        Beat();
        Batch batch = _batches[worker];
        _core.OnComputed(batch, NowUs - batch.StartedUs, NowUs);
        TryStart(worker);
    }

    /// <summary>A status may be due.</summary>
    public void OnPublish()
    {
        _isLookScheduled = false;
        if (HasUpstreams) ReadUpstreams();
        Look(NowUs);
        if (_core.Schedule.MayHaveChanged) WakeClock();
    }

    /// <summary>The gateway measures its upstream links.</summary>
    public void OnTick()
    {
        ReadUpstreams();
        _core.Relay!.OnClock(NowUs);
        if (_core.Schedule.NextLookUs <= NowUs) Look(NowUs);
        long pingUs = _core.EngineOf(_modelId)?.Mapping.NextPingUs() ?? long.MaxValue;
        long nextUs = Math.Min(_world.NextTick(pingUs), Math.Max(_core.Schedule.NextLookUs, NowUs + LinkFlow.TickUs));
        _world.Events.Add(nextUs, EventKind.GatewayTick, Index);
    }

    /// <summary>A status of an upstream arrives.</summary>
    public void OnUpstreamStatus()
    {
        _isReadingScheduled = false;
        ReadUpstreams();
    }

    /// <summary>An answer of an upstream arrives.</summary>
    public void OnUpstreamAnswer(SimRequest child)
    {
        ReadUpstreams();
        child.CopyTo(_response);
        int slot = child.Slot;
        _world.Return(child);
        _core.Relay!.OnResponse(slot, _response, NowUs);
    }

    /// <summary>The time to wait for an answer of an upstream has ended.</summary>
    public void OnGiveUp(uint sequence)
    {
        ReadUpstreams();
        _core.Relay!.GiveUp(sequence, NowUs);
    }

    /// <summary>A pong of an upstream arrives.</summary>
    public void OnUpstreamPong(SimRequest ping)
    {
        ReadUpstreams();
        _core.Relay!.OnPong(_world.PongOf(ping), NowUs);
        _world.Return(ping);
    }

    /// <summary>A ping arrives.</summary>
    public void OnPing(SimRequest ping)
    {
        ping.Answer = new Reply(ResponseCode.Ok, 0, 0, _core.Load.Read(isForGroup: false, NowUs));
        _world.SendBack(ping, PongFrame.Size, EventKind.Pong);
    }

    /// <summary>Delivers an answer or a pong of an upstream.</summary>
    public void Deliver(SimRequest request, int sizeBytes, EventKind kind)
    {
        if (Links.IsDown(request.Slot)) _world.Return(request);
        else _world.Events.Add(NowUs + (long)Links.WayBackUs(request.Slot, sizeBytes, request.Draws), kind, request.Origin, request.Index);
    }

    /// <summary>Other work arrives: a request for a model of its own, with the latency budget that a board's default time-out would give it.</summary>
    public void OnBackground()
    {
        Beat();
        BackgroundLoad load = Node.Background!;
        while (NowUs >= _backgroundUntilUs)
        {
            _isBackgroundBusy = _background.NextUniform() < 0.5;
            _backgroundUntilUs += 1 + (long)_background.NextExponential(load.HoldS * 1e6);
        }
        if (NowUs > 0)
        {
            SimRequest job = _world.Rent(SimRequest.NoOrigin, 0, 0, 0, default);
            job.Input = s_otherWork;
            job.Frame.ModelId = OtherWorkId;
            job.Frame.Length = s_otherWork.Length;
            job.Frame.BudgetUs = (uint)(s_boardDefaults.TimeoutMarginUs + load.WorkMs * 1000);
            job.ServiceUs = (long)(load.WorkMs * 1000 * _background.NextFactor(Costs.NoiseSigma));
            Note(job, isWaiting: true);
            _core.OnRequest(job, NowUs);
        }
        double share = _isBackgroundBusy ? load.BusyShare : load.CalmShare;
        if (_world.Setup.Scenario.Load.Pattern == LoadPattern.Diurnal) share *= LoadTimes.Intensity(_world.Setup.Scenario.Load, NowUs);
        double meanUs = share <= 0 ? load.HoldS * 1e6 : load.WorkMs * 1000 / (share * Node.Kind.Workers);
        _world.Events.Add(NowUs + 1 + (long)_background.NextExponential(meanUs), EventKind.Background, Index);
    }

    /// <inheritdoc/>
    public void Reply(PendingRequest request, in Reply reply)
    {
        var asked = (SimRequest)request;
        Note(asked, isWaiting: false);
        // A refused delivery carries its refusal itself.
        if (asked.Frame.WantsReceipt) TakeCarrier(asked.Session, asked.Sequence);
        if (asked.Origin == SimRequest.NoOrigin)
        {
            _world.Return(asked);
            return;
        }
        // The frame of the upstream is valid during this call only.
        asked.RelayCount = reply.RelayCount;
        asked.Answer = reply with { Upstream = null };
        if (reply.Code == ResponseCode.Cancelled && asked.Origin >= 0) _world.Tally.Cancelled++;
        _world.SendBack(asked, ResponseFrame.HeaderSize, EventKind.Answer);
    }

    /// <inheritdoc/>
    public void Drop(PendingRequest request)
    {
        Note((SimRequest)request, isWaiting: false);
        _world.Return((SimRequest)request);
    }

    /// <inheritdoc/>
    public bool TryPassOn(PendingRequest request, in RelayAttempt attempt)
    {
        var asked = (SimRequest)request;
        Note(asked, isWaiting: false);
        _world.Events.Add(attempt.GiveUpUs, EventKind.Timeout, -1 - Index, 0, attempt.Sequence);
        int slot = Array.IndexOf(_upstreamIds, attempt.Node);
        // The message is lost, and the relay gives the request up.
        if (Links.IsDown(slot)) return true;
        SimRequest child = _world.Rent(-1 - Index, slot, attempt.Session, attempt.Sequence, asked.Draws);
        child.Target = asked.Target;
        child.Input = asked.Input;
        child.Frame.ModelId = asked.Frame.ModelId;
        child.Frame.Length = asked.Frame.Length;
        child.Frame.BudgetUs = attempt.BudgetUs;
        child.SizeBytes = RequestFrame.HeaderSize + asked.Frame.Length * _world.Setup.Set.BytesPerStep;
        int count = asked.Frame.VisitedCount;
        for (int i = 0; i < count; i++) child.Frame.Visited[i] = asked.Frame.Visited[i];
        child.Frame.Visited[count] = attempt.VisitedKey;
        child.Frame.VisitedCount = count + 1;
        SendUpstream(child, _world.RequestSize(asked.Frame.Length), EventKind.Request);
        return true;
    }

    /// <inheritdoc/>
    public void SendPing(string node, uint session, uint sequence)
    {
        int slot = Array.IndexOf(_upstreamIds, node);
        if (Links.IsDown(slot)) return;
        var draws = new Draws(_world.Seed ^ ((ulong)sequence << 20) ^ (ulong)(uint)Index);
        SimRequest ping = _world.Rent(-1 - Index, slot, session, sequence, draws);
        SendUpstream(ping, PingFrame.Size, EventKind.Ping);
    }

    /// <inheritdoc/>
    public void PassOnCancel(string node, uint session, uint sequence)
    {
        int slot = Array.IndexOf(_upstreamIds, node);
        if (Links.IsDown(slot)) return;
        var draws = new Draws(_world.Seed ^ ((ulong)sequence << 20) ^ (ulong)(uint)Index);
        SendUpstream(_world.Rent(-1 - Index, slot, session, sequence, draws), CancelFrame.Size, EventKind.Cancel);
    }

    /// <inheritdoc/>
    public void WakeWorker()
    {
        int worker = Array.IndexOf(_isBusy, false);
        if (worker >= 0) TryStart(worker);
    }

    /// <inheritdoc/>
    public void WakeClock()
    {
        if (_isLookScheduled) return;
        _isLookScheduled = true;
        _world.Events.Add(Math.Max(NowUs, _core.Schedule.NextLookUs), EventKind.Publish, Index);
    }

    /// <summary>Not needed: every relayed request has a timer of its own, and pings have their tick.</summary>
    public void WakeRelay()
    {
    }

    private GatewaySettings Settings() => new()
    {
        NodeId = Node.Id,
        QueueCapacity = (_world.Setup.Safeguards & Safeguards.QueueBound) != 0 ? Capacity : MemoryCapacity,
        WorkerCount = Node.Kind.Workers,
        MinIntervalMs = _world.Setup.StatusIntervalMs ?? SimulationRun.LeastStatusIntervalMs,
        HeartbeatMs = Math.Max(DefaultHeartbeatMs, _world.Setup.StatusIntervalMs ?? 0),
        Session = 1,
        Upstreams = _upstreamIds.Select((id, slot) => new Upstream(id, slot)).ToArray(),
        Measures = (AntiHerding)_world.Setup.Safeguards & AntiHerding.All,
        UsesBudgets = (_world.Setup.Safeguards & Safeguards.Admission) != 0,
    };

    private void Look(long atUs)
    {
        _clockUs = Math.Max(atUs, 0);
        _core.OnClock(_clockUs);
    }

    private void TryStart(int worker)
    {
        Batch batch = _batches[worker];
        // Marked first, because the core may ask for another worker meanwhile.
        _isBusy[worker] = true;
        _isBusy[worker] = _core.TryStart(batch, NowUs) == TakeOutcome.Taken;
        if (!_isBusy[worker]) return;
        long serviceUs = 0;
        foreach (PendingRequest pending in batch.Requests)
        {
            var request = (SimRequest)pending;
            Note(request, isWaiting: false);
            serviceUs += request.ServiceUs;
            if (request.Origin != SimRequest.NoOrigin) _world.Tally.AddWait(NowUs - request.ArrivedUs);
        }
        _doneUs[worker] = NowUs + serviceUs;
        _world.Events.Add(_doneUs[worker], EventKind.Served, Index, worker);
    }

    /// <summary>Keeps the sum of the true service times of the requests that wait, which only the oracle reads.</summary>
    private void Note(SimRequest request, bool isWaiting)
    {
        if (request.IsWaiting == isWaiting) return;
        request.IsWaiting = isWaiting;
        _waitingUs += isWaiting ? request.ServiceUs : -request.ServiceUs;
    }

    private void SendUpstream(SimRequest message, int sizeBytes, EventKind kind)
    {
        double wayUs = Links.WayUs(message.Slot, sizeBytes, message.Draws);
        _world.Events.Add(NowUs + (long)wayUs, kind, Links.GatewayAt(message.Slot).Index, message.Index);
    }
}

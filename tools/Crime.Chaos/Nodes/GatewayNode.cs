// A gateway: it drives the product's core of a gateway as the host does, with events instead of threads.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Chaos.Broker;
using Crime.Chaos.Invariants;
using Crime.Chaos.Worlds;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Mapping;

namespace Crime.Chaos.Nodes;

/// <summary>Drives the core of one gateway.</summary>
internal sealed partial class GatewayNode : ChaosNode, IGatewayActions
{
    private const int ServedKind = 0;
    private const int LookKind = 1;
    private const int GiveUpKind = 2;
    private const int PingKind = 3;
    private const int ReconnectKind = 4;
    private const int RestartKind = 5;

    private const int RelayTickUs = 100_000;
    private const int LongestPingTickUs = 1_000_000;

    private readonly Stack<ChaosRequest> _unused = new();

    // Made anew with every life.
    private GatewayCore _core = null!;
    private ServedTinyModels _models = null!;
    private RequestBook _book = null!;
    private TrustWatch[] _trust = [];
    private Batch[] _batches = [];
    private bool[] _isBusy = [];
    private bool _isStopping;
    private long _lookAtUs;
    private int _lookTimer;

    /// <summary>Makes a gateway that is off.</summary>
    /// <param name="world">The world of the run.</param>
    /// <param name="broker">The broker.</param>
    /// <param name="index">Its number among all nodes.</param>
    /// <param name="traits">Its properties.</param>
    public GatewayNode(World world, BrokerModel broker, int index, GatewayTraits traits)
        : base(world, $"gateway-{index}", index)
    {
        Traits = traits;
        _client = broker.NewClient(Id, index, Link, this);
        _upClient = broker.NewClient(Id + "-up", 32 + index, Link, this);
        Clients = [_client, _upClient];
    }

    /// <summary>Its properties.</summary>
    public GatewayTraits Traits { get; }

    /// <inheritdoc/>
    public override BrokerClient[] Clients { get; }

    /// <summary>The id that boards and other gateways know it by: its group's, where it has one.</summary>
    public string PublicId => Traits.Group.Length > 0 ? Traits.Group : Id;

    /// <summary>Requests that it owes an answer.</summary>
    public int OwnedCount => IsUp ? _book.OwnedCount : 0;

    /// <inheritdoc/>
    public int? StatusListenerCount => 0;

    /// <inheritdoc/>
    public override string NameOf(int kind) => kind switch
    {
        ServedKind => "computed by worker",
        LookKind => "look for a status",
        GiveUpKind => "time-out of a relayed request",
        PingKind => "look for a ping",
        ReconnectKind => "reconnect of client",
        _ => "start",
    };

    /// <summary>Starts.</summary>
    /// <param name="delayUs">After so many µs.</param>
    public void StartAfter(long delayUs) => After(delayUs, RestartKind);

    /// <summary>Starts at once if it is off, and serves the models that it began with.</summary>
    public void Heal()
    {
        if (!IsUp) Start();
        else RestoreModels();
    }

    /// <summary>Dies with all that it holds, and comes back after a while.</summary>
    /// <param name="isNoticed">True when the broker notices at once.</param>
    /// <param name="outageUs">Time in µs until it starts.</param>
    public void Kill(bool isNoticed, long outageUs)
    {
        AddToTally();
        EndLife();
        foreach (BrokerClient client in Clients) client.Abandon(isNoticed);
        After(outageUs, RestartKind);
    }

    /// <summary>Stops in order: it refuses what waits, ends what runs, and publishes that it is offline.</summary>
    public void Stop()
    {
        _isStopping = true;
        _core.StopAccepting();
        _core.Relay?.Abandon(NowUs);
        _core.Queue.CloseEntrance();
        _core.RefuseWaiting(NowUs);
        CompleteStop();
    }

    /// <summary>Serves the models that it began with, if it runs.</summary>
    public void RestoreModels()
    {
        if (IsUp) Serve(Traits.Models);
    }

    /// <summary>Replaces the served models.</summary>
    /// <param name="mask">A bit per model.</param>
    public void Serve(int mask)
    {
        _models.Serve(mask);
        _core.Schedule.Announce();
    }

    /// <inheritdoc/>
    public override bool IsWanted(int kind, int number) => kind != LookKind || number == _lookTimer;

    /// <inheritdoc/>
    public override void OnEvent(int kind, int number, object? content)
    {
        switch (kind)
        {
            case RestartKind:
                if (!IsUp) Start();
                break;
            case ServedKind: OnServed(number); break;
            case LookKind: Look(); break;
            case GiveUpKind: _core.Relay!.OnClock(NowUs); break;
            case PingKind: OnPingTick(); break;
            default: Connect(Clients[number]); break;
        }
    }

    /// <summary>Counts what its relay has done in this life.</summary>
    public void AddToTally()
    {
        if (!IsUp || _core.Relay is not { } relay) return;
        World.Tally.Add(Outcome.PassedOn, (int)relay.PassedOnCount);
        World.Tally.Add(Outcome.CameBack, (int)relay.FallbackCount);
        World.Tally.Add(Outcome.LateRelayed, (int)relay.LateCount);
    }

    /// <inheritdoc/>
    public override void Check()
    {
        if (!IsUp) return;
        _book.Check(_core.Queue.Depth, _core.Relay?.InFlightCount ?? 0);
        for (int i = 0; i < _trust.Length; i++)
            if (EngineOf(i) is { } engine) _trust[i].Check(engine, NowUs);
    }

    /// <inheritdoc/>
    protected override void OnJump()
    {
        After(0, LookKind, _lookTimer);
        if (_core.Relay != null) After(0, GiveUpKind);
    }

    private void Start()
    {
        BeginLife();
        _isStopping = false;
        _backOffUs[0] = _backOffUs[1] = FirstBackOffUs;
        _lookAtUs = long.MaxValue;
        _models = new ServedTinyModels(Traits.StepUs, Traits.Models);
        _book = new RequestBook(Id, Traits.Capacity);
        _core = new GatewayCore(Traits.Settings(Id, World.NextBits(), World.Planted), _models, this);
        _batches = [.. Enumerable.Range(0, Traits.WorkerCount).Select(worker => new Batch(worker))];
        _isBusy = new bool[Traits.WorkerCount];
        _trust = _core.Relay == null ? [] : [.. Models.TinyModel.All.Select(_ => new TrustWatch(Id))];
        foreach (Batch batch in _batches) _core.TryStart(batch, NowUs);
        Connect(_client);
        Look();
        if (_core.Relay == null) return;
        Connect(_upClient);
        After(RelayTickUs, PingKind);
    }

    private MappingEngine? EngineOf(int model) => _core.EngineOf(Models.TinyModel.All[model].Id)?.Mapping;

    private void CompleteStop()
    {
        if (_book.RunningCount > 0) return;
        if (_book.OwnedCount > 0) throw new InvariantException($"{Id}: stops with {_book.OwnedCount} requests without an answer");
        SayGoodbye();
        AddToTally();
        EndLife();
        foreach (BrokerClient client in Clients) client.Leave();
        After(World.Between(50_000, 3_000_000), RestartKind);
    }

    private void Look()
    {
        _core.OnClock(NowUs);
        _lookAtUs = long.MaxValue;
        WakeClock();
    }

    private void OnPingTick()
    {
        _core.Relay!.OnClock(NowUs);
        long nextUs = long.MaxValue;
        for (int i = 0; i < _trust.Length; i++)
            if (EngineOf(i) is { } engine) nextUs = Math.Min(nextUs, engine.NextPingUs());
        After(Math.Clamp(nextUs - NowUs, RelayTickUs, LongestPingTickUs), PingKind);
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
            var request = (ChaosRequest)pending;
            long leftUs = request.LeftUs(NowUs);
            if (leftUs < 0) throw new InvariantException($"{Id}: begins a request {-leftUs} us after its latency budget was spent");
            if (request.WasCancelled) throw new InvariantException($"{Id}: begins a request that was cancelled while it waited");
            serviceUs += 100 + Traits.StepUs * request.Frame.Length;
            _book.RunningCount++;
        }
        // Sometimes the machine is busy with something else.
        if (World.OneIn(16)) serviceUs *= World.Between(2, 20);
        After(serviceUs, ServedKind, worker);
    }

    private void OnServed(int worker)
    {
        Batch batch = _batches[worker];
        _book.RunningCount -= batch.Count;
        _isBusy[worker] = false;
        if (!World.IsHealing && World.OneIn(200))
        {
            World.Faults.Add(FaultKind.WorkerFailure);
            _core.OnFailed(batch);
        }
        else
        {
            var model = (ServedTinyModel)batch.Model;
            foreach (PendingRequest pending in batch.Requests) ((ChaosRequest)pending).Compute(model);
            _core.OnComputed(batch, NowUs - batch.StartedUs, NowUs);
        }
        // The answers may have woken the worker.
        if (_isStopping) CompleteStop();
        else if (!_isBusy[worker]) TryStart(worker);
    }
}

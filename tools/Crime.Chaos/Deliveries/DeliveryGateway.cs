// A gateway of a delivery run: the product's core, a journal that outlives a kill, and a broker whose acknowledgements get lost.

using System;
using System.Collections.Generic;
using Crime.Frames;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Results;

namespace Crime.Chaos.Deliveries;

/// <summary>Drives the core of one gateway.</summary>
internal sealed class DeliveryGateway : IGatewayActions, IResultActions, IServedModels
{
    private const int StepUs = 200;

    private readonly DeliveryWorld _world;
    private readonly DeliveryConsumer _consumer;
    private readonly Action<string, byte[]> _toBoard;
    private readonly Model _model = new();

    // The journal: accepted frames and published keys, in their order.
    private readonly List<(ResultKey Key, byte[]? Frame)> _journal = [];
    private Batch _batch = new(0);
    private GatewayCore _core = null!;
    private int _life;
    private bool _isBusy;

    /// <summary>Makes a gateway that is off.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="number">Its number.</param>
    /// <param name="consumer">Receives results.</param>
    /// <param name="toBoard">Sends a message to a board.</param>
    public DeliveryGateway(DeliveryWorld world, int number, DeliveryConsumer consumer, Action<string, byte[]> toBoard)
    {
        _world = world;
        _consumer = consumer;
        _toBoard = toBoard;
        Id = "gateway-" + number;
    }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>True while it runs.</summary>
    public bool IsUp { get; private set; }

    /// <summary>True once an acknowledgement of the broker was lost, or the gateway was killed.</summary>
    public bool HasRepeated { get; private set; }

    /// <summary>The last status; null while there is none.</summary>
    public StatusFrame? Status { get; private set; }

    /// <inheritdoc/>
    public int? StatusListenerCount => 0;

    /// <inheritdoc/>
    public IReadOnlyList<ServedModel> Served => [_model];

    /// <inheritdoc/>
    public ServedModel? ById(uint id) => id == _model.Id ? _model : null;

    /// <summary>Starts, with its journal.</summary>
    public void Start()
    {
        if (IsUp) return;
        IsUp = true;
        int life = ++_life;
        _isBusy = false;
        _batch = new Batch(0);
        _core = new GatewayCore(
            new GatewaySettings { NodeId = Id, QueueCapacity = 4, WorkerCount = 1, MinIntervalMs = 50, HeartbeatMs = 1000, Session = (uint)life }, this, this, this);
        Restore();
        _core.TryStart(_batch, _world.NowUs);
        _core.OnConnectionChanged(isConnected: true);
        Tick(life);
    }

    /// <summary>Dies with everything but its journal.</summary>
    public void Kill()
    {
        if (!IsUp) return;
        IsUp = false;
        _life++;
        Status = null;
        HasRepeated = true;
        _world.Counts.Kills++;
        if (_world.Planted == DeliveryFault.JournalLost) _journal.Clear();
        _world.After(1 + _world.Below(20_000_000), Start);
    }

    /// <summary>A message of a board arrives.</summary>
    public void OnMessage(string board, byte[] payload)
    {
        if (!IsUp) return;
        var result = new ResultFrame();
        if (result.Decode(payload) == FrameError.None)
        {
            _core.Results.OnResult(board, isForGroup: false, result, _world.NowUs);
            return;
        }
        var request = new Request { Sender = board };
        if (request.Frame.Decode(payload) == FrameError.None) _core.OnRequest(request, _world.NowUs);
    }

    /// <inheritdoc/>
    public void Reply(PendingRequest request, in Reply reply) =>
        SendReceipt(request.Sender, request.Frame.Session, request.Frame.Sequence, reply);

    /// <inheritdoc/>
    public void Drop(PendingRequest request)
    {
        // The objects are not used again.
    }

    /// <inheritdoc/>
    public bool TryPassOn(PendingRequest request, in RelayAttempt attempt) => false;

    /// <inheritdoc/>
    public void PassOnCancel(string node, uint session, uint sequence)
    {
        // It has no upstreams.
    }

    /// <inheritdoc/>
    public void SendPing(string node, uint session, uint sequence)
    {
        // It has no upstreams.
    }

    /// <inheritdoc/>
    public void PublishStatus(in StatusPublication publication)
    {
        Status = new StatusFrame();
        Status.Decode(publication.Status.Encode());
    }

    /// <inheritdoc/>
    public void WakeWorker()
    {
        if (!_isBusy) TryStart();
    }

    /// <inheritdoc/>
    public void WakeClock()
    {
        // It ticks.
    }

    /// <inheritdoc/>
    public void WakeRelay()
    {
        // It has no relay.
    }

    /// <inheritdoc/>
    public void Store(DeliveryItem item)
    {
        byte[] frame = item.Request?.Frame.Encode() ?? item.Result!.Encode();
        int life = _life;
        if (_world.Planted == DeliveryFault.ReceiptBeforeStore) _core.Results.OnStored(item, isStored: true, _world.NowUs);
        _world.After(1000 + _world.Below(20_000), () =>
        {
            if (life != _life) return;
            // Now and then the disk is full.
            bool isStored = _world.IsHealing || !_world.OneIn(20);
            if (isStored) _journal.Add((item.Key, frame));
            if (_world.Planted != DeliveryFault.ReceiptBeforeStore) _core.Results.OnStored(item, isStored, _world.NowUs);
        });
    }

    /// <inheritdoc/>
    public void SendReceipt(string board, uint session, uint sequence, in Reply reply)
    {
        var frame = new ResponseFrame { Session = session, Sequence = sequence, Code = reply.Code, WaitUs = reply.WaitUs };
        byte[] payload = frame.Encode();
        _world.Send(() => _toBoard(board, payload));
    }

    /// <inheritdoc/>
    public void FillResult(PendingRequest request, in Reply reply, ResultFrame result)
    {
        result.ClassCount = 5;
        result.Logits = new short[5];
        result.Label = request.Frame.Values[0];
    }

    /// <inheritdoc/>
    public void Publish(DeliveryItem item, byte[] payload)
    {
        int life = _life;
        // The message may not reach the broker, or the acknowledgement not the gateway.
        bool isReceived = !_world.Loses(), isAcknowledged = isReceived && !_world.Loses();
        if (isReceived) _consumer.OnResult(item.Key.Board, payload);
        if (isReceived && !isAcknowledged) HasRepeated = true;
        _world.After(1000 + _world.Below(10_000), () =>
        {
            if (life != _life) return;
            if (isAcknowledged) _core.Results.OnPublished(item, _world.NowUs);
            else _core.Results.OnNotPublished(item, mayBePublished: true);
        });
    }

    /// <inheritdoc/>
    public void Forget(DeliveryItem item) => _journal.Add((item.Key, null));

    private void Restore()
    {
        var live = new Dictionary<ResultKey, byte[]>();
        foreach (var (key, frame) in _journal)
        {
            if (frame != null)
            {
                live[key] = frame;
                continue;
            }
            live.Remove(key);
            _core.Results.Restore(key, _world.NowUs);
        }
        foreach (var (key, frame) in live)
        {
            var item = new DeliveryItem(key, frame.Length);
            var result = new ResultFrame();
            var request = new Request { Sender = key.Board };
            if (result.Decode(frame) == FrameError.None) item.Result = result;
            else if (request.Frame.Decode(frame) == FrameError.None) item.Request = request;
            _core.Results.Restore(item);
        }
    }

    private void Tick(int life)
    {
        if (life != _life) return;
        _core.OnClock(_world.NowUs);
        _world.After(100_000, () => Tick(life));
    }

    private void TryStart()
    {
        _isBusy = true;
        _isBusy = _core.TryStart(_batch, _world.NowUs) == TakeOutcome.Taken;
        if (!_isBusy) return;
        int life = _life;
        _world.After(StepUs * (1 + _world.Below(100)), () =>
        {
            if (life != _life) return;
            _isBusy = false;
            if (!_world.IsHealing && _world.OneIn(100)) _core.OnFailed(_batch);
            else _core.OnComputed(_batch, 1, _world.NowUs);
            if (!_isBusy) TryStart();
        });
    }

    private sealed class Request : PendingRequest
    {
    }

    private sealed class Model() : ServedModel(DeliveryBoard.ModelId, 0, DeliveryBoard.LongestLength, new ServiceCost(StepUs, 100))
    {
        public override bool Fits(RequestFrame frame) => true;
    }
}

// Results that are wanted behind the gateway: it accepts an input once, gives a receipt when the input is stored, and publishes one result. A
// repeat of a known key gets a receipt and nothing else. docs/decisions/0018 has the proof.

using System;
using System.Collections.Generic;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Admission;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Status;

namespace Crime.Gateway.Core.Results;

/// <summary>The deliveries of a gateway. Thread-safe.</summary>
public sealed class ResultDelivery
{
    /// <summary>Most accepted inputs without a published result: four times the default queue.</summary>
    public const int MaxItems = 1024;

    /// <summary>Most bytes of their frames: 16 MiB.</summary>
    public const int MaxSizeBytes = 16 * 1024 * 1024;

    /// <summary>Computations with a defect after which a result says that the input cannot be computed.</summary>
    public const int MaxFailures = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<ResultKey, DeliveryItem> _items = [];
    private readonly ResultMemory _memory = new();
    private readonly Queue<DeliveryItem> _backlog = new();
    private readonly uint _session;
    private readonly RequestQueue _queue;
    private readonly AdmissionControl _admission;
    private readonly LoadReporter _load;
    private readonly IGatewayActions _actions;
    private readonly IResultActions? _results;
    private readonly Func<PendingRequest, long, ResponseCode> _submit;
    private long _sizeBytes;
    private uint _sequence;
    private bool _isConnected;
    private bool _isStopping;

    /// <summary>Makes the deliveries of a gateway that is not connected.</summary>
    /// <param name="session">Random number of this start of the gateway.</param>
    /// <param name="queue">The requests that wait.</param>
    /// <param name="load">Reads the present load.</param>
    /// <param name="admission">Validates requests.</param>
    /// <param name="actions">Refuses requests, and takes their objects back.</param>
    /// <param name="results">Stores and publishes; null for a gateway that gives no receipts.</param>
    /// <param name="submit">Queues a request or passes it on; returns <see cref="ResponseCode.Ok"/> when it has an owner.</param>
    internal ResultDelivery(
        uint session, RequestQueue queue, LoadReporter load, AdmissionControl admission, IGatewayActions actions, IResultActions? results,
        Func<PendingRequest, long, ResponseCode> submit)
    {
        _session = session;
        _queue = queue;
        _load = load;
        _admission = admission;
        _actions = actions;
        _results = results;
        _submit = submit;
    }

    /// <summary>Counts since the start.</summary>
    public ResultCounts Counts { get; } = new();

    /// <summary>Accepted inputs without a published result.</summary>
    public int PendingCount
    {
        get { lock (_lock) return _items.Count; }
    }

    /// <summary>A delivery arrived. It belongs to the core until the driver gets it back.</summary>
    /// <param name="request">The request, decoded, with its sender.</param>
    /// <param name="nowUs">The time.</param>
    public void OnRequest(PendingRequest request, long nowUs)
    {
        RequestFrame frame = request.Frame;
        request.Arrive(nowUs, usesBudget: false);
        ResponseCode code = _admission.Validate(request);
        if (code == ResponseCode.Ok && _queue.Depth >= _queue.Capacity) code = ResponseCode.QueueFull;
        var item = new DeliveryItem(new ResultKey(request.Sender, frame.Origin, frame.Input), frame.Size)
        {
            Request = request, AgeMs = frame.AgeMs, ArrivedUs = nowUs, IsRepeat = frame.IsRepeat, IsForGroup = request.IsForGroup,
            Session = frame.Session, Sequence = frame.Sequence,
        };
        code = Accept(item, code, out bool isNew);
        if (isNew)
        {
            _results!.Store(item);
            return;
        }
        if (code == ResponseCode.Ok || code == ResponseCode.Accepted)
        {
            if (code == ResponseCode.Accepted) SendReceipt(item, code, nowUs);
            _actions.Drop(request);
            return;
        }
        Counts.Refused.Add();
        _actions.Reply(request, new Reply(code, request.WaitUs(nowUs), 0, _load.Read(request.IsForGroup, nowUs)));
    }

    /// <summary>The result of an input that a board has computed arrived.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="isForGroup">True when the board asked the gateway's group.</param>
    /// <param name="result">The frame; belongs to the core.</param>
    /// <param name="nowUs">The time.</param>
    public void OnResult(string board, bool isForGroup, ResultFrame result, long nowUs)
    {
        if (_results == null) return;
        var item = new DeliveryItem(new ResultKey(board, result.Origin, result.Input), result.Size)
        {
            Result = result, AgeMs = result.AgeMs, ArrivedUs = nowUs, IsRepeat = result.IsRepeat, IsForGroup = isForGroup,
            Session = result.Session, Sequence = result.Sequence,
        };
        DeliveryItem? early = TakeEarly(item, out bool isStored);
        if (early != null)
        {
            // The board is sooner than the gateway: its result is as good. A repeated flag stays with the item.
            if (!isStored) return;
            SendReceipt(item, ResponseCode.Accepted, nowUs);
            Publish(early, nowUs);
            return;
        }
        ResponseCode code = Accept(item, ResponseCode.Ok, out bool isNew);
        if (isNew) _results.Store(item);
        else if (code != ResponseCode.Ok) SendReceipt(item, code, nowUs);
    }

    /// <summary>An item was stored, or could not be.</summary>
    /// <param name="item">The item.</param>
    /// <param name="isStored">True when it outlives the process.</param>
    /// <param name="nowUs">The time.</param>
    public void OnStored(DeliveryItem item, bool isStored, long nowUs)
    {
        PendingRequest? unused;
        bool isReady;
        lock (_lock)
        {
            isReady = item.Result != null;
            item.State = isReady ? DeliveryState.Ready : DeliveryState.Waiting;
            unused = isReady || !isStored ? item.Request : null;
            if (unused != null) item.Request = null;
            if (!isStored) Remove(item);
        }
        SendReceipt(item, isStored ? ResponseCode.Accepted : ResponseCode.NoDelivery, nowUs);
        if (unused != null) _actions.Drop(unused);
        if (!isStored)
        {
            Counts.Refused.Add();
            return;
        }
        Counts.Accepted.Add();
        if (isReady) Publish(item, nowUs);
        else Submit(item, nowUs);
    }

    /// <summary>The broker has acknowledged a result.</summary>
    /// <param name="item">Its item.</param>
    /// <param name="nowUs">The time.</param>
    public void OnPublished(DeliveryItem item, long nowUs)
    {
        lock (_lock)
        {
            Remove(item);
            _memory.Add(item.Key, nowUs);
        }
        Counts.Published.Add();
        _results!.Forget(item);
    }

    /// <summary>A result was not acknowledged. It is published again, and says so where the broker may have it.</summary>
    /// <param name="item">Its item.</param>
    /// <param name="mayBePublished">False when it was surely not sent.</param>
    public void OnNotPublished(DeliveryItem item, bool mayBePublished)
    {
        lock (_lock)
        {
            item.State = DeliveryState.Ready;
            item.IsRepeat |= mayBePublished;
        }
    }

    /// <summary>Takes an item over that a former process has stored. To be called before the first request; <see cref="OnClock"/> continues it.</summary>
    /// <param name="item">The item, with request or result.</param>
    public void Restore(DeliveryItem item)
    {
        lock (_lock)
        {
            // The former process may have published it.
            item.IsRepeat = true;
            item.State = item.Result != null ? DeliveryState.Ready : DeliveryState.Waiting;
            if (!_items.TryAdd(item.Key, item)) return;
            _sizeBytes += item.SizeBytes;
            if (item.Result == null) _backlog.Enqueue(item);
        }
    }

    /// <summary>Takes a key over whose result a former process has published.</summary>
    /// <param name="key">The key.</param>
    /// <param name="nowUs">The time.</param>
    public void Restore(ResultKey key, long nowUs)
    {
        lock (_lock) _memory.Add(key, nowUs);
    }

    /// <summary>Returns the keys of published results, for a store that is written anew.</summary>
    public IReadOnlyList<ResultKey> PublishedKeys()
    {
        lock (_lock) return _memory.Keys();
    }

    /// <summary>The connection to the broker is new, or has ended.</summary>
    internal void OnConnectionChanged(bool isConnected)
    {
        lock (_lock) _isConnected = isConnected;
    }

    /// <summary>Publishes what waits for the broker, and queues what waits for room.</summary>
    internal void OnClock(long nowUs)
    {
        if (_results == null) return;
        foreach (DeliveryItem item in Ready()) Publish(item, nowUs);
        RetryBacklog(nowUs);
    }

    /// <summary>Queues requests that had no room.</summary>
    internal void RetryBacklog(long nowUs)
    {
        for (int rest = BacklogCount; rest > 0; rest--)
        {
            DeliveryItem? item;
            PendingRequest? unused = null;
            lock (_lock)
            {
                if (_isStopping || !_backlog.TryDequeue(out item)) return;
                // The board's own result was sooner.
                if (item.State != DeliveryState.Waiting) (unused, item.Request) = (item.Request, null);
            }
            if (unused != null) Release(unused);
            else if (Submit(item, nowUs) == ResponseCode.QueueFull) return;
        }
    }

    /// <summary>Queues nothing from now on: what was accepted is published after the next start.</summary>
    internal void StopAccepting()
    {
        lock (_lock) _isStopping = true;
    }

    /// <summary>A delivery was computed or refused.</summary>
    internal void OnReply(PendingRequest request, in Reply reply)
    {
        var item = (DeliveryItem)request.Item!;
        long nowUs = request.ArrivedUs + reply.WaitUs + reply.ServiceUs;
        if (reply.Code is ResponseCode.Ok or ResponseCode.WrongInput)
        {
            ResultFrame result = NewResult(item, request, reply);
            if (TrySetResult(item, result)) Publish(item, nowUs);
            Release(request);
            return;
        }
        Wait(item, request);
    }

    /// <summary>A worker could not compute a delivery because of a defect.</summary>
    internal void OnDefect(PendingRequest request)
    {
        var item = (DeliveryItem)request.Item!;
        bool isLast;
        lock (_lock) isLast = ++item.FailureCount >= MaxFailures;
        if (isLast) OnReply(request, new Reply(ResponseCode.WrongInput, 0, 0, default));
        else Wait(item, request);
    }

    private int BacklogCount
    {
        get { lock (_lock) return _backlog.Count; }
    }

    /// <summary>Adds an item unless its key is known.</summary>
    /// <param name="item">The item.</param>
    /// <param name="code">Outcome of the validation; it counts for a new key only.</param>
    /// <param name="isNew">True when the item was added: it has to be stored.</param>
    /// <returns>Accepted for a stored or published key; Ok when the receipt follows the storing; else a refusal.</returns>
    private ResponseCode Accept(DeliveryItem item, ResponseCode code, out bool isNew)
    {
        isNew = false;
        lock (_lock)
        {
            if (_items.TryGetValue(item.Key, out DeliveryItem? known))
            {
                Counts.Repeats.Add();
                if (known.State != DeliveryState.Storing) return ResponseCode.Accepted;
                (known.Session, known.Sequence) = (item.Session, item.Sequence);
                return ResponseCode.Ok;
            }
            if (_memory.Contains(item.Key))
            {
                Counts.Repeats.Add();
                return ResponseCode.Accepted;
            }
            if (_results == null || _isStopping) return _isStopping ? ResponseCode.Stopping : ResponseCode.NoDelivery;
            if (code != ResponseCode.Ok) return code;
            if (_items.Count >= MaxItems || _sizeBytes + item.SizeBytes > MaxSizeBytes) return ResponseCode.NoDelivery;
            _items.Add(item.Key, item);
            _sizeBytes += item.SizeBytes;
            isNew = true;
            return ResponseCode.Ok;
        }
    }

    /// <summary>Gives the board's result to an accepted input that has none yet.</summary>
    /// <returns>The input's item; null when the key is unknown or has a result.</returns>
    private DeliveryItem? TakeEarly(DeliveryItem item, out bool isStored)
    {
        isStored = false;
        lock (_lock)
        {
            if (!_items.TryGetValue(item.Key, out DeliveryItem? known) || known.Result != null) return null;
            known.Result = item.Result;
            isStored = known.State != DeliveryState.Storing;
            if (isStored) known.State = DeliveryState.Ready;
            else (known.Session, known.Sequence) = (item.Session, item.Sequence);
            return known;
        }
    }

    private bool TrySetResult(DeliveryItem item, ResultFrame result)
    {
        lock (_lock)
        {
            if (item.Request != null) item.Request = null;
            if (item.Result != null) return false;
            item.Result = result;
            item.State = DeliveryState.Ready;
            return true;
        }
    }

    private ResultFrame NewResult(DeliveryItem item, PendingRequest request, in Reply reply)
    {
        var result = new ResultFrame
        {
            Origin = item.Key.Origin, Input = item.Key.Input, ModelId = request.Frame.ModelId, Length = request.Frame.Length, Target = Target.Gateway,
            ServiceUs = reply.ServiceUs, IsComputed = reply.Code == ResponseCode.Ok,
        };
        if (result.IsComputed) _results!.FillResult(request, reply, result);
        return result;
    }

    /// <summary>Puts a request behind those that wait for room. Without a need for it, it goes back to the driver.</summary>
    private void Wait(DeliveryItem item, PendingRequest request)
    {
        lock (_lock)
        {
            if (item.Result == null)
            {
                item.State = DeliveryState.Waiting;
                if (!_isStopping)
                {
                    _backlog.Enqueue(item);
                    return;
                }
            }
            item.Request = null;
        }
        Release(request);
    }

    /// <returns>Ok when it has an owner.</returns>
    private ResponseCode Submit(DeliveryItem item, long nowUs)
    {
        PendingRequest? request;
        lock (_lock)
        {
            request = item.Request;
            if (request == null) return ResponseCode.Ok;
            item.State = DeliveryState.Computing;
        }
        request.Item = item;
        request.Arrive(nowUs, usesBudget: false);
        ResponseCode code = _submit(request, nowUs);
        if (code != ResponseCode.Ok) OnReply(request, new Reply(code, 0, 0, default));
        return code;
    }

    private void Release(PendingRequest request)
    {
        request.Item = null;
        _actions.Drop(request);
    }

    private void SendReceipt(DeliveryItem item, ResponseCode code, long nowUs)
    {
        uint session, sequence;
        lock (_lock) (session, sequence) = (item.Session, item.Sequence);
        uint waitUs = (uint)Math.Clamp(nowUs - item.ArrivedUs, 0, uint.MaxValue);
        _results!.SendReceipt(item.Key.Board, session, sequence, new Reply(code, waitUs, 0, _load.Read(item.IsForGroup, nowUs)));
    }

    private void Publish(DeliveryItem item, long nowUs)
    {
        byte[] payload;
        lock (_lock)
        {
            if (!_isConnected || item.State != DeliveryState.Ready) return;
            item.State = DeliveryState.Publishing;
            ResultFrame result = item.Result!;
            result.Session = _session;
            result.Sequence = ++_sequence;
            result.IsRepeat = item.IsRepeat;
            result.AgeMs = item.AgeMs + (uint)Math.Clamp((nowUs - item.ArrivedUs) / 1000, 0, int.MaxValue);
            payload = result.Encode();
        }
        _results!.Publish(item, payload);
    }

    private List<DeliveryItem> Ready()
    {
        var ready = new List<DeliveryItem>();
        lock (_lock)
        {
            if (!_isConnected) return ready;
            foreach (DeliveryItem item in _items.Values)
                if (item.State == DeliveryState.Ready) ready.Add(item);
        }
        return ready;
    }

    private void Remove(DeliveryItem item)
    {
        if (_items.Remove(item.Key)) _sizeBytes -= item.SizeBytes;
    }
}

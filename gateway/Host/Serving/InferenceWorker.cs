// A thread that computes: takes a batch, runs it, answers.

using System;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Model;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>The work of one thread.</summary>
public sealed class InferenceWorker
{
    // Answers that a worker writes to the sockets itself: soonest there. Of more it would rather compute the next batch.
    private const int FewAnswers = 2;

    private readonly Batch _batch = new();
    private readonly BatchItem[] _items = new BatchItem[Batch.MaxCount];
    private readonly float[] _logits = new float[Batch.MaxCount * ModelFormat.MaxClasses];
    private readonly int _index;
    private readonly RequestQueue _queue;
    private readonly LoadMeter _load;
    private readonly StatusPublisher _status;
    private readonly Responder _responder;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <summary>Makes a worker.</summary>
    /// <param name="index">0 to the number of workers - 1.</param>
    /// <param name="queue">Where requests come from.</param>
    /// <param name="load">What to tell about them.</param>
    /// <param name="status">Told when the load has changed.</param>
    /// <param name="responder">This thread's own.</param>
    /// <param name="counters">For faults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">For faults.</param>
    public InferenceWorker(
        int index, RequestQueue queue, LoadMeter load, StatusPublisher status, Responder responder,
        GatewayCounters counters, TimeProvider time, ILogger log)
    {
        _index = index;
        _queue = queue;
        _load = load;
        _status = status;
        _responder = responder;
        _counters = counters;
        _time = time;
        _log = log;
    }

    /// <summary>Serves until the queue is closed.</summary>
    public void Run()
    {
        while (_queue.Take(_batch, _time))
        {
            _counters.RecordBatch(_batch.Count);
            try
            {
                Serve();
            }
            catch (Exception e)
            {
                // The boards run into their time-outs and compute the inputs themselves; the worker lives on.
                _counters.Faults.Increment();
                _log.Fault(e);
            }
            _load.OnFinished(_index);
            foreach (PendingRequest request in _batch.Requests) _queue.Return(request);
            _batch.Clear();
            _status.OnChange();
        }
    }

    private void Serve()
    {
        long startedUs = _time.NowUs();
        RefuseLate(startedUs);
        if (_batch.Count == 0) return;
        _load.OnStarted(_index, (int)Math.Min(_batch.PredictedUs, int.MaxValue));
        GatewayModel model = _batch.Model;
        Span<BatchItem> items = FillItems(model.Weights);
        long computingUs = _time.NowUs();
        model.EngineOf(_index).Run(items);
        long finishedUs = _time.NowUs();
        model.Cost.ObserveBatch(_batch.Count, _batch.Requests[0].Frame.Length, _batch.AloneUs, finishedUs - computingUs);
        // Before the answers, which tell the work that is still there.
        _load.OnFinished(_index);
        uint serviceUs = (uint)Math.Min(finishedUs - startedUs, uint.MaxValue);
        for (int i = 0; i < items.Length; i++)
        {
            PendingRequest request = _batch.Requests[i];
            _responder.Answer(request, items[i].Label, items[i].Logits.Span, request.WaitUs(startedUs), serviceUs, items.Length > FewAnswers);
        }
    }

    /// <summary>Refuses those whose boards have given up, or will have by the time the result is there.</summary>
    private void RefuseLate(long nowUs)
    {
        for (int i = _batch.Count - 1; i >= 0; i--)
        {
            PendingRequest request = _batch.Requests[i];
            if (!request.HasDeadline || nowUs + request.AloneUs <= request.DeadlineUs) continue;
            _responder.Refuse(request, ResponseCode.TooLate, request.WaitUs(nowUs));
            _batch.RemoveAt(i);
            _queue.Return(request);
        }
    }

    private Span<BatchItem> FillItems(FloatModel model)
    {
        int classCount = model.ClassCount;
        ReadOnlySpan<PendingRequest> requests = _batch.Requests;
        for (int i = 0; i < requests.Length; i++)
        {
            RequestFrame frame = requests[i].Frame;
            _items[i].Values = frame.Values.AsMemory(0, frame.ValueCount);
            _items[i].FractionBits = frame.FractionBits;
            _items[i].Start = frame.StateCount == 0 ? null : NetworkState.FromBoard(model, frame.State.AsSpan(0, frame.StateCount));
            _items[i].Logits = _logits.AsMemory(i * classCount, classCount);
        }
        return _items.AsSpan(0, requests.Length);
    }
}

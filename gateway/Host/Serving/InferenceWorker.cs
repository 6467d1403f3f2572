// A thread that computes: it takes a batch from the gateway's core, computes it, and reports it as computed.

using System;
using Crime.Frames;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Signals;
using Crime.Gateway.Timing;
using Crime.Model;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>The work of one thread.</summary>
public sealed class InferenceWorker
{
    // Answers that a worker writes to the sockets itself, because that is soonest. With more it rather computes the next batch.
    private const int FewAnswers = 2;

    private readonly BatchItem[] _items = new BatchItem[Batch.MaxCount];
    private float[] _logits = new float[Batch.MaxCount * ModelFormat.MaxClasses];
    private readonly Batch _batch;
    private readonly GatewayCore _core;
    private readonly WorkerGate _gate;
    private readonly GatewayCounters _counters;
    private readonly PartialAnswers _partials;
    private readonly PartialAnswer?[] _parts = new PartialAnswer?[Batch.MaxCount];
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <summary>Makes a worker.</summary>
    /// <param name="index">0 to the number of workers - 1.</param>
    /// <param name="core">Gives batches, and answers them.</param>
    /// <param name="gate">The worker waits here while it is idle.</param>
    /// <param name="counters">Count batches and faults.</param>
    /// <param name="partials">Send parts of outputs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives faults.</param>
    public InferenceWorker(int index, GatewayCore core, WorkerGate gate, GatewayCounters counters, PartialAnswers partials, TimeProvider time, ILogger log)
    {
        _batch = new Batch(index);
        _core = core;
        _gate = gate;
        _counters = counters;
        _partials = partials;
        _time = time;
        _log = log;
    }

    /// <summary>Serves until the queue is closed.</summary>
    public void Run()
    {
        while (TryStart())
        {
            _counters.RecordBatch(_batch.Count);
            try
            {
                Serve();
            }
            catch (Exception e)
            {
                // The boards run into their time-outs and compute the inputs themselves; the worker continues.
                _counters.Faults.Increment();
                _log.Fault(e);
                _core.OnFailed(_batch);
            }
        }
    }

    private bool TryStart()
    {
        while (true)
        {
            TakeOutcome outcome = _core.TryStart(_batch, _time.NowUs());
            if (outcome != TakeOutcome.Empty) return outcome == TakeOutcome.Taken;
            _gate.Wait();
        }
    }

    private void Serve()
    {
        var model = (GatewayModel)_batch.Model;
        Span<BatchItem> items;
        long computingUs;
        try
        {
            items = FillItems(model.Weights);
            computingUs = _time.NowUs();
            model.EngineOf(_batch.Worker).Run(items);
        }
        finally
        {
            // Nothing of an output follows its answer.
            foreach (PartialAnswer? part in _parts.AsSpan(0, _batch.Count)) _partials.End(part);
            Array.Clear(_parts);
        }
        long finishedUs = _time.NowUs();
        for (int i = 0; i < items.Length; i++)
        {
            var request = (BoardRequest)_batch.Requests[i];
            request.Answer.Read(model.Weights, items[i]);
            request.IsOneOfMany = items.Length > FewAnswers;
        }
        _core.OnComputed(_batch, finishedUs - computingUs, finishedUs);
    }

    private Span<BatchItem> FillItems(FloatModel model)
    {
        ReadOnlySpan<PendingRequest> requests = _batch.Requests;
        int room = 0, at = 0;
        foreach (PendingRequest request in requests) room += RoomFor(model, request.Frame);
        if (_logits.Length < room) _logits = new float[room];
        for (int i = 0; i < requests.Length; i++)
        {
            RequestFrame frame = requests[i].Frame;
            _items[i].Values = frame.Values.AsMemory(0, frame.ValueCount);
            _items[i].FractionBits = frame.FractionBits;
            _items[i].Start = frame.StateCount == 0 ? null : NetworkState.FromBoard(model, frame.State.AsSpan(0, frame.StateCount));
            int count = RoomFor(model, frame);
            _items[i].Logits = _logits.AsMemory(at, count);
            _items[i].Tokens = ((BoardRequest)requests[i]).Answer.TokensFor(model);
            _parts[i] = _partials.Begin((BoardRequest)requests[i], model);
            _items[i].TokenWritten = _parts[i] is { } part ? part.Add : null;
            at += count;
        }
        return _items.AsSpan(0, requests.Length);
    }

    private static int RoomFor(FloatModel model, RequestFrame frame) => SequenceAnswer.RoomFor(model, frame.ValueCount / model.ValuesPerStep);
}

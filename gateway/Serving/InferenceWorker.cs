// A thread that computes: takes the oldest request, runs it, answers.

using System;
using System.Collections.Generic;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Model;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>The work of one thread. Owns an engine per model it has met: an engine holds the state of a run.</summary>
public sealed class InferenceWorker
{
    private readonly Dictionary<GatewayModel, FloatNetwork> _engines = [];
    private readonly float[] _logits = new float[ModelFormat.MaxClasses];
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
        while (_queue.TryTake(out PendingRequest? request))
        {
            _counters.RecordBatch(1);
            try
            {
                Serve(request);
            }
            catch (Exception e)
            {
                // The board runs into its time-out and computes the input itself; the worker lives on.
                _counters.Faults.Increment();
                _log.Fault(e);
            }
            _load.OnFinished(_index);
            _queue.Return(request);
            _status.OnChange();
        }
    }

    private void Serve(PendingRequest request)
    {
        long startedAt = _time.GetTimestamp();
        _load.OnStarted(_index, request.CostUs);
        uint waitUs = MicrosecondsBetween(request.ArrivedAt, startedAt);
        RequestFrame frame = request.Frame;
        // Its board has given up, or will have by the time the result is there.
        if (frame.BudgetUs != 0 && (long)waitUs + request.CostUs > frame.BudgetUs)
        {
            _load.OnFinished(_index);
            _responder.Refuse(request, ResponseCode.TooLate, waitUs);
            return;
        }
        Span<float> logits = _logits.AsSpan(0, request.Model.Weights.ClassCount);
        int label = EngineFor(request.Model).Run(frame.Values.AsSpan(0, frame.ValueCount), frame.FractionBits, logits);
        double serviceUs = _time.GetElapsedTime(startedAt).TotalMicroseconds;
        request.Model.Cost.Observe(frame.Length, serviceUs);
        // Before the answer, which tells the work that is still there.
        _load.OnFinished(_index);
        _responder.Answer(request, label, logits, waitUs, (uint)Math.Min(serviceUs, uint.MaxValue));
    }

    private FloatNetwork EngineFor(GatewayModel model)
    {
        if (!_engines.TryGetValue(model, out FloatNetwork? engine)) _engines.Add(model, engine = new FloatNetwork(model.Weights));
        return engine;
    }

    private uint MicrosecondsBetween(long from, long to) => (uint)Math.Min(_time.GetElapsedTime(from, to).TotalMicroseconds, uint.MaxValue);
}

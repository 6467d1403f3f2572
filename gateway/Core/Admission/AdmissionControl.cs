// Admission control: a request is validated, its cost is predicted, and it is queued or refused at once. An early refusal is as useful as
// an answer: the board can still compute the input in time.

using System;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Status;

namespace Crime.Gateway.Core.Admission;

/// <summary>Decides which requests are queued. Thread-safe.</summary>
public sealed class AdmissionControl
{
    private readonly IServedModels _models;
    private readonly RequestQueue _queue;
    private readonly LoadMeter _load;
    private readonly StatusSchedule _schedule;
    private readonly IGatewayActions _actions;
    private volatile bool _isStopping;

    /// <summary>Makes an admission control that admits requests.</summary>
    /// <param name="models">The models that this gateway computes.</param>
    /// <param name="queue">The requests that wait.</param>
    /// <param name="load">The load of the workers.</param>
    /// <param name="schedule">Learns that the load has changed.</param>
    /// <param name="actions">Wakes workers.</param>
    public AdmissionControl(IServedModels models, RequestQueue queue, LoadMeter load, StatusSchedule schedule, IGatewayActions actions)
    {
        _models = models;
        _queue = queue;
        _load = load;
        _schedule = schedule;
        _actions = actions;
    }

    /// <summary>Refuses every request from now on, because the gateway shuts down.</summary>
    public void StopAccepting() => _isStopping = true;

    /// <summary>Checks a request, and predicts its cost if this gateway can compute it.</summary>
    /// <param name="request">A request that has arrived.</param>
    /// <returns><see cref="ResponseCode.Ok"/>, or the reason why it cannot be computed here.</returns>
    public ResponseCode Validate(PendingRequest request)
    {
        if (_isStopping) return ResponseCode.Stopping;
        ServedModel? model = _models.ById(request.Frame.ModelId);
        if (model == null) return ResponseCode.UnknownModel;
        model.RequestedAtUs = request.ArrivedUs;
        if (!model.Fits(request.Frame)) return ResponseCode.WrongInput;
        request.SetModel(model);
        return ResponseCode.Ok;
    }

    /// <summary>Queues a request if its answer can be in time.</summary>
    /// <param name="request">A request with a model.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns><see cref="ResponseCode.Ok"/>, or the reason of the refusal.</returns>
    public ResponseCode Enqueue(PendingRequest request, long nowUs)
    {
        // A worker may have answered the request before this method returns.
        double costUs = request.CostUs;
        Span<long> leftUs = stackalloc long[_load.WorkerCount];
        _load.ReadLeftUs(leftUs, nowUs);
        ResponseCode code = _queue.Admit(request, nowUs, leftUs);
        if (code != ResponseCode.Ok)
        {
            _load.OnRefused(nowUs);
            return code;
        }
        _load.OnArrival(costUs, nowUs);
        if (_queue.NeedsTaker) _actions.WakeWorker();
        _schedule.OnChange();
        return ResponseCode.Ok;
    }
}

// The behaviour of a gateway, without network, threads and clock. A driver reports events with the time, and executes the actions: the
// host with MQTT and real workers, the simulator with links and service times.

using System;
using System.Threading;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Admission;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Relaying;
using Crime.Gateway.Core.Results;
using Crime.Gateway.Core.Status;

namespace Crime.Gateway.Core;

/// <summary>A gateway. Thread-safe, except that one thread at a time may call <see cref="OnClock"/>.</summary>
/// <remarks>All times are in µs of one monotonic clock with an arbitrary origin.</remarks>
public sealed class GatewayCore
{
    private readonly GatewaySettings _settings;
    private readonly IServedModels _models;
    private readonly IGatewayActions _actions;
    private readonly AdmissionControl _admission;
    private readonly RelayEngines? _engines;
    private readonly StatusFrame _status = new();
    private readonly RegimeRule _regimes = new();
    private uint _sequence;
    private volatile bool _isConnected;

    /// <summary>Makes an idle gateway that is not connected.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="models">The models that it computes.</param>
    /// <param name="driver">Executes its decisions.</param>
    /// <param name="results">Stores and publishes results that are wanted behind the gateway; null for a gateway that gives no receipts.</param>
    public GatewayCore(GatewaySettings settings, IServedModels models, IGatewayActions driver, IResultActions? results = null)
    {
        var actions = new DeliveringActions(driver);
        _settings = settings;
        _models = models;
        _actions = actions;
        Queue = new RequestQueue(settings.QueueCapacity);
        Workers = new LoadMeter(settings.WorkerCount);
        Group = new GatewayGroup(settings.NodeId, settings.GroupId, settings.HeartbeatMs);
        Load = new LoadReporter(Queue, Workers, Group);
        Schedule = new StatusSchedule(actions, settings.MinIntervalMs, settings.HeartbeatMs);
        _admission = new AdmissionControl(models, Queue, Workers, Schedule, actions);
        Results = actions.Delivery = new ResultDelivery(settings.Session, Queue, Load, _admission, driver, results, Submit);
        if (settings.Upstreams.Count == 0) return;
        // Other gateways know a member of a group by the id of the group: paths and visited lists name that.
        string publicId = Group.IsUsed ? Group.Id : settings.NodeId;
        _engines = new RelayEngines(models, new Upstreams(publicId, settings.Upstreams), settings.Session, settings.Measures);
        Relay = new Relay(settings.QueueCapacity, _engines, _admission, Load, Schedule, actions);
    }

    /// <summary>Id of the gateway.</summary>
    public string NodeId => _settings.NodeId;

    /// <summary>Results that are wanted behind the gateway.</summary>
    public ResultDelivery Results { get; }

    /// <summary>The requests that wait.</summary>
    public RequestQueue Queue { get; }

    /// <summary>The load of the workers.</summary>
    public LoadMeter Workers { get; }

    /// <summary>Topic of the slow status that boards receive: the gateway's, or its group's.</summary>
    public string RegimeTopic => Topics.Regime(Group.IsUsed ? Group.Id : _settings.NodeId);

    /// <summary>The group that the gateway belongs to.</summary>
    public GatewayGroup Group { get; }

    /// <summary>Reads the present load.</summary>
    public LoadReporter Load { get; }

    /// <summary>The schedule of the statuses.</summary>
    public StatusSchedule Schedule { get; }

    /// <summary>Passes requests on; null where there are no upstreams.</summary>
    public Relay? Relay { get; }

    /// <summary>The engine that decides for a model whether to pass a request on; null when there is none.</summary>
    /// <param name="modelId">Identity of the model.</param>
    public RelayEngine? EngineOf(uint modelId) => _engines?.Of(modelId);

    /// <summary>A request arrived. It belongs to the core until the driver is asked to answer it.</summary>
    /// <param name="request">The request, decoded.</param>
    /// <param name="nowUs">The time.</param>
    public void OnRequest(PendingRequest request, long nowUs)
    {
        if (request.Frame.WantsReceipt)
        {
            Results.OnRequest(request, nowUs);
            return;
        }
        request.Arrive(nowUs, _settings.UsesBudgets);
        ResponseCode code = _admission.Validate(request);
        bool mayBePassedOn = code is ResponseCode.Ok or ResponseCode.UnknownModel;
        if (mayBePassedOn && Relay != null && Relay.TryPassOn(request, nowUs)) return;
        QueueOrRefuse(request, code, nowUs);
    }

    /// <summary>A request arrived that has to go to a given upstream, or has to be computed here: for policies that a simulation compares with.</summary>
    /// <param name="request">The request, decoded.</param>
    /// <param name="node">Id of the upstream; null for this gateway.</param>
    /// <param name="nowUs">The time.</param>
    public void OnRouted(PendingRequest request, string? node, long nowUs)
    {
        request.Arrive(nowUs, _settings.UsesBudgets);
        ResponseCode code = _admission.Validate(request);
        if (node != null && Relay != null && Relay.TryPassOnTo(request, node, nowUs)) return;
        QueueOrRefuse(request, code, nowUs);
    }

    /// <summary>The sender of a request does not want it any more. A request that is being computed is answered all the same; an unknown one is ignored.</summary>
    /// <param name="isMeant">Returns true for the request: the same sender, session and sequence number. Called while the core holds a lock.</param>
    /// <param name="nowUs">The time.</param>
    public void OnCancel(Predicate<PendingRequest> isMeant, long nowUs)
    {
        if (Queue.TryRemove(isMeant) is { } request)
        {
            Refuse(request, ResponseCode.Cancelled, nowUs);
            Schedule.OnChange();
            return;
        }
        Relay?.Cancel(isMeant);
    }

    /// <summary>A worker is idle and asks for a batch. Requests that cannot be in time any more are refused.</summary>
    /// <param name="batch">The worker's own batch, empty.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>With <see cref="TakeOutcome.Taken"/> the worker has to compute the batch.</returns>
    public TakeOutcome TryStart(Batch batch, long nowUs)
    {
        while (true)
        {
            TakeOutcome outcome = Queue.TryTake(batch, nowUs);
            if (outcome != TakeOutcome.Taken) return outcome;
            if (Queue.NeedsTaker) _actions.WakeWorker();
            RefuseLate(batch, nowUs);
            if (batch.Count > 0) break;
            Schedule.OnChange();
        }
        Workers.OnStarted(batch.Worker, (int)Math.Min(batch.PredictedUs, int.MaxValue), nowUs);
        return TakeOutcome.Taken;
    }

    /// <summary>A worker has computed its batch. All its requests are answered; afterwards the worker may ask for the next.</summary>
    /// <param name="batch">The batch; empty afterwards.</param>
    /// <param name="computeUs">Time that the computation alone took, in µs: the service cost is fitted to it.</param>
    /// <param name="nowUs">The time.</param>
    public void OnComputed(Batch batch, long computeUs, long nowUs)
    {
        batch.Model.Cost.ObserveBatch(batch.Count, batch.Requests[0].Frame.Length, batch.AloneUs, computeUs);
        // Before the answers, which report the remaining work.
        Workers.OnFinished(batch.Worker);
        uint serviceUs = (uint)Math.Clamp(nowUs - batch.StartedUs, 0, uint.MaxValue);
        while (batch.RepliedCount < batch.Count)
        {
            PendingRequest request = batch.Requests[batch.RepliedCount++];
            ReportedLoad load = Load.Read(request.IsForGroup, nowUs);
            _actions.Reply(request, new Reply(ResponseCode.Ok, request.WaitUs(batch.StartedUs), serviceUs, load));
        }
        batch.Clear();
        Results.RetryBacklog(nowUs);
        Schedule.OnChange();
    }

    /// <summary>A worker could not compute its batch because of a defect. The requests end without an answer: their senders time out.</summary>
    /// <param name="batch">The batch; empty afterwards.</param>
    public void OnFailed(Batch batch)
    {
        Workers.OnFinished(batch.Worker);
        while (batch.RepliedCount < batch.Count) _actions.Drop(batch.Requests[batch.RepliedCount++]);
        batch.Clear();
        Schedule.OnChange();
    }

    /// <summary>The connection to the gateway's broker is new, or has ended. A new connection gets a status.</summary>
    /// <param name="isConnected">True when it exists now.</param>
    public void OnConnectionChanged(bool isConnected)
    {
        _isConnected = isConnected;
        Results.OnConnectionChanged(isConnected);
        if (isConnected) AnnounceRegime();
    }

    /// <summary>The slow status is due again: the broker may have published a last will in its place.</summary>
    public void AnnounceRegime()
    {
        _regimes.Announce();
        Schedule.Announce();
    }

    /// <summary>Takes a message about the group.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Foreign bytes.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>False when the topic is not about the group.</returns>
    public bool TryReceiveGroupStatus(string topic, ReadOnlySpan<byte> payload, long nowUs)
    {
        if (!Group.TryReceive(topic, payload, nowUs, out bool isMemberChange)) return false;
        // The leader republishes the group's status.
        if (isMemberChange && Group.IsLeader(nowUs)) Schedule.Announce();
        return true;
    }

    /// <summary>Publishes a status if one is due. To be called at <see cref="StatusSchedule.NextLookUs"/>.</summary>
    /// <param name="nowUs">The time.</param>
    public void OnClock(long nowUs)
    {
        Results.OnClock(nowUs);
        if (!Schedule.TryLook(nowUs)) return;
        ReportedLoad load = Load.Own(nowUs);
        bool isDue = Schedule.IsDue(load.Depth, load.BacklogUs, nowUs) || _engines != null && _engines.AreCostsChanged(nowUs);
        if (!isDue) return;
        // Without a connection no sequence number is used, and no message counts as lost.
        if (_isConnected) Publish(load, nowUs);
        else Schedule.Postpone(nowUs);
    }

    /// <summary>A status that reports that the gateway is offline, also usable as a last will.</summary>
    public StatusFrame NextOfflineStatus() => WithHeader(new StatusFrame());

    /// <summary>A status that reports that the whole group is offline.</summary>
    /// <param name="nowUs">The time.</param>
    public StatusFrame NextGroupOfflineStatus(long nowUs) => Group.NextStatus(NextOfflineStatus(), nowUs);

    /// <summary>Refuses every request from now on, because the gateway shuts down.</summary>
    public void StopAccepting()
    {
        _admission.StopAccepting();
        Results.StopAccepting();
        Relay?.StopAccepting();
    }

    /// <summary>Refuses the requests that still wait, because the gateway shuts down; workers that ask for a batch end.</summary>
    /// <param name="nowUs">The time.</param>
    /// <returns>Requests that were refused.</returns>
    public int RefuseWaiting(long nowUs)
    {
        var left = Queue.Close();
        foreach (PendingRequest request in left) Refuse(request, ResponseCode.Stopping, nowUs);
        Schedule.OnChange();
        return left.Count;
    }

    /// <summary>Queues an accepted request, or passes it on.</summary>
    private ResponseCode Submit(PendingRequest request, long nowUs)
    {
        ResponseCode code = _admission.Validate(request);
        if (code != ResponseCode.Ok) return code;
        return Relay != null && Relay.TryPassOn(request, nowUs) ? ResponseCode.Ok : _admission.Enqueue(request, nowUs);
    }

    private void QueueOrRefuse(PendingRequest request, ResponseCode code, long nowUs)
    {
        if (code == ResponseCode.Ok) code = _admission.Enqueue(request, nowUs);
        if (code != ResponseCode.Ok) Refuse(request, code, nowUs);
    }

    private void Refuse(PendingRequest request, ResponseCode code, long nowUs) =>
        _actions.Reply(request, new Reply(code, request.WaitUs(nowUs), 0, Load.Read(request.IsForGroup, nowUs)));

    /// <summary>Refuses the requests of a batch whose senders have given up, or will have given up before the result is ready.</summary>
    private void RefuseLate(Batch batch, long nowUs)
    {
        for (int i = batch.Count - 1; i >= 0; i--)
        {
            PendingRequest request = batch.Requests[i];
            if (!request.HasDeadline || nowUs + request.AloneUs <= request.DeadlineUs) continue;
            batch.RemoveAt(i);
            Workers.OnRefused(nowUs);
            Refuse(request, ResponseCode.TooLate, nowUs);
        }
    }

    private void Publish(ReportedLoad load, long nowUs)
    {
        StatusFrame frame = WithHeader(_status);
        frame.Online = true;
        frame.BacklogUs = load.BacklogUs;
        frame.Depth = load.Depth;
        frame.Utilisation = Workers.Utilisation(nowUs);
        frame.ModelCount = 0;
        if (_engines != null) _engines.AddModels(frame, nowUs);
        else AddModels(frame);
        StatusFrame? group = Group.NextStatusOfLeader(frame, nowUs);
        _actions.PublishStatus(
            new StatusPublication(Group.OwnStatusTopic, frame, Group.StatusTopic, group) { RegimeTopic = RegimeTopic, Regime = NextRegime(frame, group, nowUs) });
        Schedule.OnPublished(load.Depth, load.BacklogUs, nowUs);
    }

    /// <summary>The slow status of what boards see, a gateway or a group, if it is due.</summary>
    private StatusFrame? NextRegime(StatusFrame own, StatusFrame? group, long nowUs)
    {
        StatusFrame? visible = Group.IsUsed ? group : own;
        if (visible != null) return _regimes.Next(visible, Workers.MeanCostUs, Workers.RefusedShare(nowUs), nowUs);
        // A member that becomes the leader continues at once.
        _regimes.Announce();
        return null;
    }

    private void AddModels(StatusFrame frame)
    {
        foreach (ServedModel model in _models.Served)
        {
            CostLine line = model.Cost.Line;
            frame.Add(model.Id, model.ImageChecksum).SetOwn((uint)line.AlphaNs, (uint)line.BetaUs);
        }
    }

    private StatusFrame WithHeader(StatusFrame frame)
    {
        frame.Workers = Workers.WorkerCount;
        frame.Session = _settings.Session;
        frame.Sequence = Interlocked.Increment(ref _sequence);
        frame.Capacity = Queue.Capacity;
        frame.HttpPort = _settings.HttpPort;
        return frame;
    }
}

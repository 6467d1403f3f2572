// A gateway: a bounded queue, workers, and what it tells of its load, in the order and with the limits of gateway/Serving
// (RequestReceiver, InferenceWorker, LoadMeter, StatusPublisher).

using System;
using System.Collections.Generic;
using Crime.Gateway.Core;
using Crime.Frames;
using Crime.Mapping;
using Crime.Simulation.Events;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>State of a gateway.</summary>
internal sealed class SimGateway
{
    /// <summary>Longest time between two statuses in ms, unless they are told less often: the gateway's default.</summary>
    public const int DefaultHeartbeatMs = 1000;

    /// <summary>Most requests that wait: the gateway's default.</summary>
    public const int Capacity = 256;

    /// <summary>The same where nothing but memory bounds the queue: as many as a status can tell.</summary>
    public const int MemoryCapacity = 65_535;

    /// <summary>
    /// Statuses that a node reads when it looks after a while. It has heard all of them; what the engine keeps of more than the
    /// last few (the usual error of its forecasts, with gains of 1/8 and 1/4) has faded.
    /// </summary>
    public const int ReadStatuses = 12;

    private const int KeptStatuses = 32;
    private const double UtilisationTimeUs = 1_000_000;

    private readonly StatusFrame[] _statuses = new StatusFrame[KeptStatuses];
    private readonly long[] _statusAtUs = new long[KeptStatuses];
    private readonly Queue<SimRequest> _waiting = new();
    private readonly SimRequest?[] _running;
    private readonly long[] _startedUs;

    // Scratch: what is left per worker, of no worker in particular.
    private readonly long[] _leftUs;

    // When each worker will be free of all that was admitted: first in, first out makes that certain.
    private readonly long[] _freeUs;
    private readonly uint _modelId;
    private readonly int _capacity;
    private uint _statusCount;
    private long _waitingUs;
    private double _arrivedUs;
    private long _fadedUs;
    private int _runningCount;

    /// <summary>Makes an idle gateway.</summary>
    public SimGateway(int index, GatewayNode node, GatewayCosts costs, uint modelId, int statusIntervalMs, Safeguards safeguards)
    {
        HasAdmission = (safeguards & Safeguards.Admission) != 0;
        _capacity = (safeguards & Safeguards.QueueBound) != 0 ? Capacity : MemoryCapacity;
        MinIntervalUs = statusIntervalMs * 1000L;
        HeartbeatUs = Math.Max(DefaultHeartbeatMs * 1000L, MinIntervalUs);
        Index = index;
        Node = node;
        Costs = costs;
        Key = NodeKey.Of(node.Id);
        _modelId = modelId;
        int workers = node.Kind.Workers;
        _running = new SimRequest?[workers];
        _startedUs = new long[workers];
        _leftUs = new long[workers];
        _freeUs = new long[workers];
        for (int i = 0; i < KeptStatuses; i++) _statuses[i] = new StatusFrame(modelId);
    }

    /// <summary>Shortest time between two statuses, in µs.</summary>
    public long MinIntervalUs { get; }

    /// <summary>Longest time between two statuses, in µs.</summary>
    public long HeartbeatUs { get; }

    /// <summary>Whether it refuses, and drops, what misses its deadline.</summary>
    public bool HasAdmission { get; }

    /// <summary>Its number.</summary>
    public int Index { get; }

    /// <summary>What the scenario says of it.</summary>
    public GatewayNode Node { get; }

    /// <summary>What an input costs here.</summary>
    public GatewayCosts Costs { get; }

    /// <summary>Its key in paths.</summary>
    public uint Key { get; }

    /// <summary>Decides which requests to pass on; null for a gateway without upstreams.</summary>
    public MappingEngine? Engine { get; set; }

    /// <summary>Links to its upstreams.</summary>
    public SimLink[] Links { get; set; } = [];

    /// <summary>Ids of its upstreams.</summary>
    public string[] UpstreamIds { get; set; } = [];

    /// <summary>What of the upstreams' statuses has been heard.</summary>
    public StatusReader[] Readers { get; set; } = [];

    /// <summary>Numbers of its links in fates.</summary>
    public int FirstLink { get; set; }

    /// <summary>Stream of its other work.</summary>
    public RandomStream Background;

    /// <summary>Until when its other work stays busy or calm.</summary>
    public long BackgroundUntilUs { get; set; }

    /// <summary>Whether its other work is busy.</summary>
    public bool IsBackgroundBusy { get; set; }

    /// <summary>Whether a publication is in the event queue.</summary>
    public bool IsPublishing { get; set; }

    /// <summary>Work of requests that the oracle has sent here and that have not arrived, in µs.</summary>
    public long ReservedUs { get; set; }

    /// <summary>Requests waiting.</summary>
    public int Depth => _waiting.Count;

    /// <summary>Number of workers.</summary>
    public int Workers => _running.Length;

    /// <summary>When the last status was published.</summary>
    public long PublishedUs => _statusCount == 0 ? 0 : _statusAtUs[(_statusCount - 1) % KeptStatuses];

    /// <summary>The backlog that the gateway tells, in µs over all workers: <see cref="PredictedWaitUs"/> times the workers.</summary>
    public long BacklogUs(long nowUs) => PredictedWaitUs(nowUs) * _running.Length;

    /// <summary>Wait of a request that arrives now, as the gateway predicts it, in µs; 0 while a worker is free and nothing waits.</summary>
    public long PredictedWaitUs(long nowUs)
    {
        if (_runningCount < _running.Length && _waitingUs == 0) return 0;
        for (int i = 0; i < _running.Length; i++)
            _leftUs[i] = _running[i] is { } request ? Math.Max(request.CostUs - (nowUs - _startedUs[i]), 0) : 0;
        return StartDelay.Us(_leftUs, _waitingUs);
    }

    /// <summary>Wait that a request will really have, in µs, if nothing arrives before it but what the oracle has sent.</summary>
    /// <param name="nowUs">The time.</param>
    /// <param name="arrivalUs">When it arrives.</param>
    public long TrueWaitUs(long nowUs, long arrivalUs)
    {
        long free = _freeUs[0];
        for (int i = 1; i < _freeUs.Length; i++)
            if (_freeUs[i] < free) free = _freeUs[i];
        return Math.Max(Math.Max(free, nowUs) + ReservedUs / _freeUs.Length - arrivalUs, 0);
    }

    /// <summary>Takes a request in.</summary>
    /// <returns>Whether it may stay.</returns>
    public bool TryAdmit(SimRequest request, long nowUs)
    {
        if (_waiting.Count == _capacity) return false;
        if (HasAdmission && request.BudgetUs != 0 && PredictedWaitUs(nowUs) + request.CostUs > request.BudgetUs) return false;
        int first = 0;
        for (int i = 1; i < _freeUs.Length; i++)
            if (_freeUs[i] < _freeUs[first]) first = i;
        _freeUs[first] = Math.Max(_freeUs[first], nowUs) + request.ServiceUs;
        Fade(nowUs);
        _arrivedUs += request.CostUs;
        _waitingUs += request.CostUs;
        _waiting.Enqueue(request);
        return true;
    }

    /// <summary>Hands the oldest request to an idle worker.</summary>
    /// <returns>The worker, or -1 when none is idle or nothing waits.</returns>
    public int StartNext(long nowUs)
    {
        if (_waiting.Count == 0 || _runningCount == _running.Length) return -1;
        int worker = Array.IndexOf(_running, null);
        SimRequest request = _waiting.Dequeue();
        _waitingUs -= request.CostUs;
        _running[worker] = request;
        _startedUs[worker] = nowUs;
        _runningCount++;
        return worker;
    }

    /// <summary>What a worker runs.</summary>
    public SimRequest Running(int worker) => _running[worker]!;

    /// <summary>A worker is done.</summary>
    public SimRequest Finish(int worker)
    {
        SimRequest request = _running[worker]!;
        _running[worker] = null;
        _runningCount--;
        return request;
    }

    /// <summary>Whether a status would tell what the last one did not, by <see cref="StatusPace"/>'s rule.</summary>
    /// <remarks>
    /// A gateway with upstreams tells every change of its own: that stands for what it hears from them, at which the real one publishes too
    /// and nothing happens here.
    /// </remarks>
    public bool HasNews(long nowUs)
    {
        if (Engine != null || _statusCount == 0) return true;
        StatusFrame told = _statuses[(_statusCount - 1) % KeptStatuses];
        return told.Depth != Depth || Math.Abs(BacklogUs(nowUs) - told.BacklogUs) >= StatusPace.BacklogStepUs;
    }

    /// <summary>Publishes a status.</summary>
    public void Publish(long nowUs)
    {
        StatusFrame status = _statuses[_statusCount % KeptStatuses];
        _statusAtUs[_statusCount % KeptStatuses] = nowUs;
        status.Online = true;
        status.Session = 1;
        status.Sequence = ++_statusCount;
        status.Workers = _running.Length;
        status.BacklogUs = (uint)Math.Min(BacklogUs(nowUs), uint.MaxValue);
        status.Depth = _waiting.Count;
        status.Capacity = _capacity;
        status.Utilisation = Utilisation(nowUs);
        status.ModelCount = 0;
        CostAdvert advert = status.Add(_modelId, 0);
        if (Engine != null)
        {
            Engine.FillAdvert(advert, nowUs);
            return;
        }
        advert.SetOwn((uint)Costs.Line.Alpha, (uint)Costs.Line.Beta);
        advert.Version = 1;
    }

    /// <summary>Publishes the heartbeats that are due: between two changes nothing but time passes, so they can wait until somebody looks.</summary>
    public void Beat(long nowUs)
    {
        long silence = nowUs - PublishedUs;
        if (silence < HeartbeatUs || Engine != null) return;
        long beats = silence / HeartbeatUs, lastUs = PublishedUs;
        for (long i = Math.Max(beats - ReadStatuses, 0) + 1; i <= beats; i++) Publish(lastUs + i * HeartbeatUs);
    }

    /// <summary>Number of the first of the newest statuses that a node which has seen some still has to read.</summary>
    public uint FirstToRead(uint seen) => Math.Max(seen + 1, _statusCount > ReadStatuses ? _statusCount - ReadStatuses + 1 : 1);

    /// <summary>How many of the last statuses were published after one time and not after another.</summary>
    public int CountStatuses(double afterUs, double untilUs)
    {
        int count = 0;
        for (int i = 0; i < Math.Min(_statusCount, KeptStatuses); i++)
            if (_statusAtUs[i] > afterUs && _statusAtUs[i] <= untilUs) count++;
        return count;
    }

    /// <summary>A status by its number.</summary>
    /// <param name="number">From <see cref="FirstToRead"/> on.</param>
    /// <param name="byUs">Published by then.</param>
    /// <param name="atUs">When it was published.</param>
    /// <returns>Null when there is none yet.</returns>
    public StatusFrame? Status(uint number, long byUs, out long atUs)
    {
        uint at = (number - 1) % KeptStatuses;
        atUs = number <= _statusCount ? _statusAtUs[at] : long.MaxValue;
        return atUs <= byUs ? _statuses[at] : null;
    }

    private int Utilisation(long nowUs)
    {
        double arrived = _arrivedUs * Math.Exp(-(nowUs - _fadedUs) / UtilisationTimeUs);
        return (int)Math.Min(StatusFrame.FullUtilisation * arrived / (UtilisationTimeUs * _running.Length), ushort.MaxValue);
    }

    private void Fade(long nowUs)
    {
        _arrivedUs *= Math.Exp(-(nowUs - _fadedUs) / UtilisationTimeUs);
        _fadedUs = nowUs;
    }
}

/// <summary>What a node has heard of a gateway's statuses.</summary>
internal struct StatusReader
{
    /// <summary>Number of the last status heard.</summary>
    public uint Seen;
}

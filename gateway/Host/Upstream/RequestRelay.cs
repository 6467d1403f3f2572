// Passes requests on to gateways behind this one where they are answered sooner, and hands the answers back, hop by hop. What does
// not come back in time, or comes back refused, is done here: exactly one answer leaves for every request.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Serving;
using Crime.Mapping;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Upstream;

/// <summary>The relay. Thread-safe.</summary>
public sealed class RequestRelay : IDisposable
{
    /// <summary>Least time that an answer is waited for beyond the expected, in µs, where this gateway could do without it.</summary>
    public const int MarginUs = 200_000;

    /// <summary>Longest wait for an answer, in µs.</summary>
    public const int MaxWaitUs = 2_000_000;

    // Of a request's budget, kept for the answer's way back to who asked.
    private const int ReturnUs = 10_000;

    private const int BusyTickMs = 5;
    private const int IdleTickMs = 100;
    private const int DrainPollMs = 10;

    private readonly Lock _answering = new();
    private readonly Dictionary<string, UpstreamLink> _linkOf = new(StringComparer.Ordinal);
    private readonly UpstreamLink[] _links;
    private readonly RelayEngines _engines;
    private readonly RelayTable _table;
    private readonly RequestQueue _queue;
    private readonly LoadMeter _load;
    private readonly StatusPublisher _status;
    private readonly Responder _responder;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger<RequestRelay> _log;
    private readonly uint _nodeKey;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private uint _sequence;
    private volatile bool _isStopping;

    /// <summary>Makes a relay that is not connected yet.</summary>
    public RequestRelay(
        GatewayOptions options, RelayEngines engines, RequestQueue queue, LoadMeter load, StatusPublisher status, Outbox outbox,
        GatewayCounters counters, TimeProvider time, ILoggerFactory logs)
    {
        _engines = engines;
        _table = new RelayTable(queue.Capacity);
        _queue = queue;
        _load = load;
        _status = status;
        _responder = new Responder(load, outbox, counters);
        _counters = counters;
        _time = time;
        _log = logs.CreateLogger<RequestRelay>();
        _nodeKey = NodeKey.Of(options.NodeId);
        _links = options.Upstreams.GroupBy(upstream => upstream.Broker ?? EmbeddedBroker.AddressForClients(options.Broker)).Select(broker =>
            new UpstreamLink(broker.Key, options.NodeId, broker.Select(upstream => upstream.Node).ToArray(), this, logs.CreateLogger<UpstreamLink>()))
            .ToArray();
        foreach (UpstreamLink link in _links)
            foreach (string node in link.Nodes) _linkOf.Add(node, link);
    }

    /// <summary>Whether there is anybody to pass requests on to.</summary>
    public bool IsUsed => _links.Length > 0;

    /// <summary>Connections to brokers of gateways behind this one.</summary>
    public int LinkCount => _links.Length;

    /// <summary>Such connections that are there at this moment.</summary>
    public int ConnectedCount => _links.Count(link => link.IsConnected);

    /// <summary>Takes a request over whose answer did not come, with the reason; set by who admits requests.</summary>
    public Action<PendingRequest, ResponseCode>? TakeBack { get; set; }

    /// <summary>Begins to connect.</summary>
    public void Start()
    {
        if (!IsUsed) return;
        foreach (UpstreamLink link in _links) link.Start();
        _running = WatchAsync(_stop.Token);
    }

    /// <summary>Waits for what is on its way, and disconnects.</summary>
    /// <param name="drainMs">How long, in ms, at most; nothing takes longer than <see cref="MaxWaitUs"/>.</param>
    public async Task StopAsync(int drainMs)
    {
        _isStopping = true;
        long endUs = _time.NowUs() + 1000L * drainMs;
        while (_table.Count > 0 && _time.NowUs() < endUs) await Task.Delay(DrainPollMs);
        await _stop.CancelAsync();
        await _running;
        await Task.WhenAll(_links.Select(link => link.StopAsync()));
        Return(_ => true, ResponseCode.Stopping);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (UpstreamLink link in _links) link.Dispose();
        _stop.Dispose();
        _wake.Dispose();
    }

    /// <summary>Passes a request on if another gateway is expected to answer it sooner.</summary>
    /// <param name="request">A good request; priced if this gateway has its model.</param>
    /// <returns>False when it is to be done here. Otherwise it belongs to the relay, until that answers it or gives it to <see cref="TakeBack"/>.</returns>
    public bool TryRelay(PendingRequest request)
    {
        RequestFrame frame = request.Frame;
        if (_engines.Of(frame.ModelId) is not { } engine || frame.HasVisited(_nodeKey)) return false;
        var decision = new Decision();
        while (_table.HasRoom)
        {
            long nowUs = _time.NowUs();
            int waitUs = LocalWaitUs();
            engine.Mapping.DecideRelay(frame.Length, waitUs, frame, request.Tried, nowUs, decision);
            if (decision.Gateway is not { } gateway) return false;
            request.Tried.Add(gateway.Key);
            long giveUpUs = GiveUpUs(request, engine.Mapping, decision, waitUs, nowUs);
            if (giveUpUs <= nowUs) return false;
            if (TrySend(request, engine, gateway, nowUs, giveUpUs)) return true;
            if (request.IsPriced) return false;
        }
        return false;
    }

    private bool TrySend(PendingRequest request, RelayEngine engine, GatewayCandidate gateway, long nowUs, long giveUpUs)
    {
        UpstreamLink link = _linkOf[gateway.Id];
        int length = request.Frame.Length;
        var relayed = new RelayedRequest(request, length, engine, gateway, link, Interlocked.Increment(ref _sequence), nowUs, giveUpUs);
        byte[] payload = Encode(relayed, budgetUs: Math.Max(giveUpUs - nowUs - gateway.Link.RttUs, 1));
        // First noted, then sent: the answer must find it.
        if (!_table.TryAdd(relayed)) return false;
        engine.Mapping.OnSent(gateway, length, nowUs);
        if (!link.TrySendRequest(gateway.Id, payload))
        {
            if (!_table.TryTake(relayed)) return true;
            engine.Mapping.OnTimeout(gateway, nowUs);
            return false;
        }
        _counters.Relayed.Increment();
        Wake();
        return true;
    }

    /// <summary>Takes a gateway's status.</summary>
    public void OnStatus(string node, byte[] bytes)
    {
        if (!_engines.TryReceiveStatus(node, bytes, out bool isOnline))
        {
            OnMalformed();
            return;
        }
        // Who has gone answers nothing any more.
        if (!isOnline) Return(relayed => relayed.Gateway.Id == node, ResponseCode.TooLate);
        Wake();
        _status.OnChange();
    }

    /// <summary>Takes an answer.</summary>
    /// <param name="link">Where it came.</param>
    /// <param name="response">The answer, or refusal; used again afterwards.</param>
    public void OnResponse(UpstreamLink link, ResponseFrame response)
    {
        RelayedRequest? relayed = _table.Take(link, response.Session, response.Sequence);
        if (relayed == null)
        {
            _counters.RelayLate.Increment();
            return;
        }
        long nowUs = _time.NowUs();
        ResponseCode code = response.Code;
        if (code == ResponseCode.Ok) Answer(relayed.Request, response, nowUs);
        Teach(relayed, response, nowUs);
        if (code != ResponseCode.Ok) GiveBack(relayed, code);
        _status.OnChange();
    }

    /// <summary>Takes the answer to a ping.</summary>
    public void OnPong(PongFrame pong)
    {
        _engines.OnPong(pong);
        _status.OnChange();
    }

    /// <summary>A connection to a broker is there, or has ended: what went that way is done otherwise.</summary>
    public void OnConnectionChanged(UpstreamLink link, bool isConnected)
    {
        _engines.OnConnectionChanged();
        if (!isConnected) Return(relayed => relayed.Link == link, ResponseCode.TooLate);
        Wake();
        _status.OnChange();
    }

    /// <summary>A message came that is no good frame for its topic.</summary>
    public void OnMalformed() => _counters.MalformedFrames.Increment();

    /// <summary>Does something with a message; what goes wrong is counted, for MQTTnet would swallow it without a word.</summary>
    internal void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _counters.Faults.Increment();
            _log.Fault(e);
        }
    }

    /// <summary>Until when an answer is waited for: as long as one can be expected, and only so long that it can still be computed here.</summary>
    /// <remarks>What cannot be computed here waits until there is no sense in it, unless another gateway can still be asked.</remarks>
    private static long GiveUpUs(PendingRequest request, MappingEngine engine, Decision decision, int localWaitUs, long nowUs)
    {
        int awayUs = decision.ExpectedTimeUs, timeoutUs = decision.TimeoutUs;
        long lastUs = request.HasDeadline ? request.DeadlineUs : long.MaxValue;
        if (!request.IsPriced)
        {
            engine.DecideRelay(request.Frame.Length, localWaitUs, request.Frame, request.Tried, nowUs, decision);
            return Math.Min(nowUs + (decision.IsOffload ? timeoutUs : MaxWaitUs), lastUs);
        }
        long giveUpUs = nowUs + timeoutUs;
        if (!request.HasDeadline) return giveUpUs;
        // What cannot be back in time is not sent on: the queue refuses it at once.
        if (nowUs + awayUs > request.DeadlineUs) return nowUs;
        lastUs -= ReturnUs + localWaitUs + (long)request.AloneUs;
        // Where one of both is all that there is time for, it is the one that is expected to be sooner.
        if (lastUs < nowUs + awayUs) lastUs = request.DeadlineUs;
        return Math.Min(giveUpUs, lastUs);
    }

    /// <summary>How long a request would wait here, in µs.</summary>
    private int LocalWaitUs() => (int)Math.Min(_load.StartDelayUs, MaxWaitUs);

    /// <summary>The request as the other gateway gets it. Who asked, and what for, stands in the frame again afterwards.</summary>
    private byte[] Encode(RelayedRequest relayed, long budgetUs)
    {
        RequestFrame frame = relayed.Request.Frame;
        (uint session, uint sequence, uint ownBudgetUs) = (frame.Session, frame.Sequence, frame.BudgetUs);
        frame.Visited[frame.VisitedCount++] = _nodeKey;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (relayed.Engine.Session, relayed.Sequence, (uint)budgetUs);
        byte[] payload = frame.Encode();
        frame.VisitedCount--;
        (frame.Session, frame.Sequence, frame.BudgetUs) = (session, sequence, ownBudgetUs);
        return payload;
    }

    private void Answer(PendingRequest request, ResponseFrame response, long nowUs)
    {
        lock (_answering) _responder.Pass(request, response, nowUs);
        _queue.Return(request);
    }

    private static void Teach(RelayedRequest relayed, ResponseFrame response, long nowUs)
    {
        // Where the input itself is no good, the other gateway cannot help it: only the link learns from that.
        if (response.Code == ResponseCode.WrongInput) (response.Code, response.RelayCount) = (ResponseCode.Ok, 1);
        relayed.Engine.Mapping.OnResponse(relayed.Gateway, response, relayed.Length, nowUs - relayed.SentUs, nowUs);
    }

    private void Return(Predicate<RelayedRequest> condition, ResponseCode code)
    {
        foreach (RelayedRequest relayed in _table.TakeAll(condition)) GiveBack(relayed, code);
    }

    private void GiveBack(RelayedRequest relayed, ResponseCode code)
    {
        _counters.RelayFallbacks.Increment();
        if (!TryNext(relayed.Request, code)) TakeBack!(relayed.Request, code);
    }

    /// <summary>Passes on to the next gateway what this one cannot do, as long as there is time and one that has not been asked.</summary>
    /// <param name="request">A request that came back.</param>
    /// <param name="code">Why.</param>
    private bool TryNext(PendingRequest request, ResponseCode code)
    {
        // Whoever stops begins nothing; and an input that is wrong is so everywhere.
        if (_isStopping || request.IsPriced || code == ResponseCode.WrongInput) return false;
        return TryRelay(request);
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_table.Count > 0 ? BusyTickMs : IdleTickMs, cancellation);
                Guard(Watch);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    /// <summary>Gives up what has not been answered in time, and measures links.</summary>
    private void Watch()
    {
        long nowUs = _time.NowUs();
        IReadOnlyList<RelayedRequest> late = _table.TakeAll(relayed => relayed.GiveUpUs <= nowUs);
        foreach (RelayedRequest relayed in late)
        {
            relayed.Engine.Mapping.OnTimeout(relayed.Gateway, nowUs);
            GiveBack(relayed, ResponseCode.TooLate);
        }
        foreach (var (node, ping) in _engines.DuePings()) _linkOf[node].TrySendPing(node, ping.Encode());
        if (late.Count > 0) _status.OnChange();
    }

    private void Wake()
    {
        if (_wake.CurrentCount > 0) return;
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was as quick.
        }
    }
}

// What gateways do, in the order of gateway/Serving: admit or refuse, queue, serve, answer, publish; and pass on, with the same
// engine as a board.

using System;
using Crime.Frames;
using Crime.Mapping;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

internal sealed partial class SimWorld
{
    private static readonly LengthCount OtherWork = new(1, 0, 1);
    private static readonly NodeKeySet s_none = new(1);

    private readonly Decision _relay = new();

    private void StartGateway(SimGateway gateway)
    {
        gateway.Publish(0);
        if (gateway.Engine != null) _events.Add(0, EventKind.GatewayTick, gateway.Index);
        if (gateway.Node.Background == null) return;
        gateway.Background = new RandomStream(_seed, StreamPurpose.Background, gateway.Index);
        _events.Add(0, EventKind.Background, gateway.Index);
    }

    private void OnRequest(SimGateway gateway, SimRequest request)
    {
        request.ArrivedUs = _nowUs;
        int slot = -1;
        if (request.Target >= 0) slot = request.Target == gateway.Index ? -1 : _nextHop[gateway.Index][request.Target];
        else if (gateway.Engine != null) slot = ChooseUpstream(gateway, request);
        if (slot < 0) Admit(gateway, request);
        else PassOn(gateway, request, slot);
    }

    private int ChooseUpstream(SimGateway gateway, SimRequest request)
    {
        HearUpstreams(gateway);
        request.Frame ??= new RequestFrame();
        int waitUs = (int)Math.Min(gateway.PredictedWaitUs(_nowUs), int.MaxValue / 4);
        gateway.Engine!.DecideRelay(request.LengthForDecision, waitUs, request.Frame, s_none, _nowUs, _relay);
        // What cannot be back in time is not sent on: here it is refused at once.
        if (_relay.Gateway is not { } next || gateway.HasAdmission && _relay.ExpectedTimeUs > request.BudgetUs) return -1;
        return Array.IndexOf(gateway.UpstreamIds, next.Id);
    }

    private void Admit(SimGateway gateway, SimRequest request)
    {
        request.CostUs = gateway.Costs.Line.At(request.Input.Length);
        request.ServiceUs = ServiceUs(gateway, request.Input, request.Fate);
        long waitedUs = _nowUs - request.ArrivedUs;
        if (request.BudgetUs > 0) request.BudgetUs = Math.Max(request.BudgetUs - waitedUs, 1);
        if (_policy.Kind == PolicyKind.Oracle) gateway.ReservedUs = Math.Max(gateway.ReservedUs - request.ServiceUs, 0);
        if (gateway.TryAdmit(request, _nowUs))
        {
            StartWork(gateway);
            OnChange(gateway);
            return;
        }
        request.Code = ResponseCode.TooLate;
        request.AnswerServiceUs = 0;
        Answer(gateway, request);
    }

    private static long ServiceUs(SimGateway gateway, LengthCount input, Fate fate) =>
        (long)(gateway.Costs.ServiceUs(input) * fate.Factor(Fate.Service(gateway.Index), gateway.Costs.NoiseSigma));

    private void StartWork(SimGateway gateway)
    {
        while (true)
        {
            int worker = gateway.StartNext(_nowUs);
            if (worker < 0) return;
            SimRequest request = gateway.Running(worker);
            long waitUs = _nowUs - request.ArrivedUs;
            if (gateway.HasAdmission && request.Origin != SimRequest.NoOrigin && request.BudgetUs != 0 && waitUs + request.CostUs > request.BudgetUs)
            {
                gateway.Finish(worker);
                request.Code = ResponseCode.TooLate;
                request.AnswerServiceUs = 0;
                Answer(gateway, request);
                continue;
            }
            request.AnswerWaitUs = waitUs;
            if (request.Origin != SimRequest.NoOrigin) _tally.AddWait(waitUs);
            _events.Add(_nowUs + request.ServiceUs, EventKind.Served, gateway.Index, worker);
        }
    }

    private void OnServed(SimGateway gateway, int worker)
    {
        SimRequest request = gateway.Finish(worker);
        StartWork(gateway);
        OnChange(gateway);
        if (request.Origin == SimRequest.NoOrigin)
        {
            Return(request);
            return;
        }
        request.Code = ResponseCode.Ok;
        request.AnswerServiceUs = request.ServiceUs;
        Answer(gateway, request);
    }

    /// <summary>Sends an answer or a refusal back over the link that the request came over.</summary>
    private void Answer(SimGateway gateway, SimRequest request)
    {
        request.AnswerWaitUs = _nowUs - request.ArrivedUs - request.AnswerServiceUs;
        request.AnswerBacklogUs = (uint)Math.Min(gateway.BacklogUs(_nowUs), uint.MaxValue);
        request.AnswerDepth = gateway.Depth;
        if (request.Origin >= 0)
        {
            SendBack(_boards[request.Origin], request, ResponseFrame.HeaderSize, EventKind.Answer);
            return;
        }
        SimGateway origin = _gateways[-1 - request.Origin];
        SimLink link = origin.Links[request.Slot];
        if (link.IsDown(_nowUs))
        {
            Return(request);
            return;
        }
        double wayUs = link.OneWayUs(_nowUs, ResponseFrame.HeaderSize, request.Fate, Fate.Link(origin.FirstLink + request.Slot) + 1);
        _events.Add(_nowUs + (long)wayUs, EventKind.Answer, request.Origin, request.Index);
    }

    private void PassOn(SimGateway gateway, SimRequest request, int slot)
    {
        int length = request.Input.Length;
        long timeoutUs = TimeoutMaxUs;
        GatewayCandidate? next = UpstreamCandidate(gateway, slot);
        if (next != null)
        {
            gateway.Engine!.Estimate(next, length, _nowUs, _relay);
            if (_relay.IsOffload) timeoutUs = _relay.TimeoutUs;
        }
        request.RelaySequence = ++_relayCounter;
        request.RelaySlot = slot;
        _events.Add(_nowUs + timeoutUs, EventKind.Timeout, -1 - gateway.Index, request.Index, request.RelaySequence);
        if (next != null) gateway.Engine!.OnSent(next, length, _nowUs);
        SimLink link = gateway.Links[slot];
        if (link.IsDown(_nowUs)) return;
        SimRequest child = Rent();
        child.Origin = -1 - gateway.Index;
        child.Slot = slot;
        child.Sequence = request.RelaySequence;
        child.Parent = request.Index;
        child.Target = request.Target;
        child.Input = request.Input;
        child.LengthForDecision = request.LengthForDecision;
        child.Fate = request.Fate;
        child.SentUs = _nowUs;
        child.BudgetUs = Math.Min(timeoutUs, request.BudgetUs);
        Visit(request, child, gateway);
        int size = RequestFrame.HeaderSize + length * _set.BytesPerStep;
        double wayUs = link.OneWayUs(_nowUs, size, child.Fate, Fate.Link(gateway.FirstLink + slot));
        _events.Add(_nowUs + (long)wayUs, EventKind.Request, gateway.Node.Upstreams[slot].Gateway, child.Index);
    }

    private static void Visit(SimRequest request, SimRequest child, SimGateway gateway)
    {
        child.Frame ??= new RequestFrame();
        int count = request.Frame == null ? 0 : request.Frame.VisitedCount;
        for (int i = 0; i < count; i++) child.Frame.Visited[i] = request.Frame!.Visited[i];
        if (count < RequestFrame.MaxVisited) child.Frame.Visited[count++] = gateway.Key;
        child.Frame.VisitedCount = count;
    }

    private void OnRelayAnswer(SimGateway gateway, SimRequest child)
    {
        SimRequest request = _requests[child.Parent];
        if (request.RelaySequence != child.Sequence)
        {
            Return(child);
            return;
        }
        HearUpstreams(gateway);
        request.RelaySequence = 0;
        Fill(_response, child);
        if (UpstreamCandidate(gateway, child.Slot) is { } upstream) gateway.Engine!.OnResponse(upstream, _response, request.Input.Length, _nowUs - child.SentUs, _nowUs);
        bool isAnswered = child.Code == ResponseCode.Ok;
        request.AnswerServiceUs = child.AnswerServiceUs;
        request.RelayCount = child.RelayCount + 1;
        Return(child);
        if (!isAnswered)
        {
            request.RelayCount = 0;
            Admit(gateway, request);
            return;
        }
        request.Code = ResponseCode.Ok;
        Answer(gateway, request);
    }

    private void OnRelayTimeout(SimGateway gateway, SimRequest request, uint sequence)
    {
        if (request.RelaySequence != sequence) return;
        request.RelaySequence = 0;
        if (UpstreamCandidate(gateway, request.RelaySlot) is { } upstream) gateway.Engine!.OnTimeout(upstream, _nowUs);
        Admit(gateway, request);
    }

    private static GatewayCandidate? UpstreamCandidate(SimGateway gateway, int slot)
    {
        for (int i = 0; i < gateway.Engine!.CandidateCount; i++)
            if (gateway.Engine.Candidate(i).Id == gateway.UpstreamIds[slot]) return gateway.Engine.Candidate(i);
        return null;
    }

    private void HearUpstreams(SimGateway gateway)
    {
        for (int slot = 0; slot < gateway.Links.Length; slot++)
        {
            if (gateway.Links[slot].IsDown(_nowUs)) continue;
            SimGateway upstream = _gateways[gateway.Node.Upstreams[slot].Gateway];
            double wayUs = gateway.Links[slot].LevelUs(_nowUs) / 2;
            upstream.Beat(_nowUs);
            for (uint number = upstream.FirstToRead(gateway.Readers[slot].Seen); ; number++)
            {
                StatusFrame? status = upstream.Status(number, (long)(_nowUs - wayUs), out long atUs);
                if (status == null) break;
                gateway.Readers[slot].Seen = number;
                gateway.Engine!.OnStatus(upstream.Node.Id, status, (long)(atUs + wayUs));
            }
        }
    }

    private void OnGatewayTick(SimGateway gateway)
    {
        HearUpstreams(gateway);
        while (true)
        {
            GatewayCandidate? next = gateway.Engine!.TakePing(_nowUs, isWanted: false, extraSizeBytes: 0, out uint sequence);
            if (next == null) break;
            int slot = Array.IndexOf(gateway.UpstreamIds, next.Id);
            SimLink link = gateway.Links[slot];
            SimRequest ping = Rent();
            ping.Origin = -1 - gateway.Index;
            ping.Slot = slot;
            ping.Sequence = sequence;
            ping.SentUs = _nowUs;
            ping.Fate = new Fate(_seed ^ ((ulong)sequence << 20) ^ (ulong)(uint)gateway.Index);
            if (link.IsDown(_nowUs)) Return(ping);
            else _events.Add(
                _nowUs + (long)link.OneWayUs(_nowUs, PingFrame.Size, ping.Fate, Fate.Link(gateway.FirstLink + slot)),
                EventKind.Ping, gateway.Node.Upstreams[slot].Gateway, ping.Index);
        }
        // What is reached through upstreams changes without anything happening here.
        if (_nowUs - gateway.PublishedUs >= gateway.HeartbeatUs) gateway.Publish(_nowUs);
        long nextUs = Math.Min(NextTick(gateway.Engine!.NextPingUs()), Math.Max(gateway.PublishedUs + gateway.HeartbeatUs, _nowUs + TickUs));
        _events.Add(nextUs, EventKind.GatewayTick, gateway.Index);
    }

    private void OnGatewayPong(SimGateway gateway, SimRequest ping)
    {
        HearUpstreams(gateway);
        Fill(_pong, ping);
        gateway.Engine!.OnPong(_pong, _nowUs);
        Return(ping);
    }

    private void OnChange(SimGateway gateway)
    {
        if (gateway.IsPublishing) return;
        gateway.IsPublishing = true;
        _events.Add(Math.Max(_nowUs, gateway.PublishedUs + gateway.MinIntervalUs), EventKind.Publish, gateway.Index);
    }

    private void OnPublish(SimGateway gateway)
    {
        gateway.IsPublishing = false;
        if (gateway.Engine != null) HearUpstreams(gateway);
        if (gateway.HasNews(_nowUs)) gateway.Publish(_nowUs);
    }

    private void OnBackground(SimGateway gateway)
    {
        BackgroundLoad load = gateway.Node.Background!;
        while (_nowUs >= gateway.BackgroundUntilUs)
        {
            gateway.IsBackgroundBusy = gateway.Background.NextUniform() < 0.5;
            gateway.BackgroundUntilUs += 1 + (long)gateway.Background.NextExponential(load.HoldS * 1e6);
        }
        if (_nowUs > 0)
        {
            SimRequest job = Rent();
            job.Origin = SimRequest.NoOrigin;
            job.Input = OtherWork;
            job.ArrivedUs = _nowUs;
            job.BudgetUs = 0;
            job.CostUs = (int)(load.WorkMs * 1000);
            job.ServiceUs = (long)(load.WorkMs * 1000 * gateway.Background.NextFactor(gateway.Costs.NoiseSigma));
            if (gateway.TryAdmit(job, _nowUs)) StartWork(gateway);
            else Return(job);
            OnChange(gateway);
        }
        double share = gateway.IsBackgroundBusy ? load.BusyShare : load.CalmShare;
        if (_scenario.Load.Pattern == LoadPattern.Diurnal) share *= LoadTimes.Intensity(_scenario.Load, _nowUs);
        double meanUs = share <= 0 ? load.HoldS * 1e6 : load.WorkMs * 1000 / (share * gateway.Workers);
        _events.Add(_nowUs + 1 + (long)gateway.Background.NextExponential(meanUs), EventKind.Background, gateway.Index);
    }
}

// How boards hear of gateways: statuses, which are applied when a board next looks, and pings.

using System;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Mapping;
using Crime.Simulation.Events;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

internal sealed partial class SimWorld
{
    private void OnTick(SimBoard board)
    {
        if (_nowUs != board.NextTickUs || board.Engine.IsRadioOff) return;
        HearStatuses(board);
        Tick(board);
    }

    /// <summary>Sends the pings that are due, and comes back when the next one is.</summary>
    private void Tick(SimBoard board)
    {
        MappingEngine engine = board.Engine;
        while (true)
        {
            GatewayCandidate? gateway = engine.TakePing(_nowUs, isWanted: false, extraSizeBytes: 0, out uint sequence);
            if (gateway == null) break;
            SendPing(board, SlotOf(board, gateway), sequence);
        }
        board.NextTickUs = NextTick(engine.NextPingUs());
        _events.Add(board.NextTickUs, EventKind.Tick, board.Index);
    }

    /// <summary>The next look at pings: every 100 ms, without the looks that find nothing.</summary>
    public long NextTick(long dueUs)
    {
        if (dueUs == long.MaxValue) return _nowUs + SearchUs;
        long ticks = dueUs <= _nowUs ? 1 : (dueUs - _nowUs + TickUs - 1) / TickUs;
        return _nowUs + Math.Min(ticks * TickUs, 10 * SearchUs);
    }

    private void SendPing(SimBoard board, int slot, uint sequence)
    {
        _tally.Pings++;
        double airUs = board.Costs.TransmitUs(PingFrame.Size);
        _tally.UpkeepUj += (airUs * board.Costs.TransmitMw + (board.Costs.PublishUs + board.Costs.ReceiveUs) * board.Costs.ComputeMw) / 1000;
        SimLink link = board.Links[slot];
        ulong bits = board.Upkeep.NextBits();
        if (link.IsDown(_nowUs)) return;
        SimRequest ping = Rent();
        ping.Origin = board.Index;
        ping.Slot = slot;
        ping.Sequence = sequence;
        ping.SentUs = _nowUs;
        ping.Fate = new Fate(bits);
        double wayUs = link.OneWayUs(_nowUs, PingFrame.Size, ping.Fate, Fate.Link(board.FirstLink + slot));
        _events.Add(_nowUs + (long)(board.Costs.PublishUs + airUs + wayUs), EventKind.Ping, board.Group.Links[slot].Gateway, ping.Index);
    }

    private void OnPing(GatewayDriver gateway, SimRequest ping)
    {
        ReportedLoad load = gateway.Load();
        ping.AnswerBacklogUs = load.BacklogUs;
        ping.AnswerDepth = load.Depth;
        if (ping.Origin >= 0)
        {
            SimBoard board = _boards[ping.Origin];
            SendBack(board, ping, PongFrame.Size, EventKind.Pong);
            return;
        }
        GatewayDriver origin = _gateways[-1 - ping.Origin];
        double wayUs = origin.Links[ping.Slot].OneWayUs(_nowUs, PongFrame.Size, ping.Fate, Fate.Link(origin.FirstLink + ping.Slot) + 1);
        _events.Add(_nowUs + (long)wayUs, EventKind.Pong, ping.Origin, ping.Index);
    }

    /// <summary>Bytes of a request.</summary>
    /// <param name="length">Its timesteps.</param>
    public int RequestSize(int length) => RequestFrame.HeaderSize + length * _set.BytesPerStep;

    /// <summary>Sends an answer or a refusal back over the link that the request came over.</summary>
    public void SendAnswer(SimRequest request)
    {
        if (request.Origin >= 0)
        {
            SendBack(_boards[request.Origin], request, ResponseFrame.HeaderSize, EventKind.Answer);
            return;
        }
        GatewayDriver origin = _gateways[-1 - request.Origin];
        SimLink link = origin.Links[request.Slot];
        if (link.IsDown(_nowUs))
        {
            Return(request);
            return;
        }
        double wayUs = link.OneWayUs(_nowUs, ResponseFrame.HeaderSize, request.Fate, Fate.Link(origin.FirstLink + request.Slot) + 1);
        _events.Add(_nowUs + (long)wayUs, EventKind.Answer, request.Origin, request.Index);
    }

    /// <summary>Sends a request or a ping to an upstream.</summary>
    /// <param name="gateway">The sender.</param>
    /// <param name="message">The request or ping, with its slot.</param>
    /// <param name="byteCount">Its size.</param>
    /// <param name="kind">Kind of the message.</param>
    public void SendUpstream(GatewayDriver gateway, SimRequest message, int byteCount, EventKind kind)
    {
        double wayUs = gateway.Links[message.Slot].OneWayUs(_nowUs, byteCount, message.Fate, Fate.Link(gateway.FirstLink + message.Slot));
        _events.Add(_nowUs + (long)wayUs, kind, gateway.Node.Upstreams[message.Slot].Gateway, message.Index);
    }

    private void OnPong(SimBoard board, SimRequest ping)
    {
        _tally.UpkeepUj += board.Costs.ListeningNj(_nowUs - ping.SentUs, hasAnswer: true) / 1000;
        if (!board.Engine.IsRadioOff)
        {
            HearStatuses(board);
            Fill(_pong, ping);
            board.Engine.OnPong(_pong, _nowUs);
            board.LastRttUs[ping.Slot] = Math.Max(_nowUs - ping.SentUs - board.Costs.TransmitUs(PingFrame.Size), 0);
            OnHeard(board);
        }
        Return(ping);
    }

    /// <summary>Sends an answer or a pong to a board: it may wait for a beacon.</summary>
    private void SendBack(SimBoard board, SimRequest request, int byteCount, EventKind kind)
    {
        SimLink link = board.Links[request.Slot];
        if (link.IsDown(_nowUs))
        {
            Return(request);
            return;
        }
        double wayUs = link.OneWayUs(_nowUs, byteCount, request.Fate, Fate.Link(board.FirstLink + request.Slot) + 1);
        if (_statusIl > 0)
        {
            GatewayDriver gateway = _gateways[board.Group.Links[request.Slot].Gateway];
            wayUs += StallUs(gateway, link.Kind, request.Fate, Fate.Link(board.FirstLink + request.Slot));
        }
        double atUs = _nowUs + wayUs, heardUs = AnswerHeardUs(board, request.SentUs + RequestUs(board, request, kind), atUs);
        // A board that dozes hears at a beacon first what came before the answer.
        if (_statusIl > 0 && board.Costs.BeaconUs > 0 && heardUs > atUs) heardUs += StatusUs(board, heardUs - board.Costs.BeaconUs, atUs);
        _events.Add((long)(heardUs + board.Costs.ReceiveUs), kind, board.Index, request.Index);
    }

    /// <summary>Time from the handing over to the MQTT client to the leaving of what is answered.</summary>
    private static double RequestUs(SimBoard board, SimRequest request, EventKind kind) => board.Costs.PublishUs
        + board.Costs.TransmitUs(kind == EventKind.Pong ? PingFrame.Size : board.Costs.RequestSize(request.Input.Length));

    /// <summary>When a board hears an answer: at once while its radio still listens, because of the request or of a status, and at a beacon later.</summary>
    /// <param name="board">The board.</param>
    /// <param name="leftUs">When the request had left.</param>
    /// <param name="atUs">When the answer is at the access point.</param>
    private double AnswerHeardUs(SimBoard board, double leftUs, double atUs)
    {
        double listenUs = board.Costs.ListenOnUs, untilUs = leftUs + listenUs;
        if (board.Costs.BeaconUs == 0 || atUs <= untilUs) return atUs;
        if (listenUs == 0) return HeardUs(board, atUs);
        double beaconUs = HeardUs(board, atUs) - board.Costs.BeaconUs;
        if (atUs <= beaconUs + listenUs && CountStatuses(board, beaconUs - board.Costs.BeaconUs, beaconUs) > 0) return atUs;
        return HeardUs(board, atUs);
    }

    /// <summary>
    /// How long an answer waits behind a status that TCP sends again, in µs: any of those since the time that this takes may have been
    /// lost, and the rest of its wait is as likely short as long.
    /// </summary>
    private double StallUs(GatewayDriver gateway, LinkKind kind, Fate fate, int link)
    {
        double resendUs = kind.ResendMs * 1000, probability = kind.Loss * gateway.Log.CountBetween(_nowUs - resendUs, _nowUs);
        double drawn = fate.Uniform(link + 3 + Fate.Host);
        return drawn < probability ? resendUs * drawn / probability : 0;
    }

    /// <summary>Time that a board spends on the statuses that reach its access point after one time and not after another, in µs.</summary>
    private double StatusUs(SimBoard board, double afterUs, double untilUs) =>
        CountStatuses(board, afterUs, untilUs) * _statusIl * board.Costs.UsPerIl;

    /// <summary>How many statuses reach a board's access point after one time and not after another.</summary>
    private int CountStatuses(SimBoard board, double afterUs, double untilUs)
    {
        int count = 0;
        for (int slot = 0; slot < board.Links.Length; slot++)
        {
            if (board.Links[slot].IsDown(_nowUs)) continue;
            GatewayDriver gateway = _gateways[board.Group.Links[slot].Gateway];
            gateway.Beat();
            double wayUs = board.Links[slot].LevelUs(_nowUs) / 2;
            count += gateway.Log.CountBetween(afterUs - wayUs, untilUs - wayUs);
        }
        return count;
    }

    /// <summary>Until when a board has heard all that reached its access point.</summary>
    private static double LastHeardUs(SimBoard board, double atUs)
    {
        double heardUs = HeardUs(board, atUs);
        return heardUs > atUs ? heardUs - board.Costs.BeaconUs : heardUs;
    }

    /// <summary>When a board hears what is at its access point at a time.</summary>
    private static double HeardUs(SimBoard board, double atUs)
    {
        double interval = board.Costs.BeaconUs;
        return interval == 0 ? atUs : board.BeaconPhaseUs + Math.Ceiling((atUs - board.BeaconPhaseUs) / interval) * interval;
    }

    /// <summary>Applies the statuses that have reached a board, of each of its gateways.</summary>
    private void HearStatuses(SimBoard board)
    {
        uint count = 0;
        for (int slot = 0; slot < board.Links.Length; slot++)
        {
            SimLink link = board.Links[slot];
            if (link.IsDown(_nowUs)) continue;
            GatewayDriver gateway = _gateways[board.Group.Links[slot].Gateway];
            // A board that has just connected gets the retained status at once.
            bool isRetained = board.Group.Radio == RadioKind.Off || board.Readers[slot].Seen == 0;
            double wayUs = isRetained ? 0 : link.LevelUs(_nowUs) / 2;
            double byUs = _nowUs;
            if (!isRetained && board.Costs.BeaconUs > 0) byUs = HeardUs(board, byUs) - (HeardUs(board, byUs) > byUs ? board.Costs.BeaconUs : 0);
            gateway.Beat();
            for (uint number = gateway.Log.FirstToRead(board.Readers[slot].Seen); ; number++)
            {
                StatusFrame? status = gateway.Log.Read(number, (long)(byUs - wayUs), out long atUs);
                if (status == null) break;
                count += number - board.Readers[slot].Seen;
                board.Readers[slot].Seen = number;
                long heardUs = isRetained ? _nowUs : Math.Min((long)HeardUs(board, atUs + wayUs), _nowUs);
                board.Engine.OnStatus(gateway.Node.Id, status, heardUs);
            }
        }
        // Each keeps a dozing radio up for a while, if it was not up anyhow.
        double listenedUs = Math.Min(count * board.Costs.ListenOnUs, _nowUs - board.LookedAtUs);
        _tally.UpkeepUj += listenedUs * (board.Costs.ListenMw - board.Costs.WaitMw) / 1000;
        board.LookedAtUs = _nowUs;
    }

    private GatewayCandidate? CandidateOf(SimBoard board, int slot)
    {
        for (int i = 0; i < board.Engine.CandidateCount; i++)
            if (SlotOf(board, board.Engine.Candidate(i)) == slot) return board.Engine.Candidate(i);
        return null;
    }

    private int SlotOf(SimBoard board, GatewayCandidate gateway)
    {
        int slot = 0;
        while (_gateways[board.Group.Links[slot].Gateway].Node.Id != gateway.Id) slot++;
        return slot;
    }

    /// <summary>Writes an answer into a frame.</summary>
    public static void Fill(ResponseFrame frame, SimRequest request)
    {
        frame.Code = request.Code;
        frame.WaitUs = (uint)request.AnswerWaitUs;
        frame.ServiceUs = (uint)request.AnswerServiceUs;
        frame.BacklogUs = request.AnswerBacklogUs;
        frame.Depth = request.AnswerDepth;
        frame.RelayCount = request.RelayCount;
    }

    /// <summary>Writes a pong into a frame.</summary>
    public static void Fill(PongFrame frame, SimRequest ping)
    {
        frame.Sequence = ping.Sequence;
        frame.BacklogUs = ping.AnswerBacklogUs;
        frame.Depth = ping.AnswerDepth;
    }
}

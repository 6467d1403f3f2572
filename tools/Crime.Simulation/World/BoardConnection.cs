// The connection of a simulated board to its broker: statuses after connecting, pings, and their energy.

using System;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;

namespace Crime.Simulation.World;

/// <summary>Connects a board and measures its links.</summary>
internal sealed class BoardConnection
{
    private readonly SimWorld _world;
    private readonly BoardCosts _costs;
    private readonly MappingEngine _engine;
    private readonly BackgroundEnergy _background;
    private readonly BoardLinks _links;
    private readonly int _board;
    private readonly uint _session;
    private RandomStream _noise;
    private long _reportFromUj = -1;

    /// <summary>Makes the connection of a board that is not connected.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="board">The board.</param>
    /// <param name="background">Counts the energy.</param>
    /// <param name="session">Session of its pings.</param>
    public BoardConnection(SimWorld world, BoardDriver board, BackgroundEnergy background, uint session)
    {
        _world = world;
        _costs = board.Costs;
        _engine = board.Engine;
        _background = background;
        _links = board.Links;
        _board = board.Index;
        _session = session;
        _noise = new RandomStream(world.Seed, StreamPurpose.Messages, board.Index);
    }

    /// <summary>True while the board is connected.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Time in µs of the next look at the links.</summary>
    public long NextTickUs { get; private set; }

    private long NowUs => _world.NowUs;

    /// <summary>Returns the random draws of a message that belongs to no input.</summary>
    public Draws NextDraws() => new(_noise.NextBits());

    /// <summary>Background energy of reports in µJ.</summary>
    public long ReportUj { get; private set; }

    /// <summary>The radio comes up for a report: from now on background energy belongs to it.</summary>
    public void BeginReport() => _reportFromUj = _background.EnergyUj;

    /// <summary>The radio is up, or was not for a report.</summary>
    public void EndReport()
    {
        if (_reportFromUj >= 0) ReportUj += _background.EnergyUj - _reportFromUj;
        _reportFromUj = -1;
    }

    /// <summary>Schedules a look at the links.</summary>
    /// <param name="atUs">Time in µs.</param>
    public void ScheduleTick(long atUs)
    {
        NextTickUs = atUs;
        _world.Events.Add(atUs, EventKind.Tick, _board);
    }

    /// <summary>Connects to the broker.</summary>
    public void Connect()
    {
        IsUp = true;
        _engine.OnConnectionChanged(NowUs);
        _links.OnConnected(NowUs + LinkFlow.StatusesUs);
        _background.OnExchange(BackgroundEnergy.ConnectMessages, NowUs, NowUs + (long)_links.ConnectUs());
        if (_engine.LearnsFromAnswers && !_engine.ReceivesRegimes) _background.OnExchange(1, NowUs, NowUs);
    }

    /// <summary>Connects, and measures the links at once.</summary>
    public void ConnectAndPing()
    {
        Connect();
        Measure();
    }

    /// <summary>Ends the connection.</summary>
    public void Leave() => IsUp = false;

    /// <summary>Receives statuses and sends the pings that are due, and schedules the next look.</summary>
    public void Measure()
    {
        _links.ReceiveStatuses();
        SendPings();
    }

    /// <summary>Sends the pings that are due, and schedules the next look.</summary>
    public void SendPings()
    {
        while (_engine.TakePing(NowUs, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway) SendPing(_links.SlotOf(gateway.Id), sequence);
        long pingUs = _engine.NextPingUs();
        // No statuses come, and no ping is due: the next input looks again.
        if (pingUs == long.MaxValue && !_links.ReceivesStatuses) return;
        long tickUs = _world.NextTick(pingUs);
        if (_links.AwaitsStatuses) tickUs = Math.Min(tickUs, NowUs + LinkFlow.StatusesUs + LinkFlow.TickUs);
        ScheduleTick(tickUs);
    }

    /// <summary>Takes a pong.</summary>
    /// <returns>False when the board is no longer connected.</returns>
    public bool TakePong(SimRequest ping)
    {
        _background.OnReceived(1, NowUs, NowUs);
        if (!IsUp) return false;
        _links.ReceiveStatuses();
        _engine.OnPong(_world.PongOf(ping), NowUs);
        _links.MeasuredRttUs[ping.Slot] = Math.Max(NowUs - ping.SentUs - _costs.AirUs(PingFrame.Size), 0);
        return true;
    }

    private void SendPing(int slot, uint sequence)
    {
        _world.Tally.Pings++;
        _background.OnSent(PingFrame.Size, NowUs);
        Draws draws = NextDraws();
        if (_links.IsDown(slot)) return;
        SimRequest ping = _world.Rent(_board, slot, _session, sequence, draws);
        double wayUs = _links.WayUs(slot, PingFrame.Size, draws);
        _world.Events.Add(NowUs + (long)(_costs.PublishUs + _costs.AirUs(PingFrame.Size) + wayUs), EventKind.Ping, _links.GatewayAt(slot).Index, ping.Index);
    }
}

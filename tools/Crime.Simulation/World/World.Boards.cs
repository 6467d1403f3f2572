// What boards do, in the order of the firmware (InferenceRunner, Offloader, LinkKeeper, DutyCycle).

using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

internal sealed partial class SimWorld
{
    // The firmware's defaults: BoardSettings.TimeoutMarginMs and TimeoutMaxMs.
    public const int TimeoutMarginUs = 200_000;
    private const int TimeoutMaxUs = 2_000_000;

    // LinkKeeper looks after pings at this interval.
    public const long TickUs = 100_000;

    // Where no gateway is known, statuses are looked for that often.
    private const long SearchUs = 1_000_000;

    // DutyCycle: longest wait for a gateway, and longest time that the radio stays off.
    private const long BringUpLimitUs = 15_000_000;
    private const long RefreshUs = 600_000_000;

    private void StartBoard(SimBoard board)
    {
        long connectedUs = (long)(board.Inputs.NextUniform() * ConnectUs);
        board.NextTickUs = connectedUs;
        _events.Add(connectedUs, EventKind.Tick, board.Index);
        if (board.Group.Radio == RadioKind.Off) board.RadioUp = new RadioCost((int)board.Costs.AssociateUs, (int)Math.Round(board.Costs.AssociateMw));
        ScheduleInput(board, (long)WarmUpUs);
    }

    /// <summary>Draws the moment of the next input; it waits while the board is busy.</summary>
    private void ScheduleInput(SimBoard board, long afterUs)
    {
        if (_replay != null)
        {
            ReplayNext(board, _replay);
            return;
        }
        double need = board.Inputs.NextExponential(board.Group.InputEveryS * 1e6);
        board.InputDueUs = LoadTimes.Advance(_scenario.Load, afterUs, need);
        // Inputs that were due before the end are all worked off, so that every policy has the same ones.
        if (board.InputDueUs < _endUs) _events.Add(Math.Max(board.InputDueUs, _nowUs), EventKind.Input, board.Index);
        else _activeBoards--;
    }

    /// <summary>As the firmware replays a recording: an input begins so long after the one before it, or when that is done.</summary>
    private void ReplayNext(SimBoard board, Replay replay)
    {
        if (board.ReplayedCount == replay.Lengths[board.Index].Count)
        {
            _activeBoards--;
            return;
        }
        // The boards begin within an interval of each other.
        long dueUs = board.ReplayedCount == 0
            ? (long)(WarmUpUs + board.Inputs.NextUniform() * replay.IntervalMs * 1000) : board.StartUs + replay.IntervalMs * 1000L;
        board.InputDueUs = Math.Max(dueUs, _nowUs);
        _events.Add(board.InputDueUs, EventKind.Input, board.Index);
    }

    private LengthCount NextInput(SimBoard board) =>
        _replay == null ? _set.Lengths.Draw(ref board.Inputs) : new LengthCount(_replay.Lengths[board.Index][board.ReplayedCount++], 0, 1);

    private void OnInput(SimBoard board)
    {
        if (board.State == BoardState.Refreshing)
        {
            // The radio is just coming up to listen: the input waits for it.
            _events.Add(_nowUs + TickUs, EventKind.Input, board.Index);
            return;
        }
        board.Input = NextInput(board);
        board.Fate = new Fate(board.Noise.NextBits());
        board.StartUs = _nowUs;
        board.EnergyUj = 0;
        board.IsFallback = false;
        _tally.Started++;
        if (!board.Engine.IsRadioOff) HearStatuses(board);
        Decide(board);
        bool isAway = board.Slot >= 0;
        _tally.AddDecision(board.Input.Length, isAway, _nowUs);
        double decisionUs = _policy.AsksEngine ? board.Costs.DecisionUs : 0;
        board.EnergyUj += decisionUs * board.Costs.ComputeMw / 1000;
        long nowUs = _nowUs + (long)decisionUs;
        if (!isAway) Compute(board, nowUs);
        else if (board.Engine.IsRadioOff) BringUp(board, nowUs, BoardState.BringingUp);
        else Send(board, nowUs);
    }

    private void Compute(SimBoard board, long fromUs)
    {
        double us = board.Costs.LocalUs(board.Input) * board.Fate.Factor(Fate.Local, BoardCosts.LocalNoiseSigma);
        board.EnergyUj += us * board.Costs.ComputeMw / 1000;
        board.State = BoardState.Computing;
        board.SentUs = fromUs;
        _events.Add(fromUs + (long)us, EventKind.LocalDone, board.Index);
    }

    private void OnLocalDone(SimBoard board)
    {
        if (_statusIl > 0 && !board.IsDelayed)
        {
            double heardUs = StatusUs(board, LastHeardUs(board, board.SentUs), LastHeardUs(board, _nowUs));
            board.IsDelayed = true;
            board.EnergyUj += heardUs * board.Costs.ComputeMw / 1000;
            _events.Add(_nowUs + (long)heardUs, EventKind.LocalDone, board.Index);
            return;
        }
        board.IsDelayed = false;
        board.Engine.OnLocal(board.Input.Length, _nowUs - board.SentUs);
        if (board.IsFallback) _tally.Fallbacks++;
        else _tally.OnBoards++;
        Conclude(board);
    }

    private void Send(SimBoard board, long fromUs)
    {
        BoardCosts costs = board.Costs;
        int length = board.Input.Length;
        GatewayCandidate? gateway = CandidateOf(board, board.Slot);
        if (gateway != null && !_policy.AsksEngine) board.Engine.Estimate(gateway, length, fromUs, board.Decision);
        int timeoutUs = board.Decision.IsOffload && _policy.Kind != PolicyKind.Oracle ? board.Decision.TimeoutUs : TimeoutMaxUs;
        double encodeUs = costs.EncodeUs(length), airUs = costs.TransmitUs(costs.RequestSize(length));
        board.SentUs = fromUs + (long)encodeUs;
        board.State = BoardState.Waiting;
        board.Sequence++;
        if (gateway != null) board.Engine.OnSent(gateway, length, board.SentUs);
        board.EnergyUj += ((encodeUs + costs.PublishUs) * costs.ComputeMw + airUs * costs.TransmitMw) / 1000;
        long deadlineUs = board.SentUs + (timeoutUs + 999) / 1000 * 1000;
        _events.Add(deadlineUs, EventKind.Timeout, board.Index, 0, board.Sequence);

        SimLink link = board.Links[board.Slot];
        if (link.IsDown(_nowUs)) return;
        SimRequest request = Rent();
        request.Origin = board.Index;
        request.Slot = board.Slot;
        request.Sequence = board.Sequence;
        request.Target = board.Target;
        request.Input = board.Input;
        request.Frame.ModelId = ModelId;
        request.Frame.Length = length;
        request.Fate = board.Fate;
        request.SentUs = board.SentUs;
        request.Frame.BudgetUs = (uint)BudgetUs(board, timeoutUs);
        if (_policy.Kind == PolicyKind.Oracle) Reserve(request);
        double wayUs = link.OneWayUs(_nowUs, costs.RequestSize(length), board.Fate, Fate.Link(board.FirstLink + board.Slot));
        _events.Add(board.SentUs + (long)(costs.PublishUs + airUs + wayUs), EventKind.Request, board.Group.Links[board.Slot].Gateway, request.Index);
    }

    /// <summary>Latency budget of a request: the engine's; the oracle's, which knows the time of the answer; or all the time that the board waits.</summary>
    private long BudgetUs(SimBoard board, int timeoutUs) =>
        _policy.AsksEngine ? board.Decision.BudgetUs : _policy.Kind == PolicyKind.Oracle ? board.TrueAnswerUs + TimeoutMarginUs : timeoutUs;

    private void OnAnswer(SimBoard board, SimRequest request)
    {
        if (board.State != BoardState.Waiting || request.Sequence != board.Sequence)
        {
            _tally.LateAnswers++;
            Return(request);
            return;
        }
        HearStatuses(board);
        BoardCosts costs = board.Costs;
        board.Sequence++;
        long elapsedUs = _nowUs - board.SentUs;
        int length = board.Input.Length;
        Fill(_response, request);
        if (CandidateOf(board, board.Slot) is { } gateway) board.Engine.OnResponse(gateway, _response, length, elapsedUs, _nowUs);
        double airUs = costs.TransmitUs(costs.RequestSize(length));
        board.LastRttUs[board.Slot] = Math.Max(elapsedUs - request.AnswerWaitUs - request.AnswerServiceUs - airUs, 0);
        AddWaiting(board, elapsedUs, airUs, hasAnswer: true);
        bool isAnswered = request.Code == ResponseCode.Ok;
        int relays = request.RelayCount;
        Return(request);
        if (!isAnswered)
        {
            _tally.Refusals++;
            board.IsFallback = true;
            Compute(board, _nowUs);
            return;
        }
        if (relays > 0) _tally.PassedOn++;
        else _tally.AtGateways++;
        Conclude(board);
    }

    private void OnTimeout(SimBoard board, uint sequence)
    {
        if (sequence != board.Sequence) return;
        if (board.State == BoardState.BringingUp)
        {
            board.EnergyUj += (_nowUs - board.BringUpUs) * board.Costs.AssociateMw / 1000;
        }
        else if (board.State == BoardState.Refreshing)
        {
            _tally.UpkeepUj += (_nowUs - board.BringUpUs) * board.Costs.AssociateMw / 1000;
            board.Sequence++;
            board.State = BoardState.Idle;
            TakeDown(board);
            return;
        }
        else
        {
            HearStatuses(board);
            if (CandidateOf(board, board.Slot) is { } gateway) board.Engine.OnTimeout(gateway, _nowUs);
            AddWaiting(board, _nowUs - board.SentUs, board.Costs.TransmitUs(board.Costs.RequestSize(board.Input.Length)), hasAnswer: false);
            Tick(board);
        }
        _tally.Timeouts++;
        board.Sequence++;
        board.IsFallback = true;
        Compute(board, _nowUs);
    }

    /// <summary>The energy of a wait, without what was already counted of it.</summary>
    private static void AddWaiting(SimBoard board, long elapsedUs, double airUs, bool hasAnswer)
    {
        BoardCosts costs = board.Costs;
        double busyUs = hasAnswer ? costs.ReceiveUs : 0;
        double waitUs = Math.Max(elapsedUs - costs.PublishUs - airUs, 0);
        board.EnergyUj += (busyUs * costs.ComputeMw + Math.Max(waitUs - busyUs, 0) * costs.WaitMw + costs.ListeningNj(waitUs, hasAnswer)) / 1000;
    }

    private void Conclude(SimBoard board)
    {
        _tally.Finished++;
        _tally.TimeUs += _nowUs - board.StartUs;
        _tally.EnergyUj += board.EnergyUj;
        board.State = BoardState.Idle;
        if (board.RadioUp != null) TakeDown(board);
        ScheduleInput(board, board.InputDueUs);
    }

    private void TakeDown(SimBoard board)
    {
        if (board.Engine.IsRadioOff)
        {
            if (_nowUs - board.RadioUpAtUs >= RefreshUs) BringUp(board, _nowUs, BoardState.Refreshing);
            return;
        }
        board.Engine.OnRadioDown(board.RadioUp, _nowUs);
        board.RadioUpAtUs = _nowUs;
    }

    private void BringUp(SimBoard board, long fromUs, BoardState state)
    {
        board.State = state;
        board.BringUpUs = fromUs;
        board.Sequence++;
        Fate fate = state == BoardState.BringingUp ? board.Fate : new Fate(board.Upkeep.NextBits());
        double us = board.Costs.AssociateUs * fate.Factor(Fate.RadioUp, BoardCosts.AssociateNoiseSigma);
        _events.Add(fromUs + (long)us, EventKind.RadioUp, board.Index, 0, board.Sequence);
        _events.Add(fromUs + BringUpLimitUs, EventKind.Timeout, board.Index, 0, board.Sequence);
    }

    private void OnRadioUp(SimBoard board, uint sequence)
    {
        if (sequence != board.Sequence) return;
        board.Engine.OnRadioUp(_nowUs);
        HearStatuses(board);
        Tick(board);
    }

    /// <summary>A gateway was heard: a board that was waiting for one goes on.</summary>
    private void OnHeard(SimBoard board)
    {
        if (board.State is not (BoardState.BringingUp or BoardState.Refreshing) || !board.Engine.HasUsableGateway(_nowUs)) return;
        long elapsedUs = _nowUs - board.BringUpUs;
        board.RadioUp!.Observe(elapsedUs);
        board.Sequence++;
        double energyUj = elapsedUs * board.Costs.AssociateMw / 1000;
        if (board.State == BoardState.Refreshing)
        {
            _tally.UpkeepUj += energyUj;
            board.State = BoardState.Idle;
            TakeDown(board);
            return;
        }
        board.EnergyUj += energyUj;
        // Loads have changed while the radio was off.
        if (board.Target < 0)
        {
            board.Engine.DecideOffload(LengthForDecision(board.Input.Length), _nowUs, mayExceedLocal: false, board.Decision);
            board.Slot = SlotOf(board, board.Decision.Gateway!);
        }
        Send(board, _nowUs);
    }
}

// The kept inputs of a simulated board: the rule and the batch are those of shared/Node. The driver adds the times of events.

using System;
using Crime.Frames;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;

namespace Crime.Simulation.World;

/// <summary>Drives the kept inputs of one board.</summary>
internal sealed class BoardBatches
{
    // The length of an own result does not matter any more.
    private static readonly LengthCount s_result = new(1, 0, 1);

    private readonly SimWorld _world;
    private readonly BoardDriver _board;
    private readonly InputFlow _flow;
    private readonly OpenRequest _request;
    private readonly BoardConnection _connection;
    private readonly KeptInputs _kept;
    private readonly Deferral _deferral;
    private readonly BatchFlow _batch;
    private readonly InputResult _result = new();
    private readonly LengthCount[] _inputs = new LengthCount[KeptInputs.MostCapacity];
    private readonly Draws[] _draws = new Draws[KeptInputs.MostCapacity];
    private readonly int _fixedLength;
    private readonly BoardGroup _group;
    private long _airFreeUs;
    private int _keptBytes;

    /// <summary>Makes the kept inputs of a board.</summary>
    /// <param name="world">Its world.</param>
    /// <param name="board">The board.</param>
    /// <param name="flow">Its flow.</param>
    /// <param name="request">Its requests under way.</param>
    /// <param name="connection">Counts the energy of reports.</param>
    public BoardBatches(SimWorld world, BoardDriver board, InputFlow flow, OpenRequest request, BoardConnection connection)
    {
        _world = world;
        _board = board;
        _flow = flow;
        _request = request;
        _connection = connection;
        _group = board.Costs.Group;
        _kept = new KeptInputs(KeptInputs.MostCapacity);
        _kept.Origin = request.Session;
        // A single device keeps no inputs.
        bool defers = world.Setup.Policy.Defers || world.Setup.Policy.Kind == PolicyKind.Local;
        _deferral = new Deferral(flow, _kept, defers ? (long)(_group.ResultWithinS * 1e6) : 0);
        _batch = new BatchFlow(flow, _kept, _group.KeepBytes);
        _fixedLength = world.Setup.Policy.Kind == PolicyKind.MeanLength ? (int)Math.Round(world.Setup.Set.Lengths.MeanLength) : 0;
    }

    /// <summary>True while a batch is in progress.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>True when no input is kept.</summary>
    public bool IsEmpty => _kept.Count == 0;

    /// <summary>True while the radio comes up for a batch.</summary>
    public bool IsWaking => IsBusy && _batch.Action is InputAction.WakeRadio or InputAction.AwaitRadio;

    /// <summary>Time in µs at which something is due; <see cref="long.MaxValue"/> when nothing is.</summary>
    public long NextUs => _deferral.NextUs();

    /// <summary>Keeps an input, if it should be kept.</summary>
    /// <returns>False when the board has to decide about it now.</returns>
    public bool TryKeep(LengthCount input, Draws draws)
    {
        int length = _fixedLength > 0 ? _fixedLength : input.Length, sizeBytes = input.Length * _world.Setup.Set.BytesPerStep;
        if (!_deferral.ShouldKeep(length, _world.NowUs)) return false;
        if (_keptBytes + sizeBytes > _group.KeepBytes)
        {
            _deferral.IsStoreFull = true;
            return false;
        }
        int slot = _kept.FreeSlot();
        _keptBytes += sizeBytes;
        _inputs[slot] = input;
        _draws[slot] = draws;
        _deferral.Keep(_flow.Result.Input, slot, length, _world.NowUs);
        _world.Tally.Kept++;
        return true;
    }

    /// <summary>Keeps the result of the flow's input until a gateway has acknowledged it.</summary>
    /// <returns>False when there is no room.</returns>
    public bool KeepResult() => _deferral.KeepResult(_kept.Origin, _flow.Result, _flow.WasSent, _flow.ArrivedUs);

    /// <summary>Takes the next step of a board that has nothing else to do.</summary>
    /// <param name="isEnd">True when no input follows: everything is due.</param>
    /// <returns>False when nothing is due.</returns>
    public bool Step(bool isEnd)
    {
        switch (_deferral.Next(_world.NowUs, isEnd ? long.MaxValue : _world.NowUs))
        {
            case DeferralStep.Compute:
                int slot = _kept.Slot(_deferral.Index);
                long arrivedUs = _kept.ArrivedUs(_deferral.Index);
                _kept.RemoveAt(_deferral.Index);
                Release(slot);
                _board.ComputeKept(_inputs[slot], _draws[slot], arrivedUs);
                return true;
            case DeferralStep.Send:
                IsBusy = true;
                if (_deferral.IsReport) _connection.BeginReport();
                Do(_batch.Begin(_deferral.IsReport, _world.NowUs));
                return true;
            default: return false;
        }
    }

    /// <summary>Reports a link that may be usable now, or the end of the wait for one.</summary>
    public void OnRadio()
    {
        InputAction action = _batch.OnRadio(_world.NowUs);
        if (action != InputAction.AwaitRadio) _connection.EndReport();
        Do(action);
    }

    /// <summary>Reports accepted answers.</summary>
    public void OnAnswers()
    {
        while (_request.HasAnswer)
        {
            InputAction action = _batch.OnAnswer(_request.Answer, _request.AnsweredAtUs);
            _request.Release();
            Do(action);
        }
    }

    /// <summary>Reports the end of a wait for answers.</summary>
    public void OnTimeout()
    {
        if (_batch.Action != InputAction.AwaitAnswer) return;
        if (_world.NowUs < _batch.UntilUs)
        {
            Await();
            return;
        }
        _request.Close();
        Do(_batch.OnTimeout(_world.NowUs));
    }

    private void Do(InputAction action)
    {
        long atUs = _world.NowUs;
        for (; action == InputAction.Send; action = _batch.Action) atUs = Send(atUs);
        if (action == InputAction.WakeRadio) _board.Wake(_world.NowUs, _kept.HasResult(0) ? _connection.NextDraws() : _draws[_kept.Slot(0)]);
        else if (action == InputAction.AwaitAnswer) Await();
        else if (action == InputAction.Complete) Complete();
    }

    private long Send(long fromUs)
    {
        if (_batch.IsResult) return SendResult(fromUs);
        int slot = _kept.Slot(_batch.Index);
        LengthCount input = _inputs[slot];
        if (_airFreeUs < fromUs) _airFreeUs = fromUs;
        long sentUs = fromUs + (long)_board.Costs.EncodeUs(input.Length);
        uint sequence = _batch.IsAlone ? _request.Open(fromUs) : _request.OpenFurther(fromUs);
        int link = _board.Links.SlotOf(_batch.Decision.Gateway.Id);
        int budgetUs = _batch.Decision.BudgetUs;
        uint number = _kept.Input(_batch.Index);
        // A repeat is another message, with random draws of its own.
        bool isRepeat = _kept.WasSent(_batch.Index);
        _batch.OnSent(sequence, fromUs, sentUs, _flow.ResultsAtGateway ? RequestFrame.DeliverySize : 0);
        // Requests leave one after the other.
        long leftUs = Math.Max(_airFreeUs, sentUs + (long)_board.Costs.PublishUs) + (long)_board.Costs.AirUs(_world.RequestSize(input.Length));
        _airFreeUs = leftUs;
        SimRequest? request = _board.Transmit(input, isRepeat ? _connection.NextDraws() : _draws[slot], link, sequence, budgetUs, sentUs, leftUs, false);
        if (request != null) _board.SetIdentity(request, number, isRepeat);
        return sentUs;
    }

    /// <summary>Sends an own result. Writing it takes as long as a request of one timestep.</summary>
    private long SendResult(long fromUs)
    {
        if (_airFreeUs < fromUs) _airFreeUs = fromUs;
        long sentUs = fromUs + (long)_board.Costs.EncodeUs(1);
        uint sequence = _batch.IsAlone ? _request.Open(fromUs) : _request.OpenFurther(fromUs);
        int index = _batch.Index;
        var result = new ResultFrame
        {
            Session = _request.Session, Sequence = sequence, Origin = _kept.OriginOf(index), Input = _kept.Input(index), Length = _kept.Length(index),
            Target = _kept.Target(index), IsRepeat = _kept.WasSent(index),
        };
        int link = _board.Links.SlotOf(_batch.Decision.Gateway.Id);
        _batch.OnSent(sequence, fromUs, sentUs, 0);
        long leftUs = Math.Max(_airFreeUs, sentUs + (long)_board.Costs.PublishUs) + (long)_board.Costs.AirUs(ResultFrame.HeaderSize);
        _airFreeUs = leftUs;
        if (_board.Transmit(s_result, _connection.NextDraws(), link, sequence, 0, sentUs, leftUs, false) is not { } request) return sentUs;
        _board.SetIdentity(request, result.Input, result.IsRepeat);
        request.Frame.WantsReceipt = false;
        request.SizeBytes = ResultFrame.HeaderSize;
        request.Result = result;
        return sentUs;
    }

    private void Await() => _world.Events.Add(_batch.UntilUs, EventKind.Timeout, _board.Index, 0, _request.Sequence);

    private void Complete()
    {
        RunTally tally = _world.Tally;
        _request.Close();
        int answered = _batch.AnsweredCount;
        if (answered > 0) tally.EnergyUj += _batch.Timeline.EnergyNj(_flow.Power) / 1000.0;
        // The schedule counts the inputs that were kept before the batch.
        _deferral.OnBatch(answered + _batch.DeliveredCount, _world.NowUs);
        for (int slot = _batch.TakeResult(_result); slot >= 0; slot = _batch.TakeResult(_result))
        {
            tally.AtGateways++;
            _board.Count(_inputs[slot].Length, true, _result.TimeUs, isUrgent: false);
            Release(slot);
        }
        IsBusy = false;
        _board.OnBatchEnd();
    }

    private void Release(int slot) => _keptBytes -= _inputs[slot].Length * _world.Setup.Set.BytesPerStep;
}

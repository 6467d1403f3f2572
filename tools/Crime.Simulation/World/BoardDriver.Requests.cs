// The requests of a board: on their way out, their answers, and the hedges against late answers.

using System;
using Crime.Frames;
using Crime.Node;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;

namespace Crime.Simulation.World;

internal sealed partial class BoardDriver
{
    /// <summary>An answer arrives.</summary>
    public void OnAnswer(SimRequest request)
    {
        request.CopyTo(_request.Incoming);
        double airUs = Costs.AirUs(request.SizeBytes);
        double linkUs = NowUs - request.SentUs - request.Answer.WaitUs - request.Answer.ServiceUs - airUs;
        int slot = request.Slot;
        _world.Return(request);
        if (!_request.TryAccept(NowUs))
        {
            _flow.Counters.LateAnswers++;
            _flow.Hedge.OnLate(_request.Incoming, _request.Session, NowUs);
            _flow.Background.OnReceived(1, NowUs, NowUs);
            return;
        }
        Links.ReceiveStatuses();
        if (_batches is { IsBusy: true })
        {
            _batches.OnAnswers();
            return;
        }
        Links.MeasuredRttUs[slot] = Math.Max(linkUs, 0);
        // A board that computes sees it after the slice, and one that writes another request once that has left.
        if (_flow.Hedge.IsRunning) return;
        if (NowUs < _leftUs) _world.Events.Add(_leftUs, EventKind.Hedge, Index, 0, _request.Sequence);
        else ReadAnswer();
    }

    private void ReadAnswer() => Do(_flow.OnAnswer(_request.Answer, _request.AnsweredAtUs, NowUs), NowUs);

    /// <summary>The answer is later than forecast: the board starts to compute.</summary>
    /// <param name="sequence">Number of the request.</param>
    public void OnHedge(uint sequence)
    {
        if (sequence != _request.Sequence || _flow.Action != InputAction.AwaitAnswer || NowUs < _leftUs) return;
        Links.ReceiveStatuses();
        if (_request.HasAnswer)
        {
            ReadAnswer();
            return;
        }
        InputAction action = _flow.OnHedge(NowUs);
        if (action == InputAction.AwaitAnswer) AwaitAnswer(NowUs);
        // A board that sends has decided again.
        else Do(action, NowUs + (action == InputAction.Send ? _decisionUs : 0));
    }

    /// <summary>The time to wait for an answer ends.</summary>
    /// <param name="sequence">Number of the request.</param>
    public void OnTimeout(uint sequence)
    {
        if (sequence != _request.Sequence) return;
        if (_batches is { IsBusy: true })
        {
            _batches.OnTimeout();
            return;
        }
        if (!_request.Close()) return;
        Links.ReceiveStatuses();
        InputAction action = _flow.OnTimeout(NowUs);
        _connection.SendPings();
        Do(action, NowUs);
    }

    private void Send(long fromUs)
    {
        int length = Input.Length, sizeBytes = _world.RequestSize(length), slot = Links.SlotOf(_flow.Decision.Gateway.Id);
        long sentUs = fromUs + (long)Costs.EncodeUs(length);
        uint sequence = _flow.Hedge.IsRepeated ? _request.OpenFurther(fromUs) : _request.Open(fromUs);
        bool isRepeat = _flow.ResultsAtGateway && _flow.WasSent;
        _flow.OnSent(fromUs, sentUs, _flow.ResultsAtGateway ? RequestFrame.DeliverySize : 0);
        AwaitAnswer(sentUs);
        double leftUs = sentUs + (Costs.PublishUs + Costs.AirUs(sizeBytes));
        _leftUs = (long)leftUs;
        if (_request.HasAnswer) _world.Events.Add(_leftUs, EventKind.Hedge, Index, 0, sequence);
        SimRequest? request = Transmit(Input, isRepeat ? _connection.NextDraws() : Draws, slot, sequence, _flow.Decision.BudgetUs, sentUs, leftUs, true);
        if (request != null) SetIdentity(request, _inputCount, isRepeat);
    }

    /// <summary>Schedules the end of the wait. A board waits in whole ms.</summary>
    private void AwaitAnswer(long fromUs)
    {
        long waitUs = (_flow.UntilUs - fromUs + 999) / 1000 * 1000;
        _world.Events.Add(fromUs + waitUs, _flow.Hedge.IsPlanned ? EventKind.Hedge : EventKind.Timeout, Index, 0, _request.Sequence);
    }

    /// <summary>Sends a request on its way.</summary>
    /// <param name="input">The input.</param>
    /// <param name="draws">Its random draws.</param>
    /// <param name="slot">The link.</param>
    /// <param name="sequence">Sequence number of the request.</param>
    /// <param name="budgetUs">Its latency budget in µs.</param>
    /// <param name="sentUs">Time in µs at which the MQTT client had it.</param>
    /// <param name="leftUs">Time in µs at which the radio has transmitted it.</param>
    /// <param name="isDirected">True when the policy names the gateway that has to compute.</param>
    /// <returns>The request; null when it is lost.</returns>
    public SimRequest? Transmit(LengthCount input, Draws draws, int slot, uint sequence, int budgetUs, long sentUs, double leftUs, bool isDirected)
    {
        // The message is lost, and the board waits for its time-out.
        if (Links.IsDown(slot)) return null;
        SimRequest request = _world.Rent(Index, slot, _request.Session, sequence, draws);
        request.Input = input;
        request.SentUs = sentUs;
        request.SizeBytes = _world.RequestSize(input.Length);
        request.Frame.ModelId = SimWorld.ModelId;
        request.Frame.Length = input.Length;
        request.Frame.BudgetUs = (uint)budgetUs;
        if (isDirected) _directed?.Direct(request);
        double wayUs = Links.WayUs(slot, _world.RequestSize(input.Length), draws);
        _world.Events.Add((long)(leftUs + wayUs), EventKind.Request, Links.GatewayAt(slot).Index, request.Index);
        return request;
    }

    /// <summary>Cancels the request that the board's own result has overtaken.</summary>
    private void Cancel()
    {
        int slot = Links.SlotOf(_flow.Hedge.CancelGateway.Id);
        uint sequence = _flow.Hedge.CancelSequence;
        _flow.Hedge.OnCancelled(_connection.IsUp, NowUs);
        // The request may be lost: the engine looks for its time-out.
        if (_connection.IsUp) _connection.SendPings();
        if (!_connection.IsUp || Links.IsDown(slot)) return;
        SimRequest cancel = _world.Rent(Index, slot, _request.Session, sequence, Draws);
        double wayUs = Costs.PublishUs + Costs.AirUs(CancelFrame.Size) + Links.WayUs(slot, CancelFrame.Size, Draws);
        _world.Events.Add(NowUs + (long)wayUs, EventKind.Cancel, Links.GatewayAt(slot).Index, cancel.Index);
    }
}

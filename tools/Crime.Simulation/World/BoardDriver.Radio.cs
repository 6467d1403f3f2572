// The radio of a duty-cycled board: it comes up for inputs and reports, and goes off between them.

using System;
using Crime.Node;
using Crime.Simulation.Events;

namespace Crime.Simulation.World;

internal sealed partial class BoardDriver
{
    /// <summary>The radio has come up.</summary>
    /// <param name="wake">Number of the wake.</param>
    public void OnRadioUp(uint wake)
    {
        if (wake == _wakes) _connection.ConnectAndPing();
    }

    /// <summary>The time to wait for a usable gateway ends.</summary>
    /// <param name="wake">Number of the wake.</param>
    public void OnWakeLimit(uint wake)
    {
        if (wake == _wakes) OnLinkChanged();
    }

    /// <summary>Serves kept inputs and reports of a duty-cycled board, or switches its radio off.</summary>
    private void Continue()
    {
        if (_batches != null && _batches.Step(NowUs >= _replayEndUs)) return;
        if (_radio == null)
        {
            EndAssociated();
            return;
        }
        SwitchRadioOff(_radio);
        if (_isRefreshing) return;
        long lookUs = Math.Min(Math.Min(_batches?.NextUs ?? long.MaxValue, _radio.ReportAtUs), _replayEndUs);
        if (_hasEnded && _batches is null or { IsEmpty: true } && (_lastReportUs == long.MaxValue || _radio.ReportAtUs > _lastReportUs))
        {
            if (!_isDone) _world.OnBoardDone();
            _isDone = true;
            return;
        }
        if (lookUs < long.MaxValue) _world.Events.Add(Math.Max(lookUs, NowUs), EventKind.Look, Index, 0, ++_looks);
    }

    /// <summary>Switches the radio of a duty-cycled board off, or on when a refresh is due.</summary>
    private void SwitchRadioOff(RadioSchedule radio)
    {
        _isRefreshing = _flow.Wakes.IsDue(NowUs);
        if (_isRefreshing)
        {
            Refresh(radio);
            return;
        }
        radio.OnDown(NowUs);
        _connection.Leave();
        _wakes++;
    }

    /// <summary>Brings the radio up to report, or to learn of gateways.</summary>
    private void Refresh(RadioSchedule radio)
    {
        if (radio.IsReportDue(NowUs)) _connection.BeginReport();
        radio.Wake(NowUs);
        Wake(NowUs, _connection.NextDraws());
    }

    /// <summary>Schedules the time at which the radio comes up.</summary>
    /// <param name="fromUs">Time in µs at which it is switched on.</param>
    /// <param name="draws">Random draws of the input that needs it.</param>
    public void Wake(long fromUs, Draws draws)
    {
        _wakes++;
        double us = Costs.AssociateUs * draws.Factor(Draws.RadioUp, _world.Setup.AssociateNoiseSigma) + Links.ConnectUs();
        _world.Events.Add(fromUs + (long)us, EventKind.RadioUp, Index, 0, _wakes);
        _world.Events.Add(_radio!.UntilUs, EventKind.WakeLimit, Index, 0, _wakes);
    }

    /// <summary>Reports a link that may be usable now, or the end of the wait for one.</summary>
    private void OnLinkChanged()
    {
        if (_isRefreshing)
        {
            if (_radio!.Poll(NowUs) == WakeState.Waking) return;
            _flow.Wakes.OnDone(NowUs);
            _isRefreshing = false;
            _connection.EndReport();
            Continue();
        }
        else if (_batches is { IsWaking: true })
        {
            _batches.OnRadio();
        }
        else if (_flow.Action is InputAction.WakeRadio or InputAction.AwaitRadio)
        {
            // A policy that names a gateway waits for that one.
            if (_directed is { IsReachable: false } && NowUs < _flow.UntilUs) return;
            Do(_flow.OnRadio(NowUs), NowUs);
        }
    }
}

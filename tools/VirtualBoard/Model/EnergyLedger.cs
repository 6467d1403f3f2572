// The energy that a virtual board really spends: a floor that its radio and its sleep decide, and on top of it every interval
// in which it computed, transmitted or listened. This is what its INA219 measures; the firmware's own modelled meter knows
// nothing of it.

using System;
using System.Collections.Generic;

namespace Crime.VirtualBoard.Model;

/// <summary>Power over time.</summary>
internal sealed class EnergyLedger
{
    // Intervals older than this are folded into a sum: sensors look back a few ms.
    private const long HistoryUs = 1_000_000;

    private readonly object _lock = new();
    private readonly LinkedList<(long StartUs, long EndUs, double ExtraMw)> _recent = [];
    private readonly BoardProfile _profile;
    private readonly List<(long StartUs, double Mw)> _floors = [];

    // Apart in time, the earliest first.
    private readonly List<(long StartUs, long EndUs)> _listening = [];
    private bool _canListen;
    private double _foldedNj;

    /// <summary>Starts the ledger of a board.</summary>
    public EnergyLedger(BoardProfile profile)
    {
        _profile = profile;
        _floors.Add((0, profile.RadioOffMw));
    }

    private double ListenExtraMw => _profile.ReceiveMw - _profile.WaitMw;

    /// <summary>What the board draws at least, from a time on.</summary>
    /// <param name="fromUs">The time.</param>
    /// <param name="powerMw">The power.</param>
    /// <param name="canListen">Whether the radio is on, so that it may listen.</param>
    public void SetFloor(long fromUs, double powerMw, bool canListen = false)
    {
        lock (_lock)
        {
            while (_floors.Count > 1 && _floors[1].StartUs < fromUs - HistoryUs)
            {
                _foldedNj += _floors[0].Mw * (_floors[1].StartUs - _floors[0].StartUs);
                _floors.RemoveAt(0);
            }
            _floors.Add((Math.Max(fromUs, _floors[^1].StartUs), powerMw));
            _canListen = canListen;
            if (!canListen) ListenNoLongerThan(fromUs);
        }
    }

    /// <summary>The CPU computed.</summary>
    public void AddCompute(long startUs, long endUs)
    {
        lock (_lock) Add(startUs, endUs, _profile.ComputeMw - _profile.WaitMw);
    }

    /// <summary>The radio transmitted: meanwhile it did not listen, nor will it at a beacon for which it was to wake.</summary>
    public void AddTransmit(long startUs, long endUs)
    {
        lock (_lock)
        {
            ListenNoLongerThan(startUs);
            Add(startUs, endUs, _profile.TransmitMw - _profile.WaitMw);
        }
    }

    /// <summary>A radio that else dozes listens; of this only what is later than all that it listened already.</summary>
    public void AddListen(long startUs, long endUs)
    {
        lock (_lock)
        {
            if (!_canListen || endUs <= startUs) return;
            int last = _listening.Count - 1;
            if (last >= 0 && startUs <= _listening[last].EndUs)
            {
                _listening[last] = (_listening[last].StartUs, Math.Max(_listening[last].EndUs, endUs));
                return;
            }
            _listening.Add((startUs, endUs));
            while (_listening[0].EndUs < startUs - HistoryUs)
            {
                _foldedNj += ListenExtraMw * (_listening[0].EndUs - _listening[0].StartUs);
                _listening.RemoveAt(0);
            }
        }
    }

    /// <summary>Energy in µJ from the start to a time.</summary>
    public double EnergyUj(long untilUs)
    {
        lock (_lock)
        {
            double nanojoules = _foldedNj;
            for (int i = 0; i < _floors.Count; i++)
            {
                long end = i + 1 < _floors.Count ? Math.Min(_floors[i + 1].StartUs, untilUs) : untilUs;
                nanojoules += _floors[i].Mw * Math.Max(0, end - _floors[i].StartUs);
            }
            foreach (var (start, end, extra) in _recent) nanojoules += extra * Math.Max(0, Math.Min(end, untilUs) - start);
            foreach (var (start, end) in _listening) nanojoules += ListenExtraMw * Math.Max(0, Math.Min(end, untilUs) - start);
            return nanojoules / 1000;
        }
    }

    /// <summary>Mean power in mW over a time.</summary>
    public double MeanPowerMw(long fromUs, long untilUs) => (EnergyUj(untilUs) - EnergyUj(fromUs)) * 1000 / (untilUs - fromUs);

    private void ListenNoLongerThan(long untilUs)
    {
        for (int last = _listening.Count - 1; last >= 0 && _listening[last].EndUs > untilUs; last--)
        {
            var (start, _) = _listening[last];
            _listening.RemoveAt(last);
            if (start < untilUs) _listening.Add((start, untilUs));
        }
    }

    private void Add(long startUs, long endUs, double extraMw)
    {
        if (endUs <= startUs) return;
        _recent.AddLast((startUs, endUs, extraMw));
        while (_recent.First is { } first && first.Value.EndUs < endUs - HistoryUs)
        {
            _foldedNj += first.Value.ExtraMw * (first.Value.EndUs - first.Value.StartUs);
            _recent.RemoveFirst();
        }
    }
}

// The energy that a virtual board really spends: a floor of waiting, and on top of it every interval in which it computed or
// transmitted. This is what its INA219 measures; the firmware's own modelled meter knows nothing of it.

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
    private double _foldedNj;

    /// <summary>Starts the ledger of a board.</summary>
    public EnergyLedger(BoardProfile profile) => _profile = profile;

    /// <summary>The CPU computed.</summary>
    public void AddCompute(long startUs, long endUs) => Add(startUs, endUs, _profile.ComputeMw - _profile.WaitMw);

    /// <summary>The radio transmitted.</summary>
    public void AddTransmit(long startUs, long endUs) => Add(startUs, endUs, _profile.TransmitMw - _profile.WaitMw);

    /// <summary>Energy in µJ from the start to a time.</summary>
    public double EnergyUj(long untilUs)
    {
        lock (_lock)
        {
            double nanojoules = _profile.WaitMw * untilUs + _foldedNj;
            foreach (var (start, end, extra) in _recent) nanojoules += extra * Math.Max(0, Math.Min(end, untilUs) - start);
            return nanojoules / 1000;
        }
    }

    /// <summary>Mean power in mW over a time.</summary>
    public double MeanPowerMw(long fromUs, long untilUs) => (EnergyUj(untilUs) - EnergyUj(fromUs)) * 1000 / (untilUs - fromUs);

    private void Add(long startUs, long endUs, double extraMw)
    {
        if (endUs <= startUs) return;
        lock (_lock)
        {
            _recent.AddLast((startUs, endUs, extraMw));
            while (_recent.First is { } first && first.Value.EndUs < endUs - HistoryUs)
            {
                _foldedNj += first.Value.ExtraMw * (first.Value.EndUs - first.Value.StartUs);
                _recent.RemoveFirst();
            }
        }
    }
}

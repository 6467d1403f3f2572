// The Wi-Fi of a virtual board: how long a message is on the air, how long it takes through the access point, and how long
// an answer waits there until the dozing radio wakes for the next beacon. The TCP connection behind it is real.

using System;

namespace Crime.VirtualBoard.Model;

/// <summary>Delays of a board's radio.</summary>
internal sealed class Radio
{
    private readonly BoardProfile _profile;
    private readonly BoardClock _clock;
    private readonly EnergyLedger _ledger;
    private readonly LinkConditions _conditions;
    private readonly double _beaconPhaseUs;
    private long _airFreeAtUs;

    /// <summary>Makes the radio of a board.</summary>
    public Radio(BoardProfile profile, BoardClock clock, EnergyLedger ledger, LinkConditions conditions, double beaconPhase)
    {
        _profile = profile;
        _clock = clock;
        _ledger = ledger;
        _conditions = conditions;
        _beaconPhaseUs = beaconPhase * profile.BeaconIntervalUs;
    }

    /// <summary>Sends a message.</summary>
    /// <param name="byteCount">Its bytes.</param>
    /// <returns>When it has left the access point, in the board's time.</returns>
    public long Transmit(int byteCount)
    {
        long start = Math.Max(_clock.NowUs(), _airFreeAtUs);
        long end = start + (long)(_profile.TransmitOverheadUs + byteCount * _profile.TransmitNsPerByte / 1000);
        _airFreeAtUs = end;
        _ledger.AddTransmit(start, end);
        return end + DelayUs;
    }

    /// <summary>When a message that reaches the access point now reaches the board.</summary>
    public long ReceiveAt(long arrivedAtUs)
    {
        double interval = _profile.BeaconIntervalUs;
        double at = arrivedAtUs + DelayUs;
        if (interval > 0) at = _beaconPhaseUs + Math.Ceiling((at - _beaconPhaseUs) / interval) * interval;
        return (long)at;
    }

    private long DelayUs => (long)(_profile.LinkDelayUs + _conditions.ExtraDelayMs * 1000);
}

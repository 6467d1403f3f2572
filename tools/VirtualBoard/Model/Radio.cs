// The Wi-Fi of a virtual board: how long a message is on the air, how long it takes through the access point, and how long
// one waits there that comes while the radio dozes. A dozing radio listens on for a while after it has sent or received; what
// comes later waits for the next beacon. The TCP connection behind it is real.

using System;

namespace Crime.VirtualBoard.Model;

/// <summary>Delays of a board's radio. Any thread may call it.</summary>
internal sealed class Radio
{
    private readonly object _lock = new();
    private readonly BoardProfile _profile;
    private readonly BoardClock _clock;
    private readonly EnergyLedger _ledger;
    private readonly LinkConditions _conditions;
    private readonly double _beaconPhaseUs;
    private long _airFreeAtUs;

    // The last time that the radio listens, or will once the next beacon has come.
    private long _listensFromUs = -1;
    private long _listensUntilUs = -1;

    /// <summary>Makes the radio of a board.</summary>
    public Radio(BoardProfile profile, BoardClock clock, EnergyLedger ledger, LinkConditions conditions, double beaconPhase)
    {
        _profile = profile;
        _clock = clock;
        _ledger = ledger;
        _conditions = conditions;
        _beaconPhaseUs = beaconPhase * profile.BeaconIntervalUs;
    }

    /// <summary>Sends a message now: see <see cref="Transmit(int, long)"/>.</summary>
    /// <param name="byteCount">Its bytes.</param>
    public long Transmit(int byteCount) => Transmit(byteCount, _clock.NowUs());

    /// <summary>Sends a message, and listens on after it; what waits at the access point is then to be asked for again.</summary>
    /// <param name="byteCount">Its bytes.</param>
    /// <param name="atUs">When the radio gets it, in the board's time.</param>
    /// <returns>When it has left the access point, in the board's time.</returns>
    public long Transmit(int byteCount, long atUs)
    {
        lock (_lock)
        {
            long start = Math.Max(atUs, _airFreeAtUs);
            long end = start + (long)(_profile.TransmitOverheadUs + byteCount * _profile.TransmitNsPerByte / 1000);
            _airFreeAtUs = end;
            _ledger.AddTransmit(start, end);
            // Who sends is awake now, whichever beacon it was to wake for.
            if (end < _listensFromUs) _listensUntilUs = -1;
            ListenOn(end);
            return end + DelayUs;
        }
    }

    /// <summary>
    /// When a message that reaches the access point reaches the board: at once while the radio listens, else at the next beacon. One that
    /// still waits there when the board sends comes then: ask again, for all that wait, in their order.
    /// </summary>
    /// <param name="arrivedAtUs">When it reached the access point, in the board's time.</param>
    public long ReceiveAt(long arrivedAtUs)
    {
        lock (_lock)
        {
            long at = EndOfWait(arrivedAtUs + DelayUs);
            ListenOn(at);
            return at;
        }
    }

    /// <summary>As <see cref="ReceiveAt"/>, for an acknowledgement without data: the radio does not listen longer because of it.</summary>
    /// <param name="arrivedAtUs">When it reaches the access point, in the board's time.</param>
    public long ReceiveAckAt(long arrivedAtUs)
    {
        lock (_lock) return EndOfWait(arrivedAtUs + DelayUs);
    }

    private long EndOfWait(long atUs)
    {
        double interval = _profile.BeaconIntervalUs;
        if (interval == 0) return atUs;
        return atUs <= _listensUntilUs
            ? Math.Max(atUs, _listensFromUs)
            : (long)(_beaconPhaseUs + Math.Ceiling((atUs - _beaconPhaseUs) / interval) * interval);
    }

    private long DelayUs => (long)(_profile.LinkDelayUs + _conditions.ExtraDelayMs * 1000);

    private void ListenOn(long fromUs)
    {
        if (_profile.BeaconIntervalUs == 0) return;
        if (fromUs > _listensUntilUs) _listensFromUs = fromUs;
        _listensUntilUs = Math.Max(_listensUntilUs, fromUs + (long)_profile.ListenOnUs);
        _ledger.AddListen(fromUs, fromUs + (long)_profile.ListenOnUs);
    }
}

// The sending half of the board's TCP connection. lwIP runs Nagle's algorithm, because nanoFramework's sockets do not set
// TCP_NODELAY: a segment that is not full waits until all earlier data are acknowledged. The peer delays its acknowledgements. So a
// second small write without an answer in between leaves about a delayed acknowledgement later than the first.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.VirtualBoard.Model;

/// <summary>Decides when written bytes leave. Its owner serialises the calls. Times are µs on the board's clock.</summary>
/// <remarks>
/// Not modelled: the quick acknowledgements of Linux at the start of a connection (the peer's first answer ends them), the send window, lost
/// segments, and the energy of bare acknowledgements in either direction.
/// </remarks>
internal sealed class TcpSender
{
    private readonly int _segmentSize;
    private readonly long _delayedAckUs;
    private readonly Func<int, long, long> _transmit;
    private readonly Func<long, long> _receiveAt;
    private readonly List<Burst> _outstanding = [];
    private int _heldSize;
    private long _heldSinceUs;

    /// <summary>Prepares a connection on which nothing is outstanding.</summary>
    /// <param name="profile">The board, with its segment size and its peer's delayed acknowledgement.</param>
    /// <param name="transmit">Transmits bytes, from a time on; returns when they reach the peer.</param>
    /// <param name="receiveAt">Returns when what the peer sends at a time reaches the board.</param>
    public TcpSender(BoardProfile profile, Func<int, long, long> transmit, Func<long, long> receiveAt)
    {
        _segmentSize = profile.TcpSegmentSize;
        _delayedAckUs = (long)profile.PeerDelayedAckUs;
        _transmit = transmit;
        _receiveAt = receiveAt;
    }

    /// <summary>When the bytes that are held back leave if the peer sends nothing before; <see cref="long.MaxValue"/> when none are.</summary>
    public long ReleaseAtUs => _heldSize == 0
        ? long.MaxValue : Math.Max(_heldSinceUs, _outstanding.Select(burst => burst.AcknowledgedAtUs).DefaultIfEmpty().Max());

    /// <summary>The application writes. Full segments leave at once, the rest when nothing is unacknowledged.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="nowUs">When.</param>
    public void Write(int size, long nowUs)
    {
        Advance(nowUs);
        _outstanding.RemoveAll(burst => burst.AcknowledgedAtUs <= nowUs);
        if (_heldSize == 0) _heldSinceUs = nowUs;
        _heldSize += size;
        int full = _heldSize / _segmentSize * _segmentSize;
        if (full > 0)
        {
            Send(full, nowUs);
            _heldSinceUs = nowUs;
        }
        if (_heldSize > 0 && _outstanding.Count == 0) Send(_heldSize, nowUs);
    }

    /// <summary>Lets held bytes leave if their time has come; they leave at that time, even when the call is late.</summary>
    /// <param name="nowUs">The time now.</param>
    public void Advance(long nowUs)
    {
        long atUs = ReleaseAtUs;
        if (atUs > nowUs) return;
        _outstanding.Clear();
        Send(_heldSize, atUs);
    }

    /// <summary>The peer has sent data: they acknowledge all that had reached it.</summary>
    /// <param name="sentAtUs">When the peer sent them.</param>
    /// <param name="receivedAtUs">When they reach the board.</param>
    public void OnData(long sentAtUs, long receivedAtUs)
    {
        foreach (Burst burst in _outstanding.Where(burst => burst.ReachesPeerAtUs <= sentAtUs))
            burst.AcknowledgedAtUs = Math.Min(burst.AcknowledgedAtUs, receivedAtUs);
    }

    private void Send(int size, long atUs)
    {
        long reachesPeerAtUs = _transmit(size, atUs);
        _heldSize -= size;
        List<Burst> waiting = _outstanding.FindAll(burst => burst.AckLeavesAtUs >= reachesPeerAtUs);
        var sent = new Burst(size, reachesPeerAtUs);
        // Two full segments are acknowledged at once. Otherwise the timer runs that the first unacknowledged byte has started.
        bool isAtOnce = waiting.Sum(burst => burst.Size) + size >= 2 * _segmentSize;
        sent.AckLeavesAtUs = isAtOnce ? reachesPeerAtUs : waiting.Count > 0 ? waiting[0].AckLeavesAtUs : reachesPeerAtUs + _delayedAckUs;
        waiting.Add(sent);
        foreach (Burst burst in waiting)
        {
            burst.AckLeavesAtUs = Math.Min(burst.AckLeavesAtUs, sent.AckLeavesAtUs);
            burst.AcknowledgedAtUs = Math.Min(burst.AcknowledgedAtUs, _receiveAt(burst.AckLeavesAtUs));
        }
        _outstanding.Add(sent);
    }

    /// <summary>Segments that left together.</summary>
    private sealed class Burst(int size, long reachesPeerAtUs)
    {
        public int Size { get; } = size;

        public long ReachesPeerAtUs { get; } = reachesPeerAtUs;

        /// <summary>When the peer acknowledges them without data of its own.</summary>
        public long AckLeavesAtUs { get; set; } = long.MaxValue;

        /// <summary>When the board has the acknowledgement.</summary>
        public long AcknowledgedAtUs { get; set; } = long.MaxValue;
    }
}

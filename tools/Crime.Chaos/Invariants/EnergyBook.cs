// The time of a board in each of its states for one input, taken from the events of the scheduler. At the end of the input it is compared
// with the timeline that the board's own core has kept.

using System;
using Crime.Costs;
using Crime.Node;

namespace Crime.Chaos.Invariants;

/// <summary>State of a board during an input.</summary>
internal enum BoardState
{
    /// <summary>It computes, or writes a request.</summary>
    Computes,

    /// <summary>It waits.</summary>
    Waits,

    /// <summary>It waits for the answer to a request.</summary>
    Requests,

    /// <summary>Its radio comes up.</summary>
    Wakes,
}

/// <summary>The books of one input.</summary>
internal sealed class EnergyBook
{
    private readonly string _board;
    private readonly PowerProfile _power;
    private readonly long[] _us = new long[4];
    private long _transmitUs;
    private long _listenUs;
    private long _sinceUs;
    private long _leftUs;
    private BoardState _state;

    /// <summary>Opens the books of a board.</summary>
    public EnergyBook(string board, PowerProfile power)
    {
        _board = board;
        _power = power;
    }

    /// <summary>Time in µs at which the present state began.</summary>
    public long SinceUs => _sinceUs;

    /// <summary>Begins an input.</summary>
    public void Begin(long nowUs)
    {
        Array.Clear(_us);
        _transmitUs = _listenUs = 0;
        _sinceUs = nowUs;
        _state = BoardState.Waits;
    }

    /// <summary>The board changes its state.</summary>
    public void Enter(BoardState state, long nowUs)
    {
        _us[(int)_state] += nowUs - _sinceUs;
        _sinceUs = nowUs;
        _state = state;
    }

    /// <summary>A request ends: its air time was no waiting, and the radio has listened for a while.</summary>
    /// <param name="airUs">Its air time.</param>
    /// <param name="isAnswered">False at a time-out.</param>
    /// <param name="nowUs">The time.</param>
    public void EndRequest(int airUs, bool isAnswered, long nowUs)
    {
        long waitedUs = nowUs - _sinceUs - airUs;
        Enter(BoardState.Waits, nowUs);
        long clientUs = Math.Min(_power.SendUs + (isAnswered ? _power.ReceiveUs : 0), waitedUs);
        _us[(int)BoardState.Requests] -= airUs + clientUs;
        _us[(int)BoardState.Computes] += clientUs;
        _transmitUs += airUs;
        _listenUs += Math.Min(waitedUs, _power.MinActiveUs) + (isAnswered ? _power.MinActiveUs : 0);
    }

    /// <summary>The board computes while its request is open: its air time was no waiting.</summary>
    /// <param name="airUs">Its air time.</param>
    /// <param name="nowUs">The time.</param>
    public void StartHedge(int airUs, long nowUs)
    {
        _leftUs = _sinceUs + airUs;
        long clientUs = Math.Min(_power.SendUs, nowUs - _leftUs);
        Enter(BoardState.Computes, nowUs);
        _us[(int)BoardState.Requests] -= airUs + clientUs;
        _us[(int)BoardState.Computes] += clientUs;
        _transmitUs += airUs;
    }

    /// <summary>The request of a board that computes ends: the radio has listened for a while.</summary>
    /// <param name="isAnswered">False at a time-out, and when the board has its own result.</param>
    /// <param name="endUs">Time of the answer, or of the end.</param>
    public void EndHedge(bool isAnswered, long endUs) =>
        _listenUs += Math.Min(endUs - _leftUs, _power.MinActiveUs) + (isAnswered ? _power.MinActiveUs : 0);

    /// <summary>Compares the books with the core's timeline.</summary>
    /// <exception cref="InvariantException">They differ.</exception>
    public void Check(RadioTimeline timeline, InputResult result, long nowUs)
    {
        Enter(BoardState.Waits, nowUs);
        long computeUs = _us[(int)BoardState.Computes], waitUs = _us[(int)BoardState.Waits] + _us[(int)BoardState.Requests];
        long wakeUs = _us[(int)BoardState.Wakes];
        Compare("computing", computeUs, timeline.ComputeUs);
        Compare("transmitting", _transmitUs, timeline.TransmitUs);
        Compare("waiting", waitUs, timeline.WaitUs);
        Compare("listening", _listenUs, timeline.ListenUs);
        Compare("waking the radio", wakeUs, timeline.WakeUs);
        Compare("the input", computeUs + _transmitUs + waitUs + wakeUs, result.TimeUs);
        int extraMw = _power.MinActiveUs > 0 ? _power.ListenMw - _power.WaitMw : 0;
        long energyNj = computeUs * _power.ComputeMw + _transmitUs * _power.TransmitMw + waitUs * _power.WaitMw
            + _listenUs * extraMw + wakeUs * _power.WakeMw;
        if (energyNj != timeline.EnergyNj(_power))
            throw new InvariantException($"{_board}: the states sum up to {energyNj} nJ, the timeline to {timeline.EnergyNj(_power)} nJ");
    }

    private void Compare(string what, long bookUs, long timelineUs)
    {
        if (bookUs != timelineUs) throw new InvariantException($"{_board}: {what} took {bookUs} us; the timeline has {timelineUs} us");
    }
}

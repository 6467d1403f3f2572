// One batch: the radio comes up, the requests of all kept inputs go out, several of them before the first answer, and the board waits once.
// An input without an answer stays kept.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// State machine of a batch. Each report returns the next action, one of <see cref="InputAction.WakeRadio"/>, <see cref="InputAction.AwaitRadio"/>,
/// <see cref="InputAction.Send"/>, <see cref="InputAction.AwaitAnswer"/> and <see cref="InputAction.Complete"/>. Allocates nothing after the
/// constructor. Used by one thread.
/// </summary>
public sealed class BatchFlow
{
    /// <summary>
    /// Least bound for the bytes of requests under way. The MQTT client has several copies of a message until it is sent: eight requests of 1 KB took 25 KB
    /// of the heap on the real CLR.
    /// </summary>
    public const int LeastInFlightSizeBytes = 2048;

    private readonly int _mostInFlightSizeBytes;

    private readonly InputFlow _flow;
    private readonly KeptInputs _kept;
    private readonly Decision _decision = new Decision();
    private readonly RadioTimeline _timeline = new RadioTimeline();
    private bool _isReport;
    private bool _hasRepeated;
    private int _inFlight;
    private int _inFlightSizeBytes;
    private int _sent;
    private int _received;
    private long _upUs;
    private long _cpuUs;
    private long _endUs;
    private long _listensUntilUs;
    private int _timeoutUs;
    private GatewayCandidate _aloneGateway;
    private uint _aloneSequence;
    private long _aloneSentUs;
    private int _aloneLength;

    /// <summary>Makes the flow of a duty-cycled board.</summary>
    /// <param name="flow">Model, radio and counters of the board.</param>
    /// <param name="kept">The kept inputs.</param>
    /// <param name="keepSizeBytes">Memory for kept inputs in bytes: where it is large, more requests may be under way.</param>
    public BatchFlow(InputFlow flow, KeptInputs kept, int keepSizeBytes)
    {
        _mostInFlightSizeBytes = MostInFlightSizeBytes(keepSizeBytes);
        _flow = flow;
        _kept = kept;
    }

    /// <summary>Most bytes of requests under way, unless there is one only: a quarter of the memory for kept inputs, at least 2048.</summary>
    /// <param name="keepSizeBytes">Memory for kept inputs in bytes.</param>
    public static int MostInFlightSizeBytes(int keepSizeBytes) => keepSizeBytes >> 2 > LeastInFlightSizeBytes ? keepSizeBytes >> 2 : LeastInFlightSizeBytes;

    /// <summary>The action that is in progress.</summary>
    public InputAction Action { get; private set; }

    /// <summary>Index of the kept input of <see cref="InputAction.Send"/>.</summary>
    public int Index { get; private set; }

    /// <summary>Gateway, time-out and latency budget of <see cref="InputAction.Send"/>.</summary>
    public Decision Decision => _decision;

    /// <summary>Deadline in µs of an action that waits.</summary>
    public long UntilUs { get; private set; }

    /// <summary>True when the request of <see cref="InputAction.Send"/> is the only one under way.</summary>
    public bool IsAlone => _inFlight == 0;

    /// <summary>True when <see cref="InputAction.Send"/> is about the board's own result, and not about a request.</summary>
    public bool IsResult => _kept.HasResult(Index);

    /// <summary>Inputs with an answer or a receipt.</summary>
    public int AnsweredCount { get; private set; }

    /// <summary>The board's own results with a receipt.</summary>
    public int DeliveredCount { get; private set; }

    /// <summary>Time per state of the board for the whole batch, after <see cref="InputAction.Complete"/>.</summary>
    public RadioTimeline Timeline => _timeline;

    /// <summary>Starts a batch of all kept inputs.</summary>
    /// <param name="isReport">True when the radio comes up for a report: the wake then belongs to no input.</param>
    /// <param name="nowUs">The time in µs.</param>
    public InputAction Begin(bool isReport, long nowUs)
    {
        _timeline.Reset();
        _isReport = isReport;
        _inFlight = 0;
        _inFlightSizeBytes = 0;
        _sent = 0;
        _received = 0;
        _cpuUs = 0;
        _upUs = nowUs;
        _listensUntilUs = 0;
        AnsweredCount = 0;
        DeliveredCount = 0;
        _hasRepeated = false;
        _kept.Change(KeptState.Kept, KeptState.ToSend);
        if (!_flow.Engine.IsRadioOff) return Next(nowUs);
        _flow.Radio.Wake(nowUs);
        UntilUs = _flow.Radio.UntilUs;
        return Action = InputAction.WakeRadio;
    }

    /// <summary>Reports a change of the link, or the deadline, during <see cref="InputAction.WakeRadio"/> and <see cref="InputAction.AwaitRadio"/>.</summary>
    public InputAction OnRadio(long nowUs)
    {
        WakeState state = _flow.Radio.Poll(nowUs);
        if (state == WakeState.Waking) return Action = InputAction.AwaitRadio;
        long wakeUs = nowUs - _flow.Radio.WakeAtUs;
        _upUs = nowUs;
        if (state == WakeState.Usable)
        {
            if (_isReport) _flow.Background.OnWake(wakeUs);
            else _timeline.WakeUs = wakeUs;
            return Next(nowUs);
        }
        _flow.Background.OnWake(wakeUs);
        if (!_isReport) _flow.Need.OnProbed(_flow.Radio.WakeUj(nowUs), nowUs);
        return Complete(nowUs);
    }

    /// <summary>Reports that the request of the input <see cref="Index"/> was handed to the MQTT client.</summary>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="encodeStartUs">Start of writing it in µs.</param>
    /// <param name="sentUs">End of writing it in µs.</param>
    /// <param name="extraSizeBytes">Bytes of the request beyond header and timesteps: telemetry.</param>
    public InputAction OnSent(uint sequence, long encodeStartUs, long sentUs, int extraSizeBytes)
    {
        MappingEngine engine = _flow.Engine;
        PowerProfile power = _flow.Power;
        int length = _kept.Length(Index), extraAirUs = (int)((long)extraSizeBytes * power.TransmitNsPerByte / 1000);
        bool isResult = IsResult;
        _cpuUs += sentUs - encodeStartUs;
        if (isResult)
        {
            // The link learns from the receipt as from that of a request.
            extraAirUs = power.TransmitUs(ResultFrame.HeaderSize) - engine.TransmitUs(length);
        }
        else
        {
            _flow.Counters.Requests++;
            engine.OnEncoded(length, sentUs - encodeStartUs);
        }
        long airUs = engine.TransmitUs(length) + extraAirUs;
        if (_inFlight == 0)
        {
            // Only a request that goes out alone measures link and queue: a further one also waits for those before it.
            _aloneGateway = _decision.Gateway;
            _aloneSequence = sequence;
            _aloneSentUs = sentUs + extraAirUs;
            _aloneLength = length;
            engine.OnSent(_decision.Gateway, length, sentUs);
        }
        _timeline.TransmitUs += airUs;
        _kept.SetSent(Index, sequence);
        _inFlight++;
        _inFlightSizeBytes += SizeBytes(Index);
        _sent++;
        _timeoutUs = _decision.TimeoutUs;
        UntilUs = sentUs + _timeoutUs;
        Listen(sentUs + airUs);
        return Next(sentUs);
    }

    /// <summary>Reports that a request could not be sent: there is no connection.</summary>
    public InputAction OnNotSent(long nowUs)
    {
        _flow.Engine.OnConnectionChanged(nowUs);
        return Complete(nowUs);
    }

    /// <summary>Reports an answer, which may be a refusal.</summary>
    /// <param name="response">The answer to a request of the batch; see <see cref="OpenRequest"/>.</param>
    /// <param name="answeredAtUs">Time of its arrival in µs.</param>
    public InputAction OnAnswer(ResponseFrame response, long answeredAtUs)
    {
        int index = _kept.IndexOfRequest(response.Sequence);
        if (index < 0) return Action;
        _inFlight--;
        _inFlightSizeBytes -= SizeBytes(index);
        _received++;
        Listen(answeredAtUs);
        // The gateway answers one request after the other: the next answer has the whole time-out again.
        if (answeredAtUs + _timeoutUs > UntilUs) UntilUs = answeredAtUs + _timeoutUs;
        if (response.Sequence == _aloneSequence)
            _flow.Engine.OnResponse(_aloneGateway, response, _aloneLength, answeredAtUs - _aloneSentUs, answeredAtUs);
        if (_kept.HasResult(index) && response.Code == ResponseCode.Accepted)
        {
            DeliveredCount++;
            _kept.SetAnswered(index, _kept.Label(index), 0);
        }
        else if (response.Code == ResponseCode.Ok || response.Code == ResponseCode.Accepted)
        {
            _flow.Counters.Answers++;
            AnsweredCount++;
            _kept.SetAnswered(index, response.Code == ResponseCode.Ok ? response.Label : InputResult.NoLabel, response.ConfidencePerMille);
        }
        else
        {
            _flow.Counters.Refusals++;
            _kept.SetRefused(index);
        }
        return Next(answeredAtUs);
    }

    /// <summary>Reports that the deadline of <see cref="InputAction.AwaitAnswer"/> has passed.</summary>
    public InputAction OnTimeout(long nowUs)
    {
        _flow.Counters.Timeouts += _inFlight;
        if (_flow.ResultsAtGateway && !_hasRepeated)
        {
            // The gateway recognises a repeat, which takes far less energy than a further wake.
            _hasRepeated = true;
            _inFlight = 0;
            _inFlightSizeBytes = 0;
            _kept.Change(KeptState.InFlight, KeptState.ToSend);
            return Next(nowUs);
        }
        _flow.Engine.OnTimeout(_aloneGateway, nowUs);
        return Complete(nowUs);
    }

    /// <summary>
    /// Takes the next answered input out of the kept inputs, after <see cref="InputAction.Complete"/>. The inputs of a batch share its time and energy in
    /// equal parts.
    /// </summary>
    /// <param name="result">Receives the result, apart from energy and background energy.</param>
    /// <returns>Slot of the store that the input had; -1 when no answered input is left.</returns>
    public int TakeResult(InputResult result)
    {
        int index = _kept.IndexOf(KeptState.Answered);
        // The board's own results were reported when they were computed.
        for (; index >= 0 && _kept.HasResult(index); index = _kept.IndexOf(KeptState.Answered)) _kept.RemoveAt(index);
        if (index < 0) return -1;
        int slot = _kept.Slot(index);
        result.Input = _kept.Input(index);
        result.Length = _kept.Length(index);
        result.DoneCount = 0;
        result.Label = _kept.Label(index);
        result.Answer.Begin();
        result.ConfidencePerMille = _kept.ConfidencePerMille(index);
        result.Target = Target.Gateway;
        result.TimeUs = _endUs - _kept.ArrivedUs(index);
        result.ActiveUs = (_endUs - _upUs + _timeline.WakeUs + _timeline.TailUs) / AnsweredCount;
        result.BreakEvenLength = CostLine.Never;
        result.Depth = _decision.IsOffload ? _decision.Gateway.Queue.Depth : 0;
        _kept.RemoveAt(index);
        return slot;
    }

    private InputAction Next(long nowUs)
    {
        if (_inFlight < OpenRequest.MostOpen)
        {
            int index = _kept.IndexOf(KeptState.ToSend);
            if (index >= 0 && (_inFlight == 0 || _inFlightSizeBytes + SizeBytes(index) <= _mostInFlightSizeBytes))
            {
                _flow.Engine.DecideOffload(_kept.Length(index), nowUs, true, _decision);
                if (_decision.IsOffload)
                {
                    Index = index;
                    return Action = InputAction.Send;
                }
                // No gateway is usable any more: the rest stays kept.
                _kept.Change(KeptState.ToSend, KeptState.Kept);
            }
        }
        return _inFlight > 0 ? Action = InputAction.AwaitAnswer : Complete(nowUs);
    }

    private int SizeBytes(int index) => _kept.HasResult(index) ? ResultFrame.HeaderSize : _flow.Engine.RequestSizeBytes(_kept.Length(index));

    /// <summary>Counts the time for which a radio in modem sleep listens after a message. Windows that overlap count once.</summary>
    private void Listen(long fromUs)
    {
        int minActiveUs = _flow.Power.MinActiveUs;
        if (minActiveUs == 0) return;
        long untilUs = fromUs + minActiveUs;
        if (untilUs <= _listensUntilUs) return;
        _timeline.ListenUs += untilUs - (fromUs > _listensUntilUs ? fromUs : _listensUntilUs);
        _listensUntilUs = untilUs;
        _flow.Background.OnInputListening(untilUs);
    }

    private InputAction Complete(long nowUs)
    {
        _kept.Change(KeptState.ToSend, KeptState.Kept);
        _kept.Change(KeptState.InFlight, KeptState.Kept);
        _endUs = nowUs;
        if (_sent > 0)
        {
            PowerProfile power = _flow.Power;
            long cpuUs = _cpuUs + (long)_sent * power.SendUs + (long)_received * power.ReceiveUs, waitUs = nowUs - _upUs - cpuUs - _timeline.TransmitUs;
            _timeline.ComputeUs = cpuUs;
            _timeline.WaitUs = waitUs > 0 ? waitUs : 0;
            if (_listensUntilUs > nowUs) _timeline.TailUs = _listensUntilUs - nowUs;
            _flow.Need.OnInput(_timeline.EnergyNj(power));
        }
        // A batch without an answer has helped no input.
        if (AnsweredCount == 0) _flow.Background.Add(_timeline);
        return Action = InputAction.Complete;
    }
}

// Hedging for time. A board waits for an answer only as long as its forecast is trustworthy; then it has the input done elsewhere as well, by another
// gateway or by itself, and takes the result that is there first. In a race it computes from the start. The request stays open meanwhile, so that an
// answer between two slices of the computation still counts. Nothing is allocated after the constructor.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// Determines what a board does while its request is open, and follows the request beyond the result. Used by the main thread, except for
/// <see cref="OnLate"/>.
/// </summary>
public sealed class Hedge
{
    /// <summary>Timesteps of a slice: the board looks for an answer after each.</summary>
    /// <remarks>An answer waits half a slice for the look, which takes the time of a few hundredths of a timestep. So the least slice is the best.</remarks>
    public const int MaxSteps = 1;

    /// <summary>Quantile of the forecast's error in percent after which a board computes, unless set otherwise.</summary>
    /// <remarks>A twentieth of the answers then come after the start of a computation that was not needed.</remarks>
    public const int DefaultQuantilePercent = 95;

    private readonly object _lock = new object();
    private readonly InputFlow _flow;
    private OpenRequest _request;
    private int _quantile256;
    private bool _races;
    private bool _isRace;
    private long _startAtUs;
    private long _sentAtUs;
    private long _leftAtUs;
    private long _timeoutAtUs;
    private int _length;
    private int _extraAirUs;
    private long _bookedListenUs;

    // The request that was repeated, or overtaken by another result: its late answer still measures the link.
    private MappingEngine _lateEngine;
    private GatewayCandidate _lateGateway;
    private uint _lateSequence;
    private int _lateLength;
    private long _lateSentAtUs;
    private long _lateUntilUs;

    /// <summary>Makes a hedge that is off.</summary>
    /// <param name="flow">The input.</param>
    internal Hedge(InputFlow flow) => _flow = flow;

    /// <summary>True while the deadline of <see cref="InputAction.AwaitAnswer"/> is the start of a computation, and not the time-out.</summary>
    public bool IsPlanned { get; private set; }

    /// <summary>True while the board computes and its request is open.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>True when the engine's decision was the board, and the request was sent in addition.</summary>
    public bool IsLocalChoice { get; private set; }

    /// <summary>True when the request was repeated at another gateway: the driver opens a further request.</summary>
    public bool IsRepeated { get; private set; }

    /// <summary>Gateway that gets a <see cref="CancelFrame"/> after the result, reported by <see cref="OnCancelled"/>; null for none.</summary>
    public GatewayCandidate CancelGateway { get; private set; }

    /// <summary>True when a request was overtaken and has to be cancelled.</summary>
    public bool HasCancel => CancelGateway != null;

    /// <summary>Sequence number of the request to be cancelled.</summary>
    public uint CancelSequence { get; private set; }

    /// <summary>Switches hedging on.</summary>
    /// <param name="request">The request under way, which the drivers open.</param>
    /// <param name="quantilePercent">Quantile of the forecast's error, <see cref="Objective.MinQuantile"/> to <see cref="Objective.MaxQuantile"/>.</param>
    /// <param name="races">True to compute from the start where the outcome is uncertain.</param>
    public void Enable(OpenRequest request, int quantilePercent, bool races)
    {
        _request = request;
        _races = races;
        // A Laplace distribution with the mean absolute error d exceeds x with the probability exp(-x / d) / 2. So the quantile is
        // d * ln(50 / k), where k percent exceed it. The sum is the logarithm: ln((k + 1) / k) = 2 * (1 / m + 1 / (3 * m^3) + ...) with m = 2 * k + 1.
        int sum = 0;
        for (int m = 2 * (100 - quantilePercent) + 1; m < 100; m += 2) sum += (512 << 8) / m + (512 << 8) / (3 * m * m * m);
        _quantile256 = sum >> 8;
    }

    /// <summary>Starts an input.</summary>
    internal void Reset()
    {
        IsPlanned = false;
        IsRunning = false;
        IsLocalChoice = false;
        IsRepeated = false;
        CancelGateway = null;
        _isRace = false;
    }

    /// <summary>Races a whole input where that pays; the decision becomes the gateway of the race then.</summary>
    /// <remarks>
    /// With the forecasts x apart and a mean absolute error d, the second place saves <c>d / 2 * exp(-x / d)</c> on average. It has to exceed the
    /// additional time: the encoding where the decision is the board, or half a slice, for which an answer waits, where it is a gateway.
    /// </remarks>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    internal void Race(int length, long nowUs)
    {
        MappingEngine engine = _flow.Engine;
        Decision decision = _flow.Decision;
        if (!_races || _request == null || engine.LocalTime == null || engine.Objective.Kind != ObjectiveKind.Time || engine.IsRadioOff) return;
        int localUs = engine.LocalTime.At(length);
        if (decision.IsOffload)
        {
            _isRace = Pays(localUs - decision.ExpectedTimeUs, decision.Gateway.ForecastErrorUs, (int)((long)localUs * MaxSteps / (2 * length)));
            return;
        }
        engine.DecideOffload(length, nowUs, false, decision);
        if (decision.IsOffload && Pays(decision.ExpectedTimeUs - localUs, decision.Gateway.ForecastErrorUs, engine.EncodeTime.At(length)))
            _isRace = IsLocalChoice = true;
        else
            engine.DecideLocal(length, nowUs, decision);
    }

    /// <summary>Plans the wait for an answer.</summary>
    /// <param name="length">Timesteps of the request.</param>
    /// <param name="startUs">Time in µs from which a deadline counts.</param>
    /// <param name="sentUs">Time in µs at which the MQTT client had the request.</param>
    /// <param name="extraAirUs">Air time in µs of what it carries beyond header and timesteps.</param>
    /// <returns>Time in µs until which the board only waits.</returns>
    internal long Plan(int length, long startUs, long sentUs, int extraAirUs)
    {
        MappingEngine engine = _flow.Engine;
        Decision decision = _flow.Decision;
        IsPlanned = false;
        _timeoutAtUs = sentUs + decision.TimeoutUs;
        ObjectiveKind kind = engine.Objective.Kind;
        if (_request == null || engine.LocalTime == null || (kind != ObjectiveKind.Time && kind != ObjectiveKind.Deadline)) return _timeoutAtUs;
        _length = length;
        _extraAirUs = extraAirUs;
        _sentAtUs = sentUs;
        _leftAtUs = sentUs + engine.TransmitUs(length) + extraAirUs;
        // The MQTT client computes first.
        long earliestUs = _leftAtUs + _flow.Power.SendUs, untilUs = earliestUs;
        int localUs = engine.LocalTime.At(length);
        if (!_isRace)
        {
            untilUs = sentUs + decision.ExpectedTimeUs - engine.EncodeTime.At(length) + ((long)decision.Gateway.ForecastErrorUs * _quantile256 >> 8);
            // With a deadline the energy counts until the board has to start, so that it meets the deadline itself.
            long latestUs = startUs + engine.Objective.DeadlineMs * 1000L - localUs;
            if (kind == ObjectiveKind.Deadline && untilUs < latestUs) untilUs = latestUs;
            if (untilUs < earliestUs) untilUs = earliestUs;
        }
        // A computation delays an answer that comes meanwhile by up to a slice. So the board waits for as long before it starts: the loss is never more
        // than twice that of the better choice.
        _startAtUs = _isRace || kind == ObjectiveKind.Deadline ? untilUs : untilUs + (long)localUs * MaxSteps / length;
        IsPlanned = untilUs < _timeoutAtUs;
        return IsPlanned ? untilUs : _timeoutAtUs;
    }

    /// <summary>Time in µs until which the board still waits before it computes.</summary>
    internal long WaitUntilUs => _startAtUs < _timeoutAtUs ? _startAtUs : _timeoutAtUs;

    /// <summary>Decides again where the input is done, without the gateway whose answer is late.</summary>
    /// <param name="mapping">Maps inputs to places.</param>
    /// <param name="length">Timesteps of the request.</param>
    /// <param name="isRest">True for the rest of a stream.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>True when another gateway is expected to answer before the board; the decision is that gateway then.</returns>
    internal bool TryRepeat(InputMapping mapping, int length, bool isRest, long nowUs)
    {
        MappingEngine engine = _flow.Engine;
        Decision decision = _flow.Decision;
        // One repetition: two gateways that are late at a time say more of the board's own link. The rest of a deadline is not the engine's.
        if (_isRace || IsRepeated || engine.Objective.Kind != ObjectiveKind.Time) return false;
        GatewayCandidate late = decision.Gateway;
        int timeoutUs = decision.TimeoutUs, budgetUs = decision.BudgetUs;
        engine.OnOverdue(late, _timeoutAtUs, nowUs);
        if (isRest) mapping.DecideRest(engine, length, true, nowUs, decision);
        else mapping.Decide(engine, length, true, nowUs, decision);
        if (decision.IsOffload && decision.Gateway != late)
        {
            _flow.Counters.Repeats++;
            IsRepeated = true;
            Note(late);
            return true;
        }
        decision.Gateway = late;
        decision.TimeoutUs = timeoutUs;
        decision.BudgetUs = budgetUs;
        return false;
    }

    /// <summary>The board starts to compute.</summary>
    /// <param name="listenUs">Listening in µs that the wait so far has caused.</param>
    internal void Start(long listenUs)
    {
        IsPlanned = false;
        IsRunning = true;
        _bookedListenUs = listenUs;
    }

    /// <summary>Ends the open request, and returns the listening in µs that it has caused since the start of the computation.</summary>
    /// <param name="minActiveUs">Minimum active time of the radio.</param>
    /// <param name="endUs">Time in µs of the answer, of the board's own result, or of the time-out.</param>
    /// <param name="isAnswered">True with an answer.</param>
    internal long End(int minActiveUs, long endUs, bool isAnswered)
    {
        IsRunning = false;
        return RadioTimeline.ListenTimeUs(endUs - _leftAtUs, minActiveUs, isAnswered) - _bookedListenUs;
    }

    /// <summary>Looks for the answer after a slice. A refusal or a time-out ends the request, and so does the board's own result.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>True when the answer has completed the input.</returns>
    internal bool EndSlice(long nowUs)
    {
        bool isFinal = _flow.IsFinal, isLate = nowUs >= _timeoutAtUs;
        // An answer that is accepted before the request is closed counts, even where the board has its own result by now.
        if (isFinal || isLate) _request.Close();
        if (_request.HasAnswer && _flow.OnAnswer(_request.Answer, _request.AnsweredAtUs, nowUs) == InputAction.Complete) return true;
        if (!IsRunning) return false;
        if (isLate)
        {
            _flow.OnTimeout(nowUs);
        }
        else if (isFinal)
        {
            _flow.Counters.HedgesWon++;
            _flow.EndRequest(nowUs, false);
            Overtake(nowUs);
        }
        return false;
    }

    /// <summary>Learns from an answer to the request that was repeated, and releases a refusal: the repetition is still open.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="answeredAtUs">Time of its arrival in µs.</param>
    /// <returns>False when it answers the last request.</returns>
    internal bool TakeEarlier(ResponseFrame response, long answeredAtUs)
    {
        if (!IsRepeated || response.Sequence == _request.Sequence) return false;
        OnLate(response, response.Session, answeredAtUs);
        if (response.Code != ResponseCode.Ok) _request.Release();
        return true;
    }

    /// <summary>Closes the request that was repeated: its repetition could not be sent, or was refused.</summary>
    internal void CloseEarlier()
    {
        if (IsRepeated) _request.Close();
    }

    /// <summary>An answer completes the input: the other request is cancelled if there is one.</summary>
    /// <param name="isEarlier">True when it answers the request that was repeated.</param>
    /// <param name="nowUs">The time in µs.</param>
    internal void OnCompleted(bool isEarlier, long nowUs)
    {
        if (!IsRepeated) return;
        _request.Close();
        if (isEarlier) Overtake(nowUs);
        else Cancel(_lateGateway, _lateSequence);
    }

    /// <summary>Reports the cancel frame of an overtaken request. It comes after the result, so it counts as background energy.</summary>
    /// <param name="isSent">False when there is no connection.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnCancelled(bool isSent, long nowUs)
    {
        CancelGateway = null;
        if (!isSent) return;
        _flow.Counters.Cancels++;
        _flow.Background.OnSent(CancelFrame.Size, nowUs);
    }

    /// <summary>Follows the last request, which another result has overtaken, until its time-out.</summary>
    private void Overtake(long nowUs)
    {
        GatewayCandidate gateway = _flow.Decision.Gateway;
        Note(gateway);
        Cancel(gateway, _request.Sequence);
        _flow.Engine.OnOverdue(gateway, _timeoutAtUs, nowUs);
    }

    private void Cancel(GatewayCandidate gateway, uint sequence)
    {
        CancelGateway = gateway;
        CancelSequence = sequence;
    }

    /// <summary>Notes the last request, whose answer is late.</summary>
    private void Note(GatewayCandidate gateway)
    {
        lock (_lock)
        {
            _lateEngine = _flow.Engine;
            _lateGateway = gateway;
            _lateLength = _length;
            _lateSequence = _request.Sequence;
            _lateSentAtUs = _sentAtUs + _extraAirUs;
            _lateUntilUs = _timeoutAtUs;
        }
    }

    /// <summary>Learns from the answer to a request that was overtaken. Answers to other requests change nothing.</summary>
    /// <param name="response">An answer that <see cref="OpenRequest.TryAccept"/> has not accepted.</param>
    /// <param name="session">Session of the board.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    public void OnLate(ResponseFrame response, uint session, long nowUs)
    {
        lock (_lock)
        {
            if (_lateEngine == null || response.Session != session || response.Sequence != _lateSequence || nowUs >= _lateUntilUs) return;
            _lateEngine.OnResponse(_lateGateway, response, _lateLength, nowUs - _lateSentAtUs, nowUs);
            Forget();
        }
    }

    /// <summary>Forgets the request that was overtaken: its engine is replaced.</summary>
    internal void Forget()
    {
        lock (_lock)
        {
            _lateEngine = null;
            _lateGateway = null;
        }
    }

    /// <summary>Returns true when <c>d / 2 * exp(-x / d)</c> exceeds a cost. Between halvings of the exponential the larger distance counts.</summary>
    private static bool Pays(long distanceUs, int deviationUs, int costUs)
    {
        // After each ln(2) * d the gain is half.
        int halfUs = (int)((long)deviationUs * 177 >> 8), gainUs = deviationUs >> 1;
        while (distanceUs > 0 && gainUs > costUs)
        {
            distanceUs -= halfUs;
            gainUs >>= 1;
        }
        return gainUs > costUs;
    }
}

// Hedging for time. A board waits for an answer only as long as its forecast is trustworthy; then it computes the input as well, and takes the
// result that is there first. In a race it computes from the start. The request stays open meanwhile, so that an answer between two slices of the
// computation still counts. Nothing is allocated after the constructor.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// Determines when a board computes an input while its request is open, and follows the request beyond the result. Used by the main thread, except
/// for <see cref="OnLate"/>.
/// </summary>
public sealed class Hedge
{
    /// <summary>Timesteps of a slice: the board looks for an answer after each.</summary>
    /// <remarks>
    /// A look costs a board about 0.08 timesteps, and an answer waits half a slice for it. For n timesteps the sum is least with slices of
    /// sqrt(0.16 n): 2 for the mean lengths of vowels and digits (15 and 40), 4 for 100.
    /// </remarks>
    public const int MaxSteps = 2;

    /// <summary>Quantile of the forecast's error in percent after which a board computes, unless set otherwise.</summary>
    /// <remarks>A twentieth of the answers then come after the start of a computation that was not needed.</remarks>
    public const int DefaultQuantilePercent = 95;

    private readonly object _lock = new object();
    private readonly InputFlow _flow;
    private OpenRequest _request;
    private int _quantile256;
    private bool _races;
    private bool _isRace;
    private long _sentAtUs;
    private long _leftAtUs;
    private long _timeoutAtUs;
    private int _length;
    private int _extraAirUs;
    private long _bookedListenUs;

    // The request that was overtaken by the board's own result: its late answer still measures the link.
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

    /// <summary>True when the request was overtaken: the driver sends a <see cref="CancelFrame"/>, and reports <see cref="OnCancelled"/>.</summary>
    public bool HasCancel { get; private set; }

    /// <summary>Switches hedging on.</summary>
    /// <param name="request">The request under way, which the drivers open.</param>
    /// <param name="quantilePercent">Quantile of the forecast's error, <see cref="Objective.MinQuantile"/> to <see cref="Objective.MaxQuantile"/>.</param>
    /// <param name="races">True to compute from the start where the outcome is uncertain.</param>
    public void Enable(OpenRequest request, int quantilePercent, bool races)
    {
        _request = request;
        _races = races;
        // A Laplace distribution with the mean absolute error d exceeds x with the probability exp(-x / d) / 2. So the quantile is
        // d * ln(50 / k), where k percent exceed it. The sum is the logarithm: the integral of 1 / k by the midpoint rule.
        _quantile256 = 0;
        for (int k = 100 - quantilePercent; k < 50; k++) _quantile256 += 512 / (2 * k + 1);
    }

    /// <summary>Switches hedging off.</summary>
    public void Disable() => _request = null;

    /// <summary>Starts an input.</summary>
    internal void Reset()
    {
        IsPlanned = false;
        IsRunning = false;
        IsLocalChoice = false;
        HasCancel = false;
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
        _timeoutAtUs = sentUs + decision.TimeoutUs;
        ObjectiveKind kind = engine.Objective.Kind;
        if (_request == null || engine.LocalTime == null || (kind != ObjectiveKind.Time && kind != ObjectiveKind.Deadline)) return _timeoutAtUs;
        _length = length;
        _extraAirUs = extraAirUs;
        _sentAtUs = sentUs;
        _leftAtUs = sentUs + engine.TransmitUs(length) + extraAirUs;
        // The MQTT client computes first.
        long earliestUs = _leftAtUs + _flow.Power.SendUs, untilUs = earliestUs;
        if (!_isRace)
        {
            untilUs = sentUs + decision.ExpectedTimeUs - engine.EncodeTime.At(length) + ((long)decision.Gateway.ForecastErrorUs * _quantile256 >> 8);
            // With a deadline the energy counts until the board has to start, so that it meets the deadline itself.
            long latestUs = startUs + engine.Objective.DeadlineMs * 1000L - engine.LocalTime.At(length);
            if (kind == ObjectiveKind.Deadline && untilUs < latestUs) untilUs = latestUs;
            if (untilUs < earliestUs) untilUs = earliestUs;
        }
        IsPlanned = untilUs < _timeoutAtUs;
        return IsPlanned ? untilUs : _timeoutAtUs;
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
        if (_request.HasAnswer) return _flow.OnAnswer(_request.Answer, _request.AnsweredAtUs, nowUs) == InputAction.Complete;
        if (isLate) _flow.OnTimeout(nowUs);
        else if (isFinal) Overtake(nowUs);
        return false;
    }

    /// <summary>Reports the cancel frame of an overtaken request. It comes after the result, so it counts as background energy.</summary>
    /// <param name="isSent">False when there is no connection.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnCancelled(bool isSent, long nowUs)
    {
        HasCancel = false;
        if (!isSent) return;
        _flow.Counters.Cancels++;
        _flow.Background.OnSent(CancelFrame.Size, nowUs);
    }

    /// <summary>Ends the request, which the board's own result has overtaken, and follows it until its time-out.</summary>
    private void Overtake(long nowUs)
    {
        _flow.Counters.HedgesWon++;
        _flow.EndRequest(nowUs, false);
        HasCancel = true;
        GatewayCandidate gateway = _flow.Decision.Gateway;
        lock (_lock)
        {
            _lateEngine = _flow.Engine;
            _lateGateway = gateway;
            _lateLength = _length;
            _lateSequence = _request.Sequence;
            _lateSentAtUs = _sentAtUs + _extraAirUs;
            _lateUntilUs = _timeoutAtUs;
        }
        _flow.Engine.OnOverdue(gateway, _timeoutAtUs, nowUs);
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

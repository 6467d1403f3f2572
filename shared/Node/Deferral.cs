// Inputs whose results may wait. A board whose radio is off keeps them, until one wake of the radio serves enough of them, or serves a report
// that is due in any case.

using Crime.Costs;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>The next step of a board that keeps inputs.</summary>
public enum DeferralStep : byte
{
    /// <summary>Nothing is due.</summary>
    None = 0,

    /// <summary>Compute the input <see cref="Deferral.Index"/> on the board.</summary>
    Compute = 1,

    /// <summary>Send all kept inputs in a batch.</summary>
    Send = 2,
}

/// <summary>
/// Schedules kept inputs for the least energy. An input is kept where a request that shares its wake saves energy. At the latest start of the input
/// with the earliest deadline, the board wakes the radio when the savings of the kept inputs exceed the energy of the batch; otherwise it computes
/// that input.
/// </summary>
/// <remarks>
/// Where all inputs may wait for the same time, the energy beyond what any schedule takes is at most three times that of the best schedule with
/// knowledge of all future inputs: one batch of the best schedule shares inputs with at most two batches of the board, and the board computes inputs
/// of it with less savings than one batch takes. A test compares with all schedules of small cases. Used by one thread.
/// </remarks>
public sealed class Deferral
{
    /// <summary>Time in µs before a deadline that a batch may take at most: the wake, and the longest time-out.</summary>
    public const int BatchLimitUs = RadioSchedule.WakeLimitUs + LongestTimeoutUs;

    /// <summary>Longest time in µs to wait for an answer.</summary>
    private const int LongestTimeoutUs = 2_000_000;

    /// <summary>First time in µs from a batch without an answer to the next one; doubled up to <see cref="MaxBackOffUs"/>.</summary>
    public const int FirstBackOffUs = 1_000_000;

    /// <summary>Longest time in µs from a batch without an answer to the next one.</summary>
    public const int MaxBackOffUs = 600_000_000;

    private readonly InputFlow _flow;
    private readonly RadioSchedule _radio;
    private readonly long _withinUs;
    private long _backOffUs;
    private long _notBeforeUs;

    /// <summary>Makes the schedule of a board that keeps no input yet.</summary>
    /// <param name="flow">The flow of a duty-cycled board.</param>
    /// <param name="kept">The kept inputs.</param>
    /// <param name="withinUs">Time in µs for which a result may wait; <see cref="long.MaxValue"/> until the next report.</param>
    public Deferral(InputFlow flow, KeptInputs kept, long withinUs)
    {
        _flow = flow;
        _radio = flow.Radio;
        _withinUs = withinUs;
        Kept = kept;
    }

    /// <summary>The kept inputs.</summary>
    public KeptInputs Kept { get; }

    /// <summary>True after an input did not fit the store: the kept inputs are due, so that there is room for the next one.</summary>
    public bool IsStoreFull;

    /// <summary>Index of the input of <see cref="DeferralStep.Compute"/>.</summary>
    public int Index { get; private set; }

    /// <summary>True when <see cref="DeferralStep.Send"/> serves a report.</summary>
    public bool IsReport { get; private set; }

    /// <summary>Returns true when an input should be kept: it can wait, and a request in a batch takes less energy than computing.</summary>
    /// <param name="length">Its timesteps.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    public bool ShouldKeep(int length, long nowUs)
    {
        MappingEngine engine = _flow.Engine;
        if (engine == null || !engine.IsRadioOff || engine.Objective.Kind != ObjectiveKind.Energy || !_flow.Mapping.MayOffload || Kept.IsFull) return false;
        // An own result takes a message of a batch too, so only the request must take less energy than computing.
        bool mayCompute = _flow.CanCompute && !_flow.Mapping.NeedsGateway;
        if (mayCompute && engine.Worth.Saving(length) <= 0) return false;
        if (_withinUs == long.MaxValue) return true;
        long workUs = LimitUs + WorkUs(engine, length);
        for (int i = 0; i < Kept.Count; i++) workUs += WorkUs(engine, Kept.Length(i));
        return _withinUs > workUs;
    }

    /// <summary>Keeps an input.</summary>
    /// <param name="input">Its number.</param>
    /// <param name="slot">Slot of the store, see <see cref="KeptInputs.FreeSlot"/>.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="nowUs">Time of its arrival in µs.</param>
    public void Keep(uint input, int slot, int length, long nowUs)
    {
        Kept.Add(input, slot, length, nowUs, _withinUs == long.MaxValue ? long.MaxValue : nowUs + _withinUs);
        // After a deep sleep the engine knows no length, and would wake the radio for the longest input that the model takes.
        _flow.Engine.OnKept(length);
    }

    /// <summary>Keeps the result of an input that the board has computed, until the gateway has acknowledged it.</summary>
    /// <param name="origin">Origin of the input.</param>
    /// <param name="result">The result.</param>
    /// <param name="wasSent">True when a request of the input was sent before.</param>
    /// <param name="arrivedUs">Time of its arrival in µs.</param>
    /// <returns>False when there is no room: the result is lost.</returns>
    public bool KeepResult(uint origin, InputResult result, bool wasSent, long arrivedUs)
    {
        if (Kept.IsFull) return false;
        Kept.AddResult(origin, result, wasSent, arrivedUs, _withinUs == long.MaxValue ? long.MaxValue : arrivedUs + _withinUs);
        return true;
    }

    /// <summary>Returns the next step.</summary>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="lookUs">Time in µs of the next call: what is due by then is due now. <see cref="long.MaxValue"/> makes everything due.</param>
    public DeferralStep Next(long nowUs, long lookUs)
    {
        MappingEngine engine = _flow.Engine;
        if (engine == null || Kept.Count == 0) return DeferralStep.None;
        bool maySend = nowUs >= _notBeforeUs;
        // Without a further look there is no time at which a report would come in any case.
        IsReport = engine.IsRadioOff && _radio.IsReportDue(lookUs == long.MaxValue ? nowUs : lookUs);
        if ((_flow.Mapping.MayOffload || _flow.ResultsAtGateway) && (IsReport || (maySend && !engine.IsRadioOff))) return DeferralStep.Send;
        long dueUs = DueUs(engine);
        if (!Kept.IsFull && !IsStoreFull && dueUs > lookUs) return DeferralStep.None;
        IsStoreFull = false;
        if (MustSend) return maySend ? DeferralStep.Send : DeferralStep.None;
        return maySend && _flow.Mapping.MayOffload && PaysBatch(engine, nowUs) ? DeferralStep.Send : DeferralStep.Compute;
    }

    /// <summary>Returns the time in µs at which something is due; <see cref="long.MaxValue"/> when nothing is.</summary>
    public long NextUs()
    {
        MappingEngine engine = _flow.Engine;
        if (engine == null || Kept.Count == 0) return long.MaxValue;
        long dueUs = DueUs(engine);
        if (_radio != null && dueUs > _radio.ReportAtUs) dueUs = _radio.ReportAtUs;
        return MustSend && dueUs < _notBeforeUs ? _notBeforeUs : dueUs;
    }

    /// <summary>Reports the end of a batch.</summary>
    /// <param name="answeredCount">Inputs that were answered.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnBatch(int answeredCount, long nowUs)
    {
        if (IsReport) _radio.OnReported(nowUs);
        bool isRest = answeredCount < Kept.Count;
        _backOffUs = isRest ? BackOff.Next(_backOffUs, FirstBackOffUs, MaxBackOffUs) : 0;
        _notBeforeUs = isRest ? nowUs + _backOffUs : 0;
        // Inputs that waited for this report only are due now. Without a gateway a result has no reader: it waits for the next report.
        if (isRest && _withinUs == long.MaxValue && !_flow.ResultsAtGateway) Kept.SetDue(nowUs);
    }

    private bool MustSend => !_flow.CanCompute || _flow.Mapping.NeedsGateway || _flow.ResultsAtGateway;

    /// <summary>
    /// Time in µs before a deadline that a batch takes. Where results are wanted behind the gateway, an input whose batch fails cannot be computed instead:
    /// its result needs the gateway as well. So only a batch that succeeds counts.
    /// </summary>
    private long LimitUs => !_flow.ResultsAtGateway ? BatchLimitUs : _radio == null ? LongestTimeoutUs : _radio.Cost.TimeUs + LongestTimeoutUs;

    /// <summary>Latest time in µs to begin, so that a batch that fails leaves the time to compute all inputs by their deadlines.</summary>
    private long DueUs(MappingEngine engine)
    {
        long workUs = LimitUs, dueUs = long.MaxValue;
        Index = 0;
        for (int i = 0; i < Kept.Count; i++)
        {
            workUs += WorkUs(engine, Kept.Length(i));
            if (RidesReport(Kept.DeadlineUs(i), workUs)) continue;
            long latestUs = Kept.DeadlineUs(i) - workUs;
            if (dueUs == long.MaxValue) Index = i;
            if (latestUs < dueUs) dueUs = latestUs;
        }
        return dueUs;
    }

    /// <summary>Returns true when the savings of the inputs that no report serves exceed the energy of a batch.</summary>
    private bool PaysBatch(MappingEngine engine, long nowUs)
    {
        if (!engine.HasUsableGateway(nowUs) && !_flow.Need.MayProbe(nowUs)) return false;
        long saving = 0, workUs = LimitUs;
        int longest = 0;
        for (int i = 0; i < Kept.Count; i++)
        {
            int length = Kept.Length(i);
            workUs += WorkUs(engine, length);
            if (RidesReport(Kept.DeadlineUs(i), workUs)) continue;
            saving += engine.Worth.Saving(length);
            if (length > longest) longest = length;
        }
        return longest > 0 && saving >= engine.Worth.BatchCost(longest, nowUs);
    }

    private bool RidesReport(long deadlineUs, long workUs) => _radio != null && _radio.ReportAtUs < long.MaxValue && deadlineUs - workUs >= _radio.ReportAtUs;

    private long WorkUs(MappingEngine engine, int length) => engine.LocalTime == null || _flow.ResultsAtGateway ? 0 : engine.LocalTime.At(length);
}

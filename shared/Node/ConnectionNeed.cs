// Decides whether a board is connected to the broker. A board that minimises energy connects only where an offload can take less energy than
// computing, and tries again ever more rarely while it does not.

using Crime.Binary;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>
/// Decides whether a board is connected. A probe is a connection that gains nothing, or a wake of the radio for an input that gains nothing. Probes
/// follow each other in growing intervals, and their energy is a small share of the energy of inputs.
/// </summary>
public sealed class ConnectionNeed
{
    /// <summary>A connection that gains nothing for this time in µs ends. Statuses and pongs come meanwhile, and lost pings are repeated.</summary>
    public const int TrialUs = 60_000_000;

    /// <summary>First time in µs from a probe to the next one; doubled up to <see cref="MaxBackOffUs"/>.</summary>
    public const long FirstBackOffUs = 60_000_000;

    /// <summary>Longest time in µs from a probe to the next one: 4 hours.</summary>
    public const long MaxBackOffUs = 14_400_000_000;

    /// <summary>Inputs pay for probes: 1/200 of their energy.</summary>
    public const int ProbeShare = 200;

    private const long SecondUs = 1_000_000;

    // Energy that is saved for later probes, in probes.
    private const int MaxSavedProbes = 4;

    private readonly InputMapping _mapping;
    private readonly BackgroundEnergy _background;
    private readonly RadioSchedule _radio;
    private MappingEngine _engine;
    private bool _wasConnected;
    private bool _hasGained;
    private long _trialUntilUs;
    private long _notBeforeUs;
    private long _backOffUs;
    private long _startUj;
    private long _probeUj;
    private long _savedNj;

    /// <summary>Makes the need of a board without a model: it needs the connection to get one.</summary>
    /// <param name="mapping">Maps inputs to places.</param>
    /// <param name="background">The energy that no input has caused.</param>
    /// <param name="radio">Wakes the radio; null where the radio is always on.</param>
    public ConnectionNeed(InputMapping mapping, BackgroundEnergy background, RadioSchedule radio)
    {
        _mapping = mapping;
        _background = background;
        _radio = radio;
    }

    /// <summary>True while the board learns from answers: it receives statuses once per connection, and sends no telemetry on its own.</summary>
    public bool LearnsFromAnswers
    {
        get
        {
            // Another thread may release the engine meanwhile.
            MappingEngine engine = _engine;
            return engine != null && engine.LearnsFromAnswers;
        }
    }

    /// <summary>Sets the model's engine; null while there is no model.</summary>
    public void SetModel(MappingEngine engine) => _engine = engine;

    /// <summary>Saves a share of the energy of an input for probes.</summary>
    /// <param name="energyNj">Energy of the input in nJ.</param>
    public void OnInput(long energyNj)
    {
        long mostNj = MaxSavedProbes * _probeUj * 1000;
        _savedNj += energyNj / ProbeShare;
        if (_savedNj > mostNj) _savedNj = mostNj;
    }

    /// <summary>Returns true when the board has to be connected. A board whose radio is off between inputs is connected when its radio is on.</summary>
    /// <param name="isConnected">True while it is connected.</param>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsConnectionNeeded(bool isConnected, long nowUs)
    {
        MappingEngine engine = _engine;
        if (_radio != null || IsAlwaysNeeded(engine)) return true;
        if (isConnected != _wasConnected) OnChanged(isConnected, nowUs);
        if (!isConnected) return IsProbeDue(nowUs);
        if (_mapping.MayOffload && engine.Worth.Gains(nowUs))
        {
            _hasGained = true;
            _trialUntilUs = nowUs + TrialUs;
        }
        return nowUs < _trialUntilUs;
    }

    /// <summary>Returns true when the board should connect although it has gained nothing so far. A duty-cycled board waits for an input that may gain.</summary>
    public bool IsProbeDue(long nowUs)
    {
        MappingEngine engine = _engine;
        if (IsAlwaysNeeded(engine)) return true;
        if (_radio != null || !_mapping.MayOffload || !MayProbe(nowUs)) return false;
        int gain = engine.Worth.MostGain(null);
        // Before the first input nobody knows its length: the connection must pay with a single one.
        return engine.Worth.HasInputs || engine.Objective.IsInTime ? gain > 0 : gain > _background.ConnectUj;
    }

    /// <summary>
    /// Returns true when the board should connect at its start, although it knows no gateway. A duty-cycled board wakes its radio once then, where the
    /// longest input of its model would pay for it.
    /// </summary>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsStartDue(long nowUs)
    {
        if (_radio == null || IsAlwaysNeeded(_engine)) return IsProbeDue(nowUs);
        return _mapping.MayOffload && MayProbe(nowUs) && _engine.Worth.MostGain(_radio.Cost) > (_engine.Objective.IsInTime ? 0 : _background.ConnectUj);
    }

    /// <summary>Returns true when a duty-cycled board should wake its radio for an input, although it knows of no gateway that is worth it.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    public bool IsProbe(int length, long nowUs)
    {
        MappingEngine engine = _engine;
        return _radio != null && !IsAlwaysNeeded(engine) && _mapping.MayOffload && MayProbe(nowUs) && engine.Worth.Gain(length, _radio.Cost) > 0;
    }

    /// <summary>Returns true when the inputs since the last probe have paid for the next one, and its pause is over.</summary>
    public bool MayProbe(long nowUs) => nowUs >= _notBeforeUs && _savedNj >= _probeUj * 1000;

    /// <summary>Notes a probe: a connection that has gained nothing, or an attempt to join or connect that has failed.</summary>
    /// <param name="energyUj">Its energy in µJ; of a wake for an input, what exceeds computing.</param>
    /// <param name="nowUs">The time in µs.</param>
    public void OnProbed(long energyUj, long nowUs)
    {
        // A board that always needs its connection does not probe.
        if (IsAlwaysNeeded(_engine)) return;
        _probeUj = energyUj;
        _savedNj -= energyUj * 1000;
        _backOffUs = BackOff.Next(_backOffUs, FirstBackOffUs, MaxBackOffUs);
        _notBeforeUs = nowUs + _backOffUs;
    }

    /// <summary>Notes a probe whose input has paid for it: the pauses are short again.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void OnGained(long nowUs)
    {
        _backOffUs = FirstBackOffUs;
        _notBeforeUs = nowUs + _backOffUs;
    }

    /// <summary>Size of the memory in bytes: see <see cref="Save"/>.</summary>
    public const int MemorySize = 16;

    /// <summary>Writes what a deep sleep must not lose: otherwise every wake-up would begin with a probe.</summary>
    /// <param name="bytes">Receives <see cref="MemorySize"/> bytes.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="wakeUpUs">Time of the wake-up in µs.</param>
    public void Save(byte[] bytes, int offset, long wakeUpUs)
    {
        long restUs = _notBeforeUs > wakeUpUs ? _notBeforeUs - wakeUpUs : 0;
        LittleEndian.WriteInt32(bytes, offset, Clamp(_savedNj / 1000));
        LittleEndian.WriteInt32(bytes, offset + 4, Clamp(_probeUj));
        LittleEndian.WriteInt32(bytes, offset + 8, (int)(_backOffUs / SecondUs));
        LittleEndian.WriteInt32(bytes, offset + 12, (int)(restUs / SecondUs));
    }

    /// <summary>Takes over what <see cref="Save"/> has written.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="nowUs">The time in µs, from which the rest of the pause counts.</param>
    public void Restore(byte[] bytes, int offset, long nowUs)
    {
        _savedNj = LittleEndian.ReadInt32(bytes, offset) * 1000L;
        _probeUj = LittleEndian.ReadInt32(bytes, offset + 4);
        _backOffUs = LittleEndian.ReadInt32(bytes, offset + 8) * SecondUs;
        _notBeforeUs = nowUs + LittleEndian.ReadInt32(bytes, offset + 12) * SecondUs;
    }

    private static int Clamp(long value) => value > int.MaxValue ? int.MaxValue : value < int.MinValue ? int.MinValue : (int)value;

    private bool IsAlwaysNeeded(MappingEngine engine) =>
        engine == null || !engine.LearnsFromAnswers || engine.LocalTime == null || _mapping.NeedsGateway
        || (_mapping.ResultsAtGateway && _radio == null);

    private void OnChanged(bool isConnected, long nowUs)
    {
        _wasConnected = isConnected;
        if (isConnected)
        {
            _trialUntilUs = nowUs + TrialUs;
            _startUj = _background.EnergyUj;
            _hasGained = false;
        }
        else if (_hasGained)
        {
            // A connection that was of use is made again at once.
            _backOffUs = 0;
        }
        else
        {
            OnProbed(_background.EnergyUj - _startUj, nowUs);
        }
    }
}

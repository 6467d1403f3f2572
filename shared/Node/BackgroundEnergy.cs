// The energy of a board that no input has caused: statuses and pings, connections, model checks, and wakes of the radio without an input. A
// battery does not distinguish it from the energy of inputs, so every total contains it.

using Crime.Costs;

namespace Crime.Node;

/// <summary>
/// Times of a board that no input has caused. A radio in modem sleep listens for the minimum active time after each message; windows that
/// overlap count once. Thread-safe.
/// </summary>
public sealed class BackgroundEnergy
{
    /// <summary>Messages that a connection to the broker sends: CONNECT, SUBSCRIBE and the presence.</summary>
    public const int ConnectMessages = 3;

    /// <summary>Messages that a model check sends: the connection and the request.</summary>
    public const int ModelCheckMessages = 2;

    /// <summary>Bytes that stand for a message whose size is not known.</summary>
    public const int MessageSizeBytes = 64;

    private readonly PowerProfile _power;
    private readonly RadioSchedule _radio;
    private readonly RadioTimeline _timeline = new RadioTimeline();
    private long _listensUntilUs;
    private long _takenUj;

    /// <summary>Makes empty books of a board whose radio is always on.</summary>
    /// <param name="power">The board's power profile.</param>
    public BackgroundEnergy(PowerProfile power) : this(power, null)
    {
    }

    /// <summary>Makes empty books.</summary>
    /// <param name="power">The board's power profile.</param>
    /// <param name="radio">Wakes the radio: messages meanwhile belong to the energy of the wake. Null where the radio is always on.</param>
    public BackgroundEnergy(PowerProfile power, RadioSchedule radio)
    {
        _power = power;
        _radio = radio;
    }

    /// <summary>Energy above the idle baseline since the start, in µJ.</summary>
    public long EnergyUj
    {
        get
        {
            lock (_timeline) return _timeline.EnergyNj(_power) / 1000;
        }
    }

    /// <summary>Returns the energy since the last call in µJ. Called by one thread.</summary>
    public int TakeUj()
    {
        long totalUj = EnergyUj;
        int sinceUj = (int)(totalUj - _takenUj);
        _takenUj = totalUj;
        return sinceUj;
    }

    /// <summary>Energy of a connection to the broker that takes no time, in µJ.</summary>
    public long ConnectUj => RadioTimeline.RequestNj(
        _power, ConnectMessages * (long)(_power.SendUs + _power.ReceiveUs), ConnectMessages * (long)_power.TransmitUs(MessageSizeBytes), 0,
        2L * _power.MinActiveUs) / 1000;

    /// <summary>Notes that an input keeps the radio listening: a message meanwhile costs no listening of its own.</summary>
    /// <param name="untilUs">Time in µs until which it listens.</param>
    public void OnInputListening(long untilUs)
    {
        lock (_timeline)
            if (untilUs > _listensUntilUs) _listensUntilUs = untilUs;
    }

    /// <summary>Counts messages that no input waits for.</summary>
    /// <param name="count">Number of messages.</param>
    /// <param name="fromUs">Time in µs after which the first one came.</param>
    /// <param name="untilUs">Time in µs of the last one.</param>
    public void OnReceived(int count, long fromUs, long untilUs)
    {
        if (IsWaking) return;
        lock (_timeline)
        {
            _timeline.ComputeUs += (long)count * _power.ReceiveUs;
            Listen(fromUs, untilUs + _power.MinActiveUs, (long)count * _power.MinActiveUs);
        }
    }

    /// <summary>Counts a message that belongs to no input.</summary>
    /// <param name="sizeBytes">Its size in bytes.</param>
    /// <param name="nowUs">Time in µs at which it is sent.</param>
    public void OnSent(int sizeBytes, long nowUs)
    {
        if (IsWaking) return;
        int airUs = _power.TransmitUs(sizeBytes);
        lock (_timeline)
        {
            _timeline.ComputeUs += _power.SendUs;
            _timeline.TransmitUs += airUs;
            Listen(nowUs, nowUs + airUs + _power.MinActiveUs, long.MaxValue);
        }
    }

    /// <summary>Counts an exchange of messages: a connection to the broker, a model check.</summary>
    /// <param name="messageCount">Messages that the board sends.</param>
    /// <param name="startUs">Start of the exchange in µs.</param>
    /// <param name="endUs">End of the exchange in µs.</param>
    public void OnExchange(int messageCount, long startUs, long endUs)
    {
        if (IsWaking) return;
        lock (_timeline)
        {
            _timeline.ComputeUs += (long)messageCount * (_power.SendUs + _power.ReceiveUs);
            _timeline.TransmitUs += (long)messageCount * _power.TransmitUs(MessageSizeBytes);
            // A long time-out is no listening: the radio listens after each message and its answer.
            Listen(startUs, endUs + _power.MinActiveUs, 2L * messageCount * _power.MinActiveUs);
        }
    }

    /// <summary>Counts a wake of the radio that no input needed.</summary>
    /// <param name="wakeUs">Its time in µs.</param>
    public void OnWake(long wakeUs)
    {
        lock (_timeline) _timeline.WakeUs += wakeUs;
    }

    /// <summary>Counts a computation that belongs to no single input, as the storing of kept inputs.</summary>
    /// <param name="computeUs">Its time in µs.</param>
    public void OnCompute(long computeUs)
    {
        lock (_timeline) _timeline.ComputeUs += computeUs;
    }

    /// <summary>Counts a batch without an answer.</summary>
    /// <param name="batch">Its times; its listening windows were noted already.</param>
    public void Add(RadioTimeline batch)
    {
        lock (_timeline)
        {
            _timeline.ComputeUs += batch.ComputeUs;
            _timeline.TransmitUs += batch.TransmitUs;
            _timeline.WaitUs += batch.WaitUs;
            _timeline.ListenUs += batch.ListenUs;
            _timeline.WakeUs += batch.WakeUs;
        }
    }

    private bool IsWaking => _radio != null && _radio.IsWaking;

    /// <summary>Adds the part of a window in which the radio did not listen already.</summary>
    private void Listen(long fromUs, long untilUs, long mostUs)
    {
        if (_power.MinActiveUs == 0) return;
        if (fromUs < _listensUntilUs) fromUs = _listensUntilUs;
        if (untilUs <= fromUs) return;
        _listensUntilUs = untilUs;
        _timeline.ListenUs += untilUs - fromUs < mostUs ? untilUs - fromUs : mostUs;
    }
}

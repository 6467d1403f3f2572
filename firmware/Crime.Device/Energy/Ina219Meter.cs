// The board measures itself: a thread of its own takes the sensor's conversions while an inference runs. It takes a little of
// the CPU that it measures, and reads an inference in pieces of 34 ms; a second board as the meter (BracketMeter) has neither
// fault. Without a pause between inferences there is no idle time to measure, so the idle baseline is that of the settings.

using System.Threading;
using Crime.Costs;
using Crime.Device.Memory;
using Crime.Device.Settings;

namespace Crime.Device.Energy;

/// <summary>Measures inferences with an INA219; the power profile replaces a reading that fails, and one of an inference that is too short.</summary>
internal sealed class Ina219Meter : LastingThread, IEnergyMeter
{
    /// <summary>
    /// Time between two looks in ms. While an inference computes, a thread that wakes waits for the end of the other's time
    /// slice of 20 ms: so it is about 20, and no conversion is missed.
    /// </summary>
    public const int SampleIntervalMs = 18;

    /// <summary>The sensor's averaging that goes with it.</summary>
    public const Ina219Averaging Averaging = Ina219Averaging.Samples64;

    private readonly object _lock = new object();
    private readonly AutoResetEvent _started = new AutoResetEvent(false);
    private readonly Ina219 _sensor;
    private readonly ModelledMeter _model;
    private readonly PowerProfile _power;
    private readonly BoardSettings _settings;
    private bool _isRunning;
    private long _startedUs;
    private long _sumUw;
    private int _samples;

    /// <summary>Starts the sampling thread.</summary>
    /// <param name="sensor">A sensor that has begun.</param>
    /// <param name="model">Used while the sensor fails.</param>
    /// <param name="power">Power of the radio after an answer, which the sensor does not measure.</param>
    /// <param name="settings">The idle baseline; and used to start a sensor again that has lost its power.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public Ina219Meter(Ina219 sensor, ModelledMeter model, PowerProfile power, BoardSettings settings, MemoryPlan memory)
        : base(memory, Shortage.Background)
    {
        _sensor = sensor;
        _model = model;
        _power = power;
        _settings = settings;
        StartThread();
    }

    /// <inheritdoc/>
    public string Name => IsMeasured ? "ina219" : _model.Name;

    /// <inheritdoc/>
    public bool IsMeasured { get; private set; }

    /// <summary>Readings that failed or were out of range since start.</summary>
    public int FailedReadings { get; private set; }

    /// <inheritdoc/>
    public void Start()
    {
        bool isThere = _sensor.IsConfigured(Ina219Mode.ShuntAndBus)
            || _sensor.Begin(_settings.Ina219ShuntMilliohm, _settings.Ina219MaxMilliampere, Averaging);
        lock (_lock)
        {
            IsMeasured = isThere && _sensor.SetMode(Ina219Mode.Shunt);
            _sumUw = 0;
            _samples = 0;
            _startedUs = Clock.NowUs();
            _isRunning = IsMeasured;
        }
        if (_isRunning) _started.Set();
    }

    /// <inheritdoc/>
    public int Stop(RadioTimeline timeline)
    {
        lock (_lock)
        {
            long timeUs = Clock.NowUs() - _startedUs;
            if (_isRunning)
            {
                TakeSample();
                _sensor.SetMode(Ina219Mode.ShuntAndBus);
            }
            _isRunning = false;
            if (_samples == 0) IsMeasured = false;
            if (!IsMeasured) return _model.Stop(timeline);
            // Every conversion took the same time: their mean stands for the whole. uW times us are pJ.
            long energyUj = (_sumUw / _samples - _settings.IdleMw * 1000L) * timeUs / 1_000_000;
            if (energyUj < 0) energyUj = 0;
            // The next inference may begin before the radio has listened for long enough.
            energyUj += _power.ListenExtraMw * timeline.TailUs / 1000;
            return energyUj > int.MaxValue ? int.MaxValue : (int)energyUj;
        }
    }

    /// <summary>Waits for an inference, and takes samples until it ends.</summary>
    protected override void Work()
    {
        if (!_isRunning) _started.WaitOne();
        while (true)
        {
            Thread.Sleep(SampleIntervalMs);
            lock (_lock)
            {
                if (!_isRunning) return;
                TakeSample();
            }
        }
    }

    private void TakeSample()
    {
        switch (_sensor.TakePowerUw(out int powerUw))
        {
            case Ina219Reading.NotReady: return;
            case Ina219Reading.Measured:
                _sumUw += powerUw;
                _samples++;
                return;
            default:
                // An inference with a gap in it is not measured.
                FailedReadings++;
                IsMeasured = false;
                return;
        }
    }
}

// The board meters itself: a thread of its own reads the sensor while an inference runs and adds up power times time.
// It takes a little of the CPU that it measures, and an inference shorter than the sensor's averaging is blurred with what
// came before; a second board as the meter (BracketMeter) has neither fault.

using System.Threading;
using Crime.Firmware.Settings;

namespace Crime.Firmware.Energy;

/// <summary>Integrates the readings of an INA219 over an inference; the model speaks where a reading fails.</summary>
public sealed class Ina219Meter : IEnergyMeter
{
    /// <summary>Time between two readings in ms: the sensor averages over 8.51 of them by itself.</summary>
    public const int SampleIntervalMs = 9;

    private readonly object _lock = new object();
    private readonly AutoResetEvent _started = new AutoResetEvent(false);
    private readonly Ina219 _sensor;
    private readonly ModelledMeter _model;
    private readonly BoardSettings _settings;
    private bool _isRunning;
    private long _sampledAtUs;
    private int _powerUw;
    private long _energyPj;

    /// <summary>Starts the sampling thread.</summary>
    /// <param name="sensor">A sensor that has begun.</param>
    /// <param name="model">Speaks when the sensor fails.</param>
    /// <param name="settings">For beginning anew with a sensor that had lost its power.</param>
    public Ina219Meter(Ina219 sensor, ModelledMeter model, BoardSettings settings)
    {
        _sensor = sensor;
        _model = model;
        _settings = settings;
        new Thread(SampleWhileRunning).Start();
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
            || _sensor.Begin(_settings.Ina219ShuntMilliohm, _settings.Ina219MaxMilliampere, Ina219Averaging.Samples16);
        lock (_lock)
        {
            IsMeasured = isThere;
            _energyPj = 0;
            _sampledAtUs = Clock.NowUs();
            _isRunning = isThere;
        }
        if (isThere) _started.Set();
    }

    /// <inheritdoc/>
    public int Stop(Activity activity)
    {
        lock (_lock)
        {
            if (_isRunning) Integrate();
            _isRunning = false;
            if (!IsMeasured) return _model.Stop(activity);
            long energyUj = _energyPj / 1_000_000;
            return energyUj > int.MaxValue ? int.MaxValue : (int)energyUj;
        }
    }

    private void SampleWhileRunning()
    {
        while (true)
        {
            _started.WaitOne();
            while (true)
            {
                Thread.Sleep(SampleIntervalMs);
                lock (_lock)
                {
                    if (!_isRunning) break;
                    Integrate();
                }
            }
        }
    }

    /// <summary>A reading is the mean of the time before it, so it stands for the interval that it ends.</summary>
    private void Integrate()
    {
        if (_sensor.ReadPowerUw(out int powerUw) == Ina219Reading.Measured)
        {
            _powerUw = powerUw;
        }
        else
        {
            // An inference with a gap in it is not measured.
            FailedReadings++;
            IsMeasured = false;
        }
        long now = Clock.NowUs();
        _energyPj += _powerUw * (now - _sampledAtUs);
        _sampledAtUs = now;
    }
}

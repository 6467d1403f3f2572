// The board meters itself: a thread of its own reads the sensor while an inference runs and adds up power times time.
// It takes a little of the CPU that it measures; a second board as the meter does not, and a later version has that.

using System.Threading;

namespace Crime.Firmware.Energy;

/// <summary>Integrates the readings of an INA219 over an inference.</summary>
public sealed class Ina219Meter : IEnergyMeter
{
    /// <summary>Time between two readings in ms: the sensor averages over 8.51 of them by itself.</summary>
    public const int SampleIntervalMs = 9;

    private readonly object _lock = new object();
    private readonly AutoResetEvent _started = new AutoResetEvent(false);
    private readonly Ina219 _sensor;
    private bool _isRunning;
    private long _sampledAtUs;
    private int _powerMw;
    private long _energyNj;

    /// <summary>Starts the sampling thread.</summary>
    public Ina219Meter(Ina219 sensor)
    {
        _sensor = sensor;
        new Thread(SampleWhileRunning).Start();
    }

    /// <inheritdoc/>
    public string Name => "ina219";

    /// <inheritdoc/>
    public bool IsMeasured => true;

    /// <summary>Readings that failed or overflowed; the reading before stands in for each.</summary>
    public int FailedReadings { get; private set; }

    /// <inheritdoc/>
    public void Start()
    {
        lock (_lock)
        {
            _energyNj = 0;
            _sampledAtUs = Clock.NowUs();
            _isRunning = true;
        }
        _started.Set();
    }

    /// <inheritdoc/>
    public int Stop(Activity activity)
    {
        lock (_lock)
        {
            Integrate();
            _isRunning = false;
            long energyUj = _energyNj / 1000;
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
        ReadSensor();
        long now = Clock.NowUs();
        _energyNj += _powerMw * (now - _sampledAtUs);
        _sampledAtUs = now;
    }

    private void ReadSensor()
    {
        if (_sensor.ReadPowerMw(out int powerMw)) _powerMw = powerMw;
        else FailedReadings++;
    }
}

// Analog Devices ADXL345, data sheet rev. G: an accelerometer of three axes on I2C. Register names are those of the data sheet. The sensor
// samples by its own clock into a buffer of 32 entries, so that a late poll costs no timestep and gives none a wrong time.

using System.Device.I2c;

namespace Crime.Device.Sensors;

/// <summary>Reads an ADXL345. The unit is 1/256 g at every range (full resolution, nominally 3.9 mg).</summary>
internal sealed class Adxl345Sensor : ISensor
{
    /// <summary>Entries of the buffer.</summary>
    public const int FifoLength = 32;

    /// <summary>Address with the pin ALT ADDRESS at ground; 0x1D when it is high.</summary>
    public const int DefaultAddress = 0x53;

    private const byte DeviceIdRegister = 0x00;
    private const byte RateRegister = 0x2C;
    private const byte PowerRegister = 0x2D;
    private const byte InterruptSourceRegister = 0x30;
    private const byte FormatRegister = 0x31;
    private const byte DataRegister = 0x32;
    private const byte FifoControlRegister = 0x38;
    private const byte FifoStatusRegister = 0x39;
    private const int DeviceId = 0xE5;
    private const int Measure = 0x08;
    private const int FullResolution = 0x08;
    private const int OverrunFlag = 0x01;
    private const int EntriesMask = 0x3F;
    private const int BypassMode = 0x00;
    private const int StreamMode = 0x80;
    private const int SlowestRateMilliHz = 12_500;
    private const int SlowestRateCode = 7;
    private const int FastestRateCode = 13;
    private const int Axes = 3;

    private readonly I2cRegisters _registers;
    private readonly FifoClock _fifo;
    private readonly byte[] _sample = new byte[2 * Axes];
    private readonly int _rateCode;
    private readonly int _rangeCode;
    private bool _hasFailed;

    /// <summary>Uses a device on the bus; call <see cref="Start"/> before reading.</summary>
    /// <param name="device">The device. The bus needs 400 kHz for 200 Hz and more.</param>
    /// <param name="rateMilliHz">Timesteps per second in mHz: 12 500 times a power of two, up to 800 000.</param>
    /// <param name="rangeG">Range in g: 2, 4, 8 or 16.</param>
    public Adxl345Sensor(I2cDevice device, int rateMilliHz, int rangeG)
    {
        _registers = new I2cRegisters(device);
        int code = SlowestRateCode, rate = SlowestRateMilliHz;
        for (; code < FastestRateCode && rate < rateMilliHz; code++) rate *= 2;
        _rateCode = rate == rateMilliHz ? code : -1;
        _rangeCode = rangeG == 2 ? 0 : rangeG == 4 ? 1 : rangeG == 8 ? 2 : 3;
        IntervalUs = (int)(1_000_000_000L / rate);
        _fifo = new FifoClock(IntervalUs, FifoLength);
    }

    /// <inheritdoc/>
    public int Channels => Axes;

    /// <inheritdoc/>
    public int IntervalUs { get; }

    /// <inheritdoc/>
    public int PollUs => _fifo.PollUs;

    /// <inheritdoc/>
    public string Start()
    {
        if (_rateCode < 0) return "sensor.rate-hz of an ADXL345 is 12.5, 25, 50, 100, 200, 400 or 800";
        if (!_registers.Read(DeviceIdRegister, out int id)) return "no ADXL345 answers at the set address";
        if (id != DeviceId) return "the device at the set address has the id 0x" + id.ToString("X2") + ", and an ADXL345 has 0xE5";
        return Configure() ? null : "the ADXL345 stopped answering while it was configured";
    }

    /// <inheritdoc/>
    public int Read(short[] values, int mostSteps)
    {
        if (_hasFailed && !Configure()) return -1;
        int steps = ReadFifo(values, mostSteps);
        _hasFailed = steps < 0;
        return steps;
    }

    /// <inheritdoc/>
    public int TakeLost() => _fifo.TakeLost();

    /// <summary>In standby, as the data sheet recommends. The bypass mode empties the buffer of what a restarted board had not read.</summary>
    private bool Configure()
    {
        bool isConfigured = _registers.Write(PowerRegister, 0)
            && _registers.Write(RateRegister, _rateCode)
            && _registers.Write(FormatRegister, FullResolution | _rangeCode)
            && _registers.Write(FifoControlRegister, BypassMode)
            && _registers.Write(FifoControlRegister, StreamMode)
            && _registers.Write(PowerRegister, Measure);
        _hasFailed = !isConfigured;
        _fifo.Restart(Clock.NowUs());
        return isConfigured;
    }

    private int ReadFifo(short[] values, int mostSteps)
    {
        // The flag first: reading a sample clears it.
        if (!_registers.Read(InterruptSourceRegister, out int source) || !_registers.Read(FifoStatusRegister, out int status)) return -1;
        long nowUs = Clock.NowUs();
        int waiting = status & EntriesMask;
        if (waiting == 0) return _fifo.IsSilent(nowUs) ? -1 : 0;
        if ((source & OverrunFlag) != 0) _fifo.OnOverrun(nowUs, waiting);
        int steps = waiting < mostSteps ? waiting : mostSteps, at = 0;
        for (int step = 0; step < steps; step++)
        {
            // One transfer an entry: the end of reading the six registers moves the next entry into them.
            if (!_registers.Read(DataRegister, _sample))
            {
                _fifo.OnDropped(step);
                return -1;
            }
            values[at] = (short)(_sample[0] | (_sample[1] << 8));
            values[at + 1] = (short)(_sample[2] | (_sample[3] << 8));
            values[at + 2] = (short)(_sample[4] | (_sample[5] << 8));
            at += Axes;
        }
        _fifo.OnRead(nowUs, waiting - steps);
        return steps;
    }
}

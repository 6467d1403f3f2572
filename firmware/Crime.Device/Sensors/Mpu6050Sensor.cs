// TDK InvenSense MPU-6050 (register map RM-MPU-6000A, rev. 4.2) and its successors MPU-6500, MPU-9250 and MPU-9255, which have the same
// registers where this driver uses them. The sensor samples by its own clock into a buffer of 1024 bytes, or 512 on the successors.

using System.Device.I2c;
using System.Threading;

namespace Crime.Device.Sensors;

/// <summary>Reads an MPU6050 or a successor: three channels of acceleration, then three of rotation where they are wanted.</summary>
/// <remarks>The unit is the range divided by 32 768.</remarks>
internal sealed class Mpu6050Sensor : ISensor
{
    /// <summary>Address with the pin AD0 at ground; 0x69 when it is high.</summary>
    public const int DefaultAddress = 0x68;

    /// <summary>Bytes of the smallest buffer of the family.</summary>
    public const int FifoSizeBytes = 512;

    private const byte DividerRegister = 0x19;
    private const byte FilterRegister = 0x1A;
    private const byte GyroscopeRegister = 0x1B;
    private const byte AccelerometerRegister = 0x1C;
    private const byte AccelerometerFilterRegister = 0x1D;
    private const byte FifoEnableRegister = 0x23;
    private const byte InterruptStatusRegister = 0x3A;
    private const byte UserControlRegister = 0x6A;
    private const byte PowerRegister = 0x6B;
    private const byte FifoCountRegister = 0x72;
    private const byte FifoDataRegister = 0x74;
    private const byte WhoAmIRegister = 0x75;
    private const int Mpu6050Id = 0x68;
    private const int ResetDevice = 0x80;
    private const int ClockOfGyroscope = 0x01;
    private const int FifoOfAccelerometer = 0x08;
    private const int FifoOfGyroscope = 0x70;
    private const int FifoEnabled = 0x40;
    private const int FifoReset = 0x04;
    private const int OverflowFlag = 0x10;
    private const int InternalRateMilliHz = 1_000_000;
    private const int MostDivider = 256;
    private const int ResetPolls = 20;
    private const int ResetPollMs = 10;
    private const int StartUpMs = 30;

    // Timesteps of one transfer: 192 bytes with the gyroscope, 4.4 ms on a bus of 400 kHz, in which no other thread runs.
    private const int BurstSteps = 16;

    private readonly I2cRegisters _registers;
    private readonly FifoClock _fifo;
    private readonly byte[] _count = new byte[2];
    private readonly byte[] _burst;
    private readonly int _stepSize;
    private readonly int _rateMilliHz;
    private readonly int _divider;
    private readonly int _accelerometerRange;
    private readonly int _gyroscopeRange;
    private int _id;
    private bool _hasFailed;

    /// <summary>Uses a device on the bus; call <see cref="Start"/> before reading.</summary>
    /// <param name="device">The device.</param>
    /// <param name="rateMilliHz">Timesteps per second in mHz: 1 000 000 divided by a whole number up to 256.</param>
    /// <param name="channels">3, or 6 with the gyroscope.</param>
    /// <param name="rangeG">Range of the accelerometer in g: 2, 4, 8 or 16.</param>
    /// <param name="rangeDps">Range of the gyroscope in degrees per second: 250, 500, 1000 or 2000.</param>
    public Mpu6050Sensor(I2cDevice device, int rateMilliHz, int channels, int rangeG, int rangeDps)
    {
        _registers = new I2cRegisters(device);
        Channels = channels;
        _rateMilliHz = rateMilliHz;
        _divider = InternalRateMilliHz / rateMilliHz;
        _stepSize = 2 * channels;
        _burst = new byte[BurstSteps * _stepSize];
        _accelerometerRange = rangeG == 2 ? 0 : rangeG == 4 ? 1 : rangeG == 8 ? 2 : 3;
        _gyroscopeRange = rangeDps == 250 ? 0 : rangeDps == 500 ? 1 : rangeDps == 1000 ? 2 : 3;
        IntervalUs = _divider * 1000;
        _fifo = new FifoClock(IntervalUs, FifoSizeBytes / _stepSize);
    }

    /// <inheritdoc/>
    public int Channels { get; }

    /// <inheritdoc/>
    public int IntervalUs { get; }

    /// <inheritdoc/>
    public int PollUs => _fifo.PollUs;

    /// <inheritdoc/>
    public string Start()
    {
        if (Channels != 3 && Channels != 6) return "sensor.channels of an MPU6050 is 3, or 6 with the gyroscope";
        if (_divider > MostDivider || _divider * _rateMilliHz != InternalRateMilliHz)
            return "sensor.rate-hz of an MPU6050 is 1000 divided by a whole number: 1000, 500, 250, 200, 125, 100, 50, 25, 12.5, 10, 5";
        if (!_registers.Read(WhoAmIRegister, out int id)) return "no MPU6050 answers at the set address";
        if (id != Mpu6050Id && id != 0x70 && id != 0x71 && id != 0x73)
            return "the device at the set address has the id 0x" + id.ToString("X2") + ", and an MPU6050, 6500, 9250 or 9255 has 0x68, 0x70, 0x71 or 0x73";
        _id = id;
        return Configure() ? null : "the MPU6050 stopped answering while it was configured";
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

    private int ReadFifo(short[] values, int mostSteps)
    {
        // The flag first: a timestep that comes between the two transfers is in the count, and an overflow is in the next flag.
        if (!_registers.Read(InterruptStatusRegister, out int status) || !_registers.Read(FifoCountRegister, _count)) return -1;
        long nowUs = Clock.NowUs();
        if ((status & OverflowFlag) != 0) return Recover(nowUs);
        int waiting = ((_count[0] << 8) | _count[1]) / _stepSize;
        if (waiting == 0) return _fifo.IsSilent(nowUs) ? -1 : 0;
        int steps = waiting < mostSteps ? waiting : mostSteps;
        for (int step = 0; step < steps;)
        {
            int burst = steps - step < BurstSteps ? steps - step : BurstSteps;
            if (!_registers.Read(FifoDataRegister, _burst, burst * _stepSize))
            {
                _fifo.OnDropped(step);
                return -1;
            }
            Take(values, step * Channels, burst * Channels);
            step += burst;
        }
        _fifo.OnRead(nowUs, waiting - steps);
        return steps;
    }

    /// <summary>Resets the sensor and writes all settings.</summary>
    private bool Configure()
    {
        bool isConfigured = Reset() && WriteSettings();
        _hasFailed = !isConfigured;
        _fifo.Restart(Clock.NowUs());
        return isConfigured;
    }

    /// <summary>Brings all registers to their values after power-on, and waits for it.</summary>
    private bool Reset()
    {
        if (!_registers.Write(PowerRegister, ResetDevice)) return false;
        for (int i = 0; i < ResetPolls; i++)
        {
            Thread.Sleep(ResetPollMs);
            if (_registers.Read(PowerRegister, out int power) && (power & ResetDevice) == 0) return true;
        }
        return false;
    }

    private bool WriteSettings()
    {
        // The gyroscope's oscillator is the better clock, and needs 30 ms to start.
        if (!_registers.Write(PowerRegister, ClockOfGyroscope)) return false;
        Thread.Sleep(StartUpMs);
        int filter = Filter();
        return _registers.Write(FilterRegister, filter)
            && _registers.Write(DividerRegister, _divider - 1)
            && _registers.Write(AccelerometerRegister, _accelerometerRange << 3)
            && _registers.Write(GyroscopeRegister, _gyroscopeRange << 3)
            // The first of the family has one filter for both.
            && (_id == Mpu6050Id || _registers.Write(AccelerometerFilterRegister, filter))
            && _registers.Write(FifoEnableRegister, Channels == 6 ? FifoOfAccelerometer | FifoOfGyroscope : FifoOfAccelerometer)
            && _registers.Write(UserControlRegister, FifoEnabled | FifoReset);
    }

    /// <summary>
    /// The code of the low-pass filter: the widest one below half of the rate, of 184, 94, 44, 21, 10 and 5 Hz. With any of them the
    /// sensor works at 1 kHz inside, which the divider divides.
    /// </summary>
    private int Filter()
    {
        int hz = _rateMilliHz / 1000;
        return hz >= 368 ? 1 : hz >= 188 ? 2 : hz >= 88 ? 3 : hz >= 42 ? 4 : hz >= 20 ? 5 : 6;
    }

    /// <summary>The buffer's size is no multiple of a timestep: after an overflow its first byte may lie within one. It is emptied.</summary>
    private int Recover(long nowUs)
    {
        _fifo.OnOverrun(nowUs, 0);
        if (!_registers.Write(UserControlRegister, FifoEnabled | FifoReset)) return -1;
        _fifo.Restart(nowUs);
        return 0;
    }

    /// <summary>Numbers of 16 bits, the upper byte first.</summary>
    private void Take(short[] values, int from, int count)
    {
        byte[] burst = _burst;
        for (int i = 0, at = 0; i < count; i++, at += 2) values[from + i] = (short)((burst[at] << 8) | burst[at + 1]);
    }
}

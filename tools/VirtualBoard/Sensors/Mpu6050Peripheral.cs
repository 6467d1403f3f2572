// The register model of a TDK InvenSense MPU-6050 and of its successors (RM-MPU-6000A), as far as a driver uses it without interrupts and the
// second bus: identity, reset, sleep, rates, ranges, the data registers, and the buffer. The low-pass filters set the rate and do not filter.

using System;
using System.Collections.Generic;
using Crime.VirtualBoard.Boards;

namespace Crime.VirtualBoard.Sensors;

/// <summary>An MPU6050 or a successor on the virtual I2C bus.</summary>
public sealed class Mpu6050Peripheral : II2cPeripheral
{
    private const int DividerRegister = 0x19;
    private const int FilterRegister = 0x1A;
    private const int GyroscopeRegister = 0x1B;
    private const int AccelerometerRegister = 0x1C;
    private const int FifoEnableRegister = 0x23;
    private const int InterruptStatusRegister = 0x3A;
    private const int DataRegister = 0x3B;
    private const int LastDataRegister = 0x48;
    private const int UserControlRegister = 0x6A;
    private const int PowerRegister = 0x6B;
    private const int FifoCountRegister = 0x72;
    private const int FifoDataRegister = 0x74;
    private const int WhoAmIRegister = 0x75;
    private const int RegisterCount = 0x80;
    private const int Sleep = 0x40;
    private const int OverflowFlag = 0x10;
    private const byte Mpu6050Id = 0x68;
    private const int Mpu6050FifoSize = 1024;
    private const int FifoSize = 512;
    private const int Axes = 3;
    private const double SmallestRangeDps = 250;

    private readonly byte[] _registers = new byte[RegisterCount];
    private readonly Queue<byte> _fifo = [];
    private readonly short[] _acceleration = new short[Axes];
    private readonly short[] _rotation = new short[Axes];
    private readonly Waveform _motion;
    private readonly SampleClock _clock;
    private readonly byte _id;
    private readonly int _fifoSize;
    private byte _lastTaken;
    private bool _hasOverflow;
    private int _pointer;

    /// <summary>Creates a sensor that has just got power: it sleeps.</summary>
    /// <param name="nowUs">Returns the time of the board in µs.</param>
    /// <param name="motion">Acceleration in g of three axes, then rotation in degrees per second, from the first sample in the buffer on.</param>
    /// <param name="id">The content of the identity register: 0x68 for an MPU6050, 0x70 for an MPU6500, 0x71 for an MPU9250.</param>
    /// <param name="rateFactor">Rate of the oscillator by its nominal one.</param>
    public Mpu6050Peripheral(Func<long> nowUs, Waveform motion, byte id = Mpu6050Id, double rateFactor = 1)
    {
        _motion = motion;
        _id = id;
        _fifoSize = id == Mpu6050Id ? Mpu6050FifoSize : FifoSize;
        _clock = new SampleClock(nowUs, rateFactor);
        LosePower();
    }

    /// <summary>Takes the power away and gives it back: the registers are as after power-on.</summary>
    public void LosePower()
    {
        Array.Clear(_registers);
        _registers[WhoAmIRegister] = _id;
        _registers[PowerRegister] = Sleep;
        _fifo.Clear();
        _hasOverflow = false;
        _clock.Start(0);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Sample();
        if (bytes.Length > 0) _pointer = bytes[0];
        for (int i = 1; i < bytes.Length; i++) WriteRegister(_pointer++, bytes[i]);
    }

    /// <inheritdoc/>
    public void Read(Span<byte> bytes)
    {
        Sample();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = ReadRegister(_pointer);
            // The buffer is behind one register, which a long read does not leave.
            if (_pointer != FifoDataRegister) _pointer++;
        }
    }

    private bool IsFifoEnabled => (_registers[UserControlRegister] & 0x40) != 0;

    private void WriteRegister(int register, byte value)
    {
        if (register is >= RegisterCount or InterruptStatusRegister or WhoAmIRegister or (>= DataRegister and <= LastDataRegister)) return;
        if (register == PowerRegister && (value & 0x80) != 0)
        {
            LosePower();
            return;
        }
        _registers[register] = value;
        if (register == UserControlRegister && (value & 4) != 0)
        {
            _fifo.Clear();
            _registers[register] &= 0xFB;
        }
        if (register is PowerRegister or DividerRegister or FilterRegister or FifoEnableRegister or UserControlRegister) StartClock();
    }

    /// <summary>Samples are counted while they enter the buffer: the first one is that of the waveform.</summary>
    private void StartClock()
    {
        bool isSampling = (_registers[PowerRegister] & Sleep) == 0 && IsFifoEnabled && _registers[FifoEnableRegister] != 0;
        // Without a filter the gyroscope works at 8 kHz.
        double insideHz = (_registers[FilterRegister] & 7) is 0 or 7 ? 8000 : 1000;
        _clock.Start(isSampling ? insideHz / (1 + _registers[DividerRegister]) : 0);
    }

    private byte ReadRegister(int register)
    {
        switch (register)
        {
            case InterruptStatusRegister:
                byte status = (byte)(_hasOverflow ? OverflowFlag : 0);
                _hasOverflow = false;
                return status;
            case FifoCountRegister: return (byte)(_fifo.Count >> 8);
            case FifoCountRegister + 1: return (byte)_fifo.Count;
            case FifoDataRegister:
                if (_fifo.Count > 0) _lastTaken = _fifo.Dequeue();
                return _lastTaken;
            case >= DataRegister and <= LastDataRegister: return DataByte(register - DataRegister);
            default: return register < RegisterCount ? _registers[register] : (byte)0;
        }
    }

    /// <summary>Three numbers of acceleration, the temperature, three of rotation.</summary>
    private byte DataByte(int place)
    {
        int number = place / 2;
        short value = number < Axes ? _acceleration[number] : number == Axes ? (short)0 : _rotation[number - Axes - 1];
        return (byte)(value >> ((place & 1) == 0 ? 8 : 0));
    }

    private void Sample()
    {
        long due = _clock.Due();
        long skipped = Math.Max(0, due - _fifoSize);
        _clock.Skip(skipped);
        for (; due > skipped; due--) Store(_clock.Take());
    }

    private void Store(double seconds)
    {
        double rangeG = 2 << ((_registers[AccelerometerRegister] >> 3) & 3), rangeDps = SmallestRangeDps * (1 << ((_registers[GyroscopeRegister] >> 3) & 3));
        for (int axis = 0; axis < Axes; axis++)
        {
            _acceleration[axis] = Measured(_motion.At(seconds, axis), rangeG);
            _rotation[axis] = Measured(_motion.At(seconds, Axes + axis), rangeDps);
        }
        int enabled = _registers[FifoEnableRegister];
        if ((enabled & 0x08) != 0)
            for (int axis = 0; axis < Axes; axis++) Push(_acceleration[axis]);
        for (int axis = 0; axis < Axes; axis++)
            if ((enabled & (0x40 >> axis)) != 0) Push(_rotation[axis]);
    }

    private static short Measured(double value, double range) =>
        (short)Math.Clamp(Math.Round(value * 32_768 / range), short.MinValue, short.MaxValue);

    private void Push(short value)
    {
        Push((byte)(value >> 8));
        Push((byte)value);
    }

    /// <summary>A full buffer loses its oldest byte.</summary>
    private void Push(byte value)
    {
        if (_fifo.Count == _fifoSize)
        {
            _fifo.Dequeue();
            _hasOverflow = true;
        }
        _fifo.Enqueue(value);
    }
}

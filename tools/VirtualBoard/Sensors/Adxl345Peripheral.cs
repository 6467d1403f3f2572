// The register model of an Analog Devices ADXL345 (data sheet rev. G), as far as a driver without watermark and self-test uses it: identity,
// rate, standby, formats, the data registers, and the buffer in bypass and stream mode.

using System;
using System.Collections.Generic;
using Crime.VirtualBoard.Boards;

namespace Crime.VirtualBoard.Sensors;

/// <summary>An ADXL345 on the virtual I2C bus.</summary>
public sealed class Adxl345Peripheral : II2cPeripheral
{
    private const int DeviceIdRegister = 0x00;
    private const int RateRegister = 0x2C;
    private const int PowerRegister = 0x2D;
    private const int InterruptSourceRegister = 0x30;
    private const int FormatRegister = 0x31;
    private const int DataRegister = 0x32;
    private const int LastDataRegister = 0x37;
    private const int FifoControlRegister = 0x38;
    private const int FifoStatusRegister = 0x39;
    private const int RegisterCount = 0x3A;
    private const int Measure = 0x08;
    private const int FullResolution = 0x08;
    private const int LeftJustified = 0x04;
    private const int StreamMode = 2;
    private const int FifoLength = 32;
    private const double FastestRateHz = 3200;
    private const int FullResolutionPerG = 256;
    private const int TenBitRange = 512;

    private readonly byte[] _registers = new byte[RegisterCount];
    private readonly Queue<short[]> _fifo = [];
    private readonly Waveform _acceleration;
    private readonly SampleClock _clock;
    private readonly byte _deviceId;
    private short[] _data = new short[3];
    private bool _hasNew;
    private bool _hasOverrun;
    private int _pointer;

    /// <summary>Creates a sensor that has just got power: it is in standby.</summary>
    /// <param name="nowUs">Returns the time of the board in µs.</param>
    /// <param name="acceleration">Acceleration in g of three axes, from the first measurement on.</param>
    /// <param name="rateFactor">Rate of the oscillator by its nominal one.</param>
    /// <param name="deviceId">The content of the identity register.</param>
    public Adxl345Peripheral(Func<long> nowUs, Waveform acceleration, double rateFactor = 1, byte deviceId = 0xE5)
    {
        _acceleration = acceleration;
        _clock = new SampleClock(nowUs, rateFactor);
        _deviceId = deviceId;
        LosePower();
    }

    /// <summary>Samples that the buffer has lost.</summary>
    public long LostCount { get; private set; }

    /// <summary>Takes the power away and gives it back: the registers are as after power-on.</summary>
    public void LosePower()
    {
        Array.Clear(_registers);
        _registers[DeviceIdRegister] = _deviceId;
        _registers[RateRegister] = 0x0A;
        _fifo.Clear();
        _hasNew = _hasOverrun = false;
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
        bool hasReadData = false;
        for (int i = 0; i < bytes.Length; i++, _pointer++)
        {
            bytes[i] = ReadRegister(_pointer);
            hasReadData |= _pointer is >= DataRegister and <= LastDataRegister;
        }
        if (!hasReadData) return;
        _hasNew = _hasOverrun = false;
        if (IsStream && _fifo.Count > 0) _data = _fifo.Dequeue();
    }

    private bool IsStream => _registers[FifoControlRegister] >> 6 == StreamMode;

    private void WriteRegister(int register, byte value)
    {
        if (register is >= RegisterCount or DeviceIdRegister or InterruptSourceRegister or FifoStatusRegister or (>= DataRegister and <= LastDataRegister)) return;
        _registers[register] = value;
        if (register is PowerRegister or RateRegister)
            _clock.Start((_registers[PowerRegister] & Measure) != 0 ? FastestRateHz / (1 << (15 - (_registers[RateRegister] & 15))) : 0);
        // Bypass empties the buffer.
        if (register == FifoControlRegister && value >> 6 == 0) _fifo.Clear();
    }

    private byte ReadRegister(int register) => register switch
    {
        InterruptSourceRegister => (byte)((_hasNew || _fifo.Count > 0 ? 0x80 : 0) | (_hasOverrun ? 1 : 0)),
        FifoStatusRegister => (byte)_fifo.Count,
        >= DataRegister and <= LastDataRegister => DataByte(register - DataRegister),
        >= RegisterCount => 0,
        _ => _registers[register],
    };

    private byte DataByte(int place)
    {
        short[] sample = IsStream && _fifo.TryPeek(out short[]? oldest) ? oldest : _data;
        return (byte)(sample[place / 2] >> (8 * (place & 1)));
    }

    /// <summary>Takes the samples that are due.</summary>
    private void Sample()
    {
        long due = _clock.Due();
        // A board that did not look for long needs the last ones only.
        long skipped = Math.Max(0, due - 2 * FifoLength);
        _clock.Skip(skipped);
        if (IsStream) LostCount += skipped;
        for (; due > skipped; due--) Store(Measured(_clock.Take()));
    }

    private void Store(short[] sample)
    {
        if (!IsStream)
        {
            _hasOverrun |= _hasNew;
            _hasNew = true;
            _data = sample;
            return;
        }
        if (_fifo.Count == FifoLength)
        {
            _fifo.Dequeue();
            _hasOverrun = true;
            LostCount++;
        }
        _fifo.Enqueue(sample);
    }

    /// <summary>A sample in the set format, clipped at the end of the range.</summary>
    private short[] Measured(double seconds)
    {
        int format = _registers[FormatRegister], rangeG = 2 << (format & 3);
        bool isFull = (format & FullResolution) != 0;
        int largest = isFull ? rangeG * FullResolutionPerG : TenBitRange;
        int bits = isFull ? 10 + (format & 3) : 10, shift = (format & LeftJustified) != 0 ? 16 - bits : 0;
        var sample = new short[3];
        for (int axis = 0; axis < sample.Length; axis++)
            sample[axis] = (short)((int)Math.Clamp(Math.Round(_acceleration.At(seconds, axis) * largest / rangeG), -largest, largest - 1) << shift);
        return sample;
    }
}

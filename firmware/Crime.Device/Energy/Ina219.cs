// Texas Instruments INA219, SBOS448G: a current and power monitor on I2C. Sections below are those of the data sheet.

using System;
using System.Device.I2c;

namespace Crime.Device.Energy;

/// <summary>Register addresses (section 8.6, table 2).</summary>
internal enum Ina219Register : byte
{
    Configuration = 0,
    ShuntVoltage = 1,
    BusVoltage = 2,
    Power = 3,
    Current = 4,
    Calibration = 5,
}

/// <summary>What the sensor converts, over and over (section 8.6.2, table 6).</summary>
internal enum Ina219Mode
{
    /// <summary>The shunt alone: no gap between two conversions.</summary>
    Shunt = 0b101,

    /// <summary>The shunt, then the bus.</summary>
    ShuntAndBus = 0b111,
}

/// <summary>Averaging of the shunt's conversions of 12 bits (section 8.6.2, table 5); the value is the register's.</summary>
internal enum Ina219Averaging
{
    /// <summary>One conversion, 532 µs.</summary>
    None = 0b1000,

    /// <summary>The mean of 16 conversions, 8.51 ms.</summary>
    Samples16 = 0b1100,

    /// <summary>The mean of 64 conversions, 34.05 ms.</summary>
    Samples64 = 0b1110,

    /// <summary>The mean of 128 conversions, 68.1 ms.</summary>
    Samples128 = 0b1111,
}

/// <summary>What a reading is worth.</summary>
internal enum Ina219Reading
{
    /// <summary>A measurement.</summary>
    Measured = 0,

    /// <summary>No conversion has finished since the last reading.</summary>
    NotReady = 1,

    /// <summary>The shunt's range was exceeded, the current register overflowed, or the bus has not been converted.</summary>
    OutOfRange = 2,

    /// <summary>The sensor did not answer.</summary>
    BusFailed = 3,
}

/// <summary>Reads bus voltage and current. Keeps its buffers; a reading allocates nothing of its own.</summary>
internal sealed class Ina219 : IDisposable
{
    /// <summary>LSB of the shunt voltage register in µV (section 8.6.3.1).</summary>
    public const int ShuntLsbUv = 10;

    /// <summary>Time of one conversion of 12 bits in µs, typical (section 8.6.2, table 5).</summary>
    public const int ConversionUs = 532;

    private const int SmallestRangeUv = 40_000;
    private const int LargestGain = 3;
    private const int MaxCalibration = 0xFFFE;
    private const int RegisterSteps = 32_768;

    private readonly I2cDevice _device;
    private readonly byte[] _address = new byte[1];
    private readonly byte[] _answer = new byte[2];
    private readonly byte[] _command = new byte[3];
    private int _configuration;
    private int _clippedCurrent;
    private int _millivolts;

    /// <summary>Uses a device on the bus; call <see cref="Begin"/> before reading.</summary>
    public Ina219(I2cDevice device) => _device = device;

    /// <summary>Resolution of the current in nA: the expected maximum over 2^15, or what the calibration register can hold.</summary>
    public int CurrentLsbNa { get; private set; }

    /// <summary>Content of the calibration register.</summary>
    public int Calibration { get; private set; }

    /// <summary>Largest current in mA before the shunt's range is exceeded.</summary>
    public int RangeMa { get; private set; }

    /// <summary>Configures the sensor and checks that it is one.</summary>
    /// <param name="shuntMilliohm">Shunt resistor in mOhm, 1 to 10 000.</param>
    /// <param name="maxMilliampere">Largest expected current in mA, 1 to 100 000.</param>
    /// <param name="averaging">Averaging of the shunt's conversions.</param>
    /// <returns>False when nothing answers, or something else than an INA219 does.</returns>
    public bool Begin(int shuntMilliohm, int maxMilliampere, Ina219Averaging averaging)
    {
        // Section 8.6.2: the smallest of the ranges +-40, 80, 160 and 320 mV that holds the expected current.
        int gain = 0;
        while (gain < LargestGain && SmallestRangeUv << gain < (long)shuntMilliohm * maxMilliampere) gain++;
        int rangeUv = SmallestRangeUv << gain;
        RangeMa = rangeUv / shuntMilliohm;
        Calibrate(shuntMilliohm, maxMilliampere);
        // Section 8.5.1, equation 4: what the current register shows when the shunt register is at the end of its range.
        _clippedCurrent = (int)((long)(rangeUv / ShuntLsbUv) * Calibration / 4096);
        // The bus in its 16 V range, 12 bits (532 us): it hardly moves.
        _configuration = (gain << 11) | (0b0011 << 7) | ((int)averaging << 3);
        return Write(Ina219Register.Calibration, Calibration) && SetMode(Ina219Mode.ShuntAndBus) && IsConfigured(Ina219Mode.ShuntAndBus);
    }

    /// <summary>Chooses what is converted.</summary>
    /// <returns>False when the sensor did not answer.</returns>
    public bool SetMode(Ina219Mode mode) => Write(Ina219Register.Configuration, _configuration | (int)mode);

    /// <summary>Whether the sensor still has its settings: one that has lost its power answers, and measures nothing.</summary>
    public bool IsConfigured(Ina219Mode mode) =>
        Read(Ina219Register.Configuration, out int configuration) && configuration == (_configuration | (int)mode)
        && Read(Ina219Register.Calibration, out int calibration) && calibration == Calibration;

    /// <summary>Reads the supply as the last conversions found it.</summary>
    /// <param name="microwatts">Power in µW; 0 unless measured.</param>
    public Ina219Reading ReadPowerUw(out int microwatts)
    {
        microwatts = 0;
        Ina219Reading result = ReadBus(out _);
        if (result == Ina219Reading.Measured) result = ReadCurrent(out microwatts);
        return result;
    }

    /// <summary>Takes the shunt conversion that has finished since the last call.</summary>
    /// <param name="microwatts">Power in µW at the bus voltage last converted; 0 unless measured.</param>
    public Ina219Reading TakePowerUw(out int microwatts)
    {
        microwatts = 0;
        Ina219Reading result = ReadBus(out bool isReady);
        if (result == Ina219Reading.Measured && !isReady) return Ina219Reading.NotReady;
        if (result == Ina219Reading.Measured) result = ReadCurrent(out microwatts);
        // Section 8.6.3.2: reading the power register clears the conversion-ready flag.
        return Read(Ina219Register.Power, out _) ? result : Ina219Reading.BusFailed;
    }

    /// <summary>Releases the bus device.</summary>
    public void Dispose() => _device.Dispose();

    /// <summary>
    /// Section 8.5.1: equation 2, LSB = largest current / 2^15, here rounded up in nA; equation 1, calibration = trunc(0.04096 /
    /// (LSB * shunt)), here in nA and mOhm. Bit 0 is always zero. Where the number would not fit, the LSB is coarser.
    /// </summary>
    private void Calibrate(int shuntMilliohm, int maxMilliampere)
    {
        const long scale = 40_960_000_000;
        long wanted = (maxMilliampere * 1_000_000L + RegisterSteps - 1) / RegisterSteps;
        long finest = (scale + (long)MaxCalibration * shuntMilliohm - 1) / ((long)MaxCalibration * shuntMilliohm);
        CurrentLsbNa = (int)(wanted > finest ? wanted : finest);
        Calibration = (int)(scale / ((long)CurrentLsbNa * shuntMilliohm)) & MaxCalibration;
    }

    /// <summary>Section 8.6.3.2: voltage in the upper 13 bits, LSB 4 mV; bit 1: conversion ready; bit 0: the math has overflowed.</summary>
    private Ina219Reading ReadBus(out bool isReady)
    {
        isReady = false;
        if (!Read(Ina219Register.BusVoltage, out int bus)) return Ina219Reading.BusFailed;
        isReady = (bus & 2) != 0;
        if ((bus & 1) != 0) return Ina219Reading.OutOfRange;
        _millivolts = (bus >> 3) * 4;
        return _millivolts == 0 ? Ina219Reading.OutOfRange : Ina219Reading.Measured;
    }

    private Ina219Reading ReadCurrent(out int microwatts)
    {
        microwatts = 0;
        if (!Read(Ina219Register.Current, out int raw)) return Ina219Reading.BusFailed;
        int current = (short)raw;
        if (current >= _clippedCurrent || current <= -_clippedCurrent) return Ina219Reading.OutOfRange;
        // mV times nA are pW. The power register would say the same with a twentieth of the resolution (equation 3).
        microwatts = (int)((long)_millivolts * current * CurrentLsbNa / 1_000_000);
        return Ina219Reading.Measured;
    }

    private bool Write(Ina219Register register, int value)
    {
        _command[0] = (byte)register;
        _command[1] = (byte)(value >> 8);
        _command[2] = (byte)value;
        return _device.Write(_command).Status == I2cTransferStatus.FullTransfer;
    }

    private bool Read(Ina219Register register, out int value)
    {
        _address[0] = (byte)register;
        value = 0;
        if (_device.WriteRead(_address, _answer).Status != I2cTransferStatus.FullTransfer) return false;
        value = (_answer[0] << 8) | _answer[1];
        return true;
    }
}

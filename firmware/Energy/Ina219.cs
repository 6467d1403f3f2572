// Texas Instruments INA219, SBOS448G: a current and power monitor on I2C. Sections below are those of the data sheet.

using System;
using System.Device.I2c;

namespace Crime.Firmware.Energy;

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

/// <summary>Reads bus voltage and current. Keeps its buffers; a reading allocates nothing of its own.</summary>
public sealed class Ina219 : IDisposable
{
    /// <summary>Finest resolution of the current in µA: enough for sleep, with 655 mA of range in 15 bits.</summary>
    public const int FinestCurrentLsbUa = 20;

    private const int MaxCalibration = 0xFFFE;

    // Section 8.6.2: 16 V range; gain /2 (+-80 mV, 800 mA at 0.1 Ohm); the bus in 12 bits (532 us), which hardly moves; the
    // shunt as the mean of 16 conversions (8.51 ms), which then covers nearly all of the time between two readings;
    // both continuously.
    private const int ConfigurationValue = (0 << 13) | (1 << 11) | (0b0011 << 7) | (0b1100 << 3) | 0b111;

    private readonly I2cDevice _device;
    private readonly byte[] _address = new byte[1];
    private readonly byte[] _answer = new byte[2];
    private readonly byte[] _command = new byte[3];
    private int _currentLsbUa = FinestCurrentLsbUa;

    /// <summary>Uses a device on the bus; call <see cref="Begin"/> before reading.</summary>
    public Ina219(I2cDevice device) => _device = device;

    /// <summary>Configures the sensor.</summary>
    /// <param name="shuntMilliohm">Shunt resistor in mOhm.</param>
    /// <returns>False when nothing answers, or something else than an INA219 does.</returns>
    public bool Begin(int shuntMilliohm)
    {
        // Section 8.5.1, equation 1: 0.04096 / (current LSB * shunt), here in uA and mOhm; bit 0 is always zero. A small shunt
        // takes a coarser LSB, or the number would not fit its register.
        const long scale = 40_960_000;
        long coarsest = (scale + (long)MaxCalibration * shuntMilliohm - 1) / ((long)MaxCalibration * shuntMilliohm);
        _currentLsbUa = coarsest > FinestCurrentLsbUa ? (int)coarsest : FinestCurrentLsbUa;
        long calibration = scale / ((long)_currentLsbUa * shuntMilliohm) & MaxCalibration;
        if (!Write(Ina219Register.Calibration, (int)calibration)) return false;
        if (!Write(Ina219Register.Configuration, ConfigurationValue)) return false;
        return Read(Ina219Register.Configuration, out int configuration) && configuration == ConfigurationValue;
    }

    /// <summary>Reads the supply at this moment.</summary>
    /// <param name="milliwatts">Power in mW.</param>
    /// <returns>False when the bus failed or the conversion overflowed.</returns>
    public bool ReadPowerMw(out int milliwatts)
    {
        milliwatts = 0;
        if (!Read(Ina219Register.BusVoltage, out int bus) || !Read(Ina219Register.Current, out int current)) return false;
        // Section 8.6.3.2: voltage in the upper 13 bits, LSB 4 mV; bit 0 says that power or current overflowed.
        if ((bus & 1) != 0) return false;
        int millivolts = (bus >> 3) * 4;
        int microamperes = (short)current * _currentLsbUa;
        milliwatts = (int)((long)millivolts * microamperes / 1_000_000);
        return true;
    }

    /// <summary>Releases the bus device.</summary>
    public void Dispose() => _device.Dispose();

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

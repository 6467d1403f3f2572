// The register model of an INA219 in the supply line of a virtual board (Texas Instruments SBOS448G). The current it sees is
// what the board's energy ledger says, averaged over the conversion time that its configuration asks for.

using System;
using System.Buffers.Binary;

namespace Crime.VirtualBoard;

/// <summary>An INA219 on the virtual I2C bus.</summary>
public sealed class Ina219Peripheral : II2cPeripheral
{
    private const int ConfigurationRegister = 0;
    private const int ShuntRegister = 1;
    private const int BusRegister = 2;
    private const int PowerRegister = 3;
    private const int CurrentRegister = 4;
    private const int CalibrationRegister = 5;
    private const int ConfigurationAtReset = 0x399F;

    private readonly Board _board;
    private readonly double _shuntOhm;
    private readonly double _busV;
    private int _configuration = ConfigurationAtReset;
    private int _calibration;
    private int _pointer;

    /// <summary>Puts a sensor into a board's supply.</summary>
    /// <param name="board">The board.</param>
    /// <param name="shuntOhm">Its shunt resistor in Ohm.</param>
    public Ina219Peripheral(Board board, double shuntOhm = 0.1)
    {
        _board = board;
        _shuntOhm = shuntOhm;
        _busV = board.Options.Profile.SupplyV;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0) _pointer = bytes[0];
        if (bytes.Length < 3) return;
        int value = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        if (_pointer == ConfigurationRegister) _configuration = (value & 0x8000) != 0 ? ConfigurationAtReset : value;
        // Bit 0 of the calibration cannot be set (section 8.6.4.1).
        if (_pointer == CalibrationRegister) _calibration = value & 0xFFFE;
    }

    /// <inheritdoc/>
    public void Read(Span<byte> bytes)
    {
        int value = Register();
        if (bytes.Length > 0) bytes[0] = (byte)(value >> 8);
        if (bytes.Length > 1) bytes[1] = (byte)value;
    }

    private int Register() => _pointer switch
    {
        ConfigurationRegister => _configuration,
        ShuntRegister => ShuntRaw & 0xFFFF,
        BusRegister => ((int)(_busV / 0.004) << 3) | 0b10 | (Overflows ? 1 : 0),
        // Section 8.5.1: current = shunt * calibration / 4096; power = current * bus / 5000.
        PowerRegister => CurrentRaw * (int)(_busV / 0.004) / 5000 & 0xFFFF,
        CurrentRegister => CurrentRaw & 0xFFFF,
        CalibrationRegister => _calibration,
        _ => 0,
    };

    /// <summary>Shunt voltage in 10 µV, clipped at the range of the gain (section 8.6.3.1).</summary>
    private int ShuntRaw
    {
        get
        {
            double amperes = _board.MeanPowerMw(ConversionUs) / 1000 / _busV;
            int range = 4000 << ((_configuration >> 11) & 3);
            return (int)Math.Clamp(Math.Round(amperes * _shuntOhm / 10e-6), -range, range);
        }
    }

    private int CurrentRaw => (int)Math.Clamp((long)ShuntRaw * _calibration / 4096, short.MinValue, short.MaxValue);

    private bool Overflows => Math.Abs((long)ShuntRaw * _calibration / 4096) > short.MaxValue;

    /// <summary>Conversion time of the shunt channel in µs (section 8.6.2, table 5).</summary>
    private long ConversionUs
    {
        get
        {
            int setting = (_configuration >> 3) & 0b1111;
            if (setting < 8) return (setting & 3) switch { 0 => 84, 1 => 148, 2 => 276, _ => 532 };
            return 532L << (setting & 7);
        }
    }
}

// The register model of an INA219 in a supply line (Texas Instruments SBOS448G; sections are those of the data sheet). It converts one
// quantity after the other, each for its conversion time, and the registers hold the last finished conversion, as in the real part.

using System;
using System.Buffers.Binary;

namespace Crime.VirtualBoard.Boards;

/// <summary>The supply line that a sensor measures.</summary>
/// <param name="NowUs">Returns the time in µs.</param>
/// <param name="MeanAmperes">Returns the mean current in A between two times in µs.</param>
/// <param name="Volts">Supply voltage in V.</param>
public sealed record SupplyLine(Func<long> NowUs, Func<long, long, double> MeanAmperes, double Volts)
{
    /// <summary>The supply of a board.</summary>
    public static SupplyLine Of(Board board)
    {
        double volts = board.Options.Profile.SupplyV;
        return new SupplyLine(() => board.NowUs, (from, until) => board.MeanPowerMw(from, until) / 1000 / volts, volts);
    }
}

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
    private const double ShuntLsbV = 10e-6;
    private const double BusLsbV = 0.004;

    private readonly SupplyLine _supply;
    private readonly double _shuntOhm;
    private int _configuration = ConfigurationAtReset;
    private int _calibration;
    private int _pointer;
    private long _startedUs;
    private long _cyclesTaken;
    private long _cycles;
    private int _shunt;
    private int _bus;

    /// <summary>Creates a sensor in a supply line.</summary>
    /// <param name="supply">The line.</param>
    /// <param name="shuntOhm">Shunt resistor in Ohm.</param>
    public Ina219Peripheral(SupplyLine supply, double shuntOhm = 0.1)
    {
        _supply = supply;
        _shuntOhm = shuntOhm;
    }

    /// <summary>Creates a sensor in the supply line of a board.</summary>
    public Ina219Peripheral(Board board, double shuntOhm = 0.1) : this(SupplyLine.Of(board), shuntOhm)
    {
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Convert();
        if (bytes.Length > 0) _pointer = bytes[0];
        if (bytes.Length < 3) return;
        int value = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        if (_pointer == ConfigurationRegister) Configure(value);
        // Bit 0 of the calibration cannot be set (section 8.6.4.1).
        if (_pointer == CalibrationRegister) _calibration = value & 0xFFFE;
    }

    /// <inheritdoc/>
    public void Read(Span<byte> bytes)
    {
        Convert();
        int value = Register();
        if (bytes.Length > 0) bytes[0] = (byte)(value >> 8);
        if (bytes.Length > 1) bytes[1] = (byte)value;
        // Section 8.6.3.2: this, like a new mode, clears the conversion-ready flag.
        if (_pointer == PowerRegister) _cyclesTaken = _cycles;
    }

    /// <summary>Takes the power away and gives it back: the registers are as after a reset (section 8.6.2).</summary>
    public void LosePower()
    {
        _calibration = 0;
        Configure(ConfigurationAtReset);
    }

    private int Mode => _configuration & 0b111;

    /// <summary>Section 8.5.1, equation 4.</summary>
    private long Current => (long)_shunt * _calibration / 4096;

    /// <summary>Section 8.5.1, equation 5.</summary>
    private long Power => Math.Abs(Current) * _bus / 5000;

    private bool Overflows => Current is > short.MaxValue or < short.MinValue || Power > ushort.MaxValue;

    private int Register() => _pointer switch
    {
        ConfigurationRegister => _configuration,
        ShuntRegister => _shunt & 0xFFFF,
        BusRegister => (_bus << 3) | (_cycles > _cyclesTaken ? 0b10 : 0) | (Overflows ? 1 : 0),
        PowerRegister => (int)(Power & 0xFFFF),
        CurrentRegister => (int)(Current & 0xFFFF),
        CalibrationRegister => _calibration,
        _ => 0,
    };

    private void Configure(int value)
    {
        _configuration = (value & 0x8000) != 0 ? ConfigurationAtReset : value;
        _startedUs = _supply.NowUs();
        _cycles = 0;
        _cyclesTaken = 0;
    }

    /// <summary>Brings the registers to the last conversions that have finished: the shunt's first, then the bus's.</summary>
    private void Convert()
    {
        // Section 8.6.2, table 6: bit 0 converts the shunt, bit 1 the bus, bit 2 goes on; without bits 0 and 1 nothing is converted.
        int shuntUs = (Mode & 1) != 0 ? ConversionUs(_configuration >> 3) : 0, busUs = (Mode & 2) != 0 ? ConversionUs(_configuration >> 7) : 0;
        if (shuntUs + busUs == 0) return;
        long elapsedUs = _supply.NowUs() - _startedUs;
        long cycles = elapsedUs / (shuntUs + busUs);
        bool isOnce = (Mode & 4) == 0;
        if (isOnce) cycles = Math.Min(cycles, 1);
        bool hasShuntOfNext = shuntUs > 0 && !(isOnce && cycles == 1) && elapsedUs - cycles * (shuntUs + busUs) >= shuntUs;
        long shunts = cycles + (hasShuntOfNext ? 1 : 0);
        if (shuntUs > 0 && shunts > 0)
        {
            long from = _startedUs + (shunts - 1) * (shuntUs + busUs);
            _shunt = ShuntOf(_supply.MeanAmperes(from, from + shuntUs));
        }
        if (busUs > 0 && cycles > 0) _bus = BusOf(_supply.Volts);
        _cycles = cycles;
    }

    /// <summary>Shunt voltage in 10 µV, clipped at the range of the gain (section 8.6.3.1).</summary>
    private int ShuntOf(double amperes)
    {
        int range = 4000 << ((_configuration >> 11) & 3);
        return (int)Math.Clamp(Rounded(amperes * _shuntOhm / ShuntLsbV, _configuration >> 3), -range, range);
    }

    /// <summary>Bus voltage in 4 mV, clipped at 16 or 32 V (section 8.6.3.2).</summary>
    private int BusOf(double volts) => (int)Math.Clamp(Rounded(volts / BusLsbV, _configuration >> 7), 0, 4000 << ((_configuration >> 13) & 1));

    /// <summary>Conversions of 9, 10 and 11 bits leave the lowest bits of the 12 at zero.</summary>
    private static double Rounded(double value, int setting)
    {
        int step = (setting & 8) != 0 ? 1 : 1 << (3 - (setting & 3));
        return Math.Round(value / step) * step;
    }

    /// <summary>Conversion time of a channel in µs (section 8.6.2, table 5; typical).</summary>
    private static int ConversionUs(int setting)
    {
        if ((setting & 8) != 0) return (int)(532.0 * (1 << (setting & 7)) + 0.5);
        return (setting & 3) switch { 0 => 84, 1 => 148, 2 => 276, _ => 532 };
    }
}

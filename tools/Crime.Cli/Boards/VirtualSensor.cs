// The sensor of a virtual board: a log, generated gestures, or a hand that makes gestures on demand, behind the registers or the line of the sensor that
// the firmware reads.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Sensors;

namespace Crime.Cli.Boards;

/// <summary>A sensor and the signal around it, as in <c>adxl345=walk.csv</c>, <c>uart=gestures:7</c> or <c>adxl345=hand</c>.</summary>
/// <remarks>The numbers of the log are those that the firmware reads.</remarks>
internal sealed class VirtualSensor
{
    /// <summary>Gestures of the generator, about an hour of them. The last sample stays after them.</summary>
    public const int GestureCount = 1000;

    /// <summary>Kinds of sensors.</summary>
    public static readonly IReadOnlyList<string> Kinds = ["adxl345", "mpu6050", "adc", "uart"];

    private const string Generated = "gestures";
    private const string Held = "hand";

    // As in Waveform: a time that is a sample's but for the rounding of its fraction.
    private const double SampleTolerance = 1e-6;
    private const int Adxl345Address = 0x53;

    // In full resolution.
    private const double Adxl345LsbPerG = 256;
    private const int Mpu6050Address = 0x68;
    private const int Mpu6050RangeG = 8;
    private const int Mpu6050RangeDps = 1000;
    private const double FullScale = 32_768;
    private const int MostAdcChannels = 8;
    private const string Port = "COM3";

    // An ADXL335, the accelerometer with analogue outputs, rests at half of its supply and has a tenth of it per g.
    private const double AnalogLsbPerG = 409.5;
    private const double AnalogRest = 2047.5;

    private readonly string _kind;
    private readonly SensorLog _log;
    private readonly int _factor;
    private readonly bool _isGenerated;
    private readonly double _rateHz;
    private long _startUs;

    private VirtualSensor(string kind, SensorLog log, int factor, bool isGenerated)
    {
        (_kind, _log, _factor, _isGenerated) = (kind, log, factor, isGenerated);
        _rateHz = kind switch
        {
            "adxl345" => Enumerable.Range(0, 7).Select(i => 12.5 * (1 << i)).MinBy(rate => Math.Abs(Math.Log(rate / log.RateHz))),
            // The divisors whose rates are exact with three decimals.
            "mpu6050" => Enumerable.Range(1, 250).Where(i => 1_000_000 % i == 0).Select(i => 1000.0 / i).MinBy(rate => Math.Abs(Math.Log(rate / log.RateHz))),
            _ => Math.Round(log.RateHz, 3),
        };
    }

    /// <summary>Reads the text of an option.</summary>
    /// <param name="text">A kind, "=", and a file, or "gestures" with ":" and a seed.</param>
    /// <exception cref="UserInputException">There is no such sensor, or the log does not suit it.</exception>
    public static VirtualSensor Parse(string text)
    {
        int equals = text.IndexOf('=');
        string kind = equals < 0 ? text : text[..equals], signal = equals < 0 ? "" : text[(equals + 1)..];
        if (!Kinds.Contains(kind) || signal.Length == 0)
            throw new UserInputException(
                $"--sensor takes {string.Join(", ", Kinds)} and a signal, as in adxl345=hand, adxl345=gestures:7 or uart=walk.csv; '{text}' is not that");
        if (SeedOf(signal, Generated) is { } seed) return new VirtualSensor(kind, GestureStream.Generate(seed, GestureCount), 1, isGenerated: true);
        // Of the log only rate and channels count.
        if (SeedOf(signal, Held) is { } person)
            return new VirtualSensor(kind, GestureStream.Quiet(person, 2), 1, isGenerated: true) { Hand = new GesturePerformer(person) };
        SensorLogContent content = SensorLogFile.Read(signal, new SensorLogColumns());
        var sensor = new VirtualSensor(kind, content.Log, content.Factor, isGenerated: false);
        if (sensor.Refusal() is { } problem) throw new UserInputException($"{signal}: {problem}");
        return sensor;
    }

    /// <summary>The hand that holds the sensor; null for another signal.</summary>
    public GesturePerformer? Hand { get; private init; }

    /// <summary>Goes on after a start of the board that has ended: a hand does not begin anew.</summary>
    /// <param name="uptimeUs">Time of that start in µs.</param>
    public void Pass(long uptimeUs) => _startUs += uptimeUs;

    /// <summary>Lines of the settings file that make the firmware read the sensor.</summary>
    public IReadOnlyList<string> SettingsLines
    {
        get
        {
            string rate = string.Create(CultureInfo.InvariantCulture, $"sensor.rate-hz={_rateHz:0.###}");
            return _kind switch
            {
                "adxl345" => ["sensor=adxl345", rate, "sensor.range-g=16"],
                "mpu6050" => ["sensor=mpu6050", rate, $"sensor.channels={_log.Channels}", $"sensor.range-g={Mpu6050RangeG}", $"sensor.range-dps={Mpu6050RangeDps}"],
                "adc" => ["sensor=adc", rate, $"sensor.adc-channels={string.Join(',', Enumerable.Range(0, _log.Channels))}"],
                _ => ["sensor=uart", $"sensor.port={Port}", $"sensor.channels={_log.Channels}", $"sensor.scale={_factor}"],
            };
        }
    }

    /// <summary>Connects the sensor to a board.</summary>
    /// <param name="options">Options of the board.</param>
    /// <returns>The options with the sensor.</returns>
    public BoardOptions AttachTo(BoardOptions options) => _kind switch
    {
        "adxl345" => WithPeripheral(options, Adxl345Address, board => new Adxl345Peripheral(() => board.NowUs, Signal(1 / Adxl345LsbPerG))),
        "mpu6050" => WithPeripheral(options, Mpu6050Address, board => new Mpu6050Peripheral(() => board.NowUs, Motion())),
        "adc" => options with { AdcChannels = AdcChannels() },
        _ => options with { SerialSources = new Dictionary<string, ISerialSource> { [Port] = LineFeed() } },
    };

    private static BoardOptions WithPeripheral(BoardOptions options, int address, Func<Board, II2cPeripheral> create) =>
        options with { I2cPeripherals = new Dictionary<int, Func<Board, II2cPeripheral>>(options.I2cPeripherals) { [address] = create } };

    /// <summary>Returns the seed of a generated signal, 1 unless given; null for another signal.</summary>
    private static int? SeedOf(string signal, string name)
    {
        if (signal == name) return 1;
        if (!signal.StartsWith(name + ":", StringComparison.Ordinal)) return null;
        return int.TryParse(signal[(name.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int seed)
            ? seed
            : throw new UserInputException($"--sensor: the seed after '{name}:' is a whole number; '{signal}' has none");
    }

    private string? Refusal()
    {
        if (_log.RateHz == 0) return "no time column: a virtual sensor needs the rate of the log";
        if (_log.RateHz is < 1 or > 1000) return string.Create(CultureInfo.InvariantCulture, $"{_log.RateHz:0.###} samples per second; a sensor has 1 to 1000");
        if (_kind != "uart" && _factor != 1) return $"decimals: the log of an {_kind} has the whole numbers that it gives; only a uart has decimals";
        return _kind switch
        {
            "adxl345" when _log.Channels != 3 => $"{_log.Channels} channels, and an adxl345 has 3",
            "mpu6050" when _log.Channels is not (3 or 6) => $"{_log.Channels} channels, and an mpu6050 has 3, or 6 with its gyroscope",
            "adc" when _log.Channels > MostAdcChannels => $"{_log.Channels} channels, and {MostAdcChannels} of an adc are read",
            _ => null,
        };
    }

    private Waveform Signal(double factor, double offset = 0)
    {
        if (Hand is not { } hand) return Waveform.Of(_log.Channels, _log.RateHz, _log.Values, factor, offset);
        double startSeconds = _startUs / 1e6;
        return new Waveform(_log.Channels, (seconds, channel) => hand.At(SampleAt(startSeconds + seconds), channel) * factor + offset);
    }

    private int SampleAt(double seconds) => (int)Math.Floor(seconds * _log.RateHz + SampleTolerance);

    /// <summary>Acceleration in g, then rotation in degrees per second.</summary>
    private Waveform Motion()
    {
        if (_isGenerated) return Signal(1 / Adxl345LsbPerG);
        Waveform numbers = Signal(1);
        return new Waveform(_log.Channels, (seconds, channel) => numbers.At(seconds, channel) * (channel < 3 ? Mpu6050RangeG : Mpu6050RangeDps) / FullScale);
    }

    private LineFeed LineFeed()
    {
        int firstSample = SampleAt(_startUs / 1e6);
        return new LineFeed(_rateHz, number => Line(firstSample, number));
    }

    private Dictionary<int, Func<long, int>> AdcChannels()
    {
        Waveform volts = _isGenerated ? Signal(AnalogLsbPerG / Adxl345LsbPerG, AnalogRest) : Signal(1);
        return Enumerable.Range(0, _log.Channels).ToDictionary(channel => channel, channel => (Func<long, int>)(us => (int)Math.Round(volts.At(us / 1e6, channel))));
    }

    private string Line(int firstSample, int number)
    {
        int step = Hand == null ? Math.Min(number, _log.Length - 1) : firstSample + number;
        IEnumerable<decimal> numbers = Enumerable.Range(0, _log.Channels)
            .Select(channel => (decimal)(Hand?.At(step, channel) ?? _log.Values[step * _log.Channels + channel]) / _factor);
        return string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
    }
}

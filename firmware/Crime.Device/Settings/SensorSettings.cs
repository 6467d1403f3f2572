// Settings of the sensor: the keys "sensor" and "sensor.*" of the settings file. A driver checks that its sensor can do what they ask for.

namespace Crime.Device.Settings;

/// <summary>Kinds of sensors.</summary>
internal enum SensorKind
{
    /// <summary>No sensor: inputs come from elsewhere.</summary>
    None = 0,

    /// <summary>Analog Devices ADXL345, an accelerometer on I2C.</summary>
    Adxl345 = 1,

    /// <summary>TDK InvenSense MPU6050, MPU6500, MPU9250 or MPU9255, an accelerometer and gyroscope on I2C.</summary>
    Mpu6050 = 2,

    /// <summary>Channels of the ADC of the chip.</summary>
    Adc = 3,

    /// <summary>Lines of numbers on a serial port.</summary>
    Uart = 4,
}

/// <summary>Settings of the sensor. Defaults suit an accelerometer at a hand.</summary>
internal sealed class SensorSettings
{
    /// <summary>Most numbers per timestep.</summary>
    public const int MostChannels = 16;

    /// <summary>Most channels of the ADC that are read together.</summary>
    public const int MostAdcChannels = 8;

    private const int LastAdcChannel = 19;
    private const int MilliPerUnit = 1000;
    private const int MostRateMilliHz = 1_000_000;

    /// <summary>The sensor; none for inputs from elsewhere.</summary>
    public SensorKind Kind = SensorKind.None;

    /// <summary>Timesteps per second; kept in mHz.</summary>
    public int RateMilliHz = 100_000;

    /// <summary>Range of an accelerometer in g.</summary>
    public int RangeG = 8;

    /// <summary>Range of a gyroscope in degrees per second.</summary>
    public int RangeDps = 1000;

    /// <summary>Address on the I2C bus; the usual one of the sensor (0) unless it is set.</summary>
    public int Address;

    /// <summary>Numbers per timestep of an MPU6050 (3, or 6 with the gyroscope) and of a serial line (1 to 16).</summary>
    public int Channels = 3;

    /// <summary>Channels of the ADC in the order of the timestep.</summary>
    public int[] AdcChannels = new int[] { 0 };

    /// <summary>Name of the serial port.</summary>
    public string Port = "COM3";

    /// <summary>Baud rate of the serial port.</summary>
    public int Baud = 115_200;

    /// <summary>GPIO of the receive line of the serial port.</summary>
    public int RxPin = 26;

    /// <summary>GPIO of the transmit line of the serial port: the firmware of the ESP32 opens no port without one.</summary>
    public int TxPin = 27;

    /// <summary>Factor of the numbers on a serial line. Decimals become integers by it.</summary>
    public int Scale = 1;

    /// <summary>Time in µs from one timestep to the next, rounded.</summary>
    public int IntervalUs => (int)((1_000_000_000L + RateMilliHz / 2) / RateMilliHz);

    /// <summary>Returns true for keys that <see cref="Apply"/> knows or refuses with a reason of its own.</summary>
    /// <param name="key">A key of the settings file.</param>
    public static bool IsKey(string key) => key == "sensor" || key.StartsWith("sensor.");

    /// <summary>Sets one setting.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>What is wrong in one line; null when the value was taken.</returns>
    public string Apply(string key, string value)
    {
        switch (key)
        {
            case "sensor": return ApplyKind(value);
            case "sensor.rate-hz": return ApplyRate(key, value);
            case "sensor.range-g":
                if (value != "2" && value != "4" && value != "8" && value != "16") return "sensor.range-g is 2, 4, 8 or 16";
                RangeG = int.Parse(value);
                return null;
            case "sensor.range-dps":
                if (value != "250" && value != "500" && value != "1000" && value != "2000") return "sensor.range-dps is 250, 500, 1000 or 2000";
                RangeDps = int.Parse(value);
                return null;
            case "sensor.address": return ApplyAddress(value);
            case "sensor.channels": return SettingsFile.Number(key, value, 1, MostChannels, ref Channels);
            case "sensor.adc-channels": return ApplyAdcChannels(value);
            case "sensor.port":
                if (value != "COM2" && value != "COM3") return "sensor.port is COM2 or COM3";
                Port = value;
                return null;
            case "sensor.baud": return SettingsFile.Number(key, value, 300, 2_000_000, ref Baud);
            case "sensor.rx-pin": return SettingsFile.Number(key, value, 0, 48, ref RxPin);
            case "sensor.tx-pin": return SettingsFile.Number(key, value, 0, 48, ref TxPin);
            case "sensor.scale": return SettingsFile.Number(key, value, 1, 10_000, ref Scale);
            default: return "unknown key '" + key + "'";
        }
    }

    private string ApplyKind(string value)
    {
        switch (value)
        {
            case "none": Kind = SensorKind.None; return null;
            case "adxl345": Kind = SensorKind.Adxl345; return null;
            case "mpu6050": Kind = SensorKind.Mpu6050; return null;
            case "adc": Kind = SensorKind.Adc; return null;
            case "uart": Kind = SensorKind.Uart; return null;
            default: return "sensor is none, adxl345, mpu6050, adc or uart";
        }
    }

    private string ApplyRate(string key, string value)
    {
        if (!TryThousandths(value, out int rate) || rate < MilliPerUnit || rate > MostRateMilliHz)
            return key + " takes a number from 1 to 1000, with up to three decimals";
        RateMilliHz = rate;
        return null;
    }

    private string ApplyAddress(string value)
    {
        int address;
        bool isNumber = value.StartsWith("0x") ? TryHexadecimal(value.Substring(2), out address) : int.TryParse(value, out address);
        if (!isNumber || address < 0x08 || address > 0x77) return "sensor.address takes an address from 0x08 to 0x77";
        Address = address;
        return null;
    }

    private string ApplyAdcChannels(string value)
    {
        string[] words = value.Split(',');
        string problem = "sensor.adc-channels takes 1 to 8 different channels from 0 to 19 with commas between, as in 0,3";
        if (words.Length > MostAdcChannels) return problem;
        var channels = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i].Trim(), out channels[i]) || channels[i] < 0 || channels[i] > LastAdcChannel) return problem;
            for (int j = 0; j < i; j++)
                if (channels[j] == channels[i]) return problem;
        }
        AdcChannels = channels;
        return null;
    }

    /// <summary>Reads digits, and up to three more after a point.</summary>
    private static bool TryThousandths(string text, out int value)
    {
        value = 0;
        int point = text.IndexOf('.');
        string whole = point < 0 ? text : text.Substring(0, point), rest = point < 0 ? "" : text.Substring(point + 1);
        if (whole.Length < 1 || whole.Length > 4 || rest.Length > 3 || (point >= 0 && rest.Length == 0)) return false;
        string digits = whole + rest;
        for (int i = 0; i < digits.Length; i++)
        {
            if (digits[i] < '0' || digits[i] > '9') return false;
            value = value * 10 + (digits[i] - '0');
        }
        for (int i = rest.Length; i < 3; i++) value *= 10;
        return true;
    }

    private static bool TryHexadecimal(string text, out int value)
    {
        value = 0;
        if (text.Length < 1 || text.Length > 2) return false;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            int digit = letter >= '0' && letter <= '9' ? letter - '0'
                : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
            if (digit < 0) return false;
            value = value * 16 + digit;
        }
        return true;
    }
}

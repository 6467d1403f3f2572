using System.Collections;
using System.Linq;
using Crime.Device.Settings;
using NUnit.Framework;

namespace Crime.Device.Tests.Settings;

public sealed class SensorSettingsTests
{
    private static SensorSettings Parse(string text)
    {
        var remarks = new ArrayList();
        SensorSettings settings = SettingsFile.Parse(text, remarks).Sensor;
        Assert.That(remarks, Is.Empty);
        return settings;
    }

    [Test]
    public void WithoutSettingsThereIsNoSensor()
    {
        Assert.That(SettingsFile.Parse("", new ArrayList()).Sensor, Is.Null);
        var settings = new SensorSettings();
        Assert.That(settings.Kind, Is.EqualTo(SensorKind.None));
        Assert.That((settings.RateMilliHz, settings.IntervalUs, settings.RangeG, settings.Address), Is.EqualTo((100_000, 10_000, 8, 0)));
    }

    [TestCase("none", SensorKind.None)]
    [TestCase("adxl345", SensorKind.Adxl345)]
    [TestCase("mpu6050", SensorKind.Mpu6050)]
    [TestCase("adc", SensorKind.Adc)]
    [TestCase("uart", SensorKind.Uart)]
    public void EveryKindHasAName(string name, object kind) => Assert.That(Parse("sensor=" + name).Kind, Is.EqualTo(kind));

    [TestCase("1", 1000, 1_000_000)]
    [TestCase("12.5", 12_500, 80_000)]
    [TestCase("0012.500", 12_500, 80_000)]
    [TestCase("333.333", 333_333, 3000)]
    [TestCase("60", 60_000, 16_667)]
    [TestCase("1000", 1_000_000, 1000)]
    public void ARateHasUpToThreeDecimals(string text, int rateMilliHz, int intervalUs)
    {
        SensorSettings settings = Parse("sensor.rate-hz=" + text);
        Assert.That((settings.RateMilliHz, settings.IntervalUs), Is.EqualTo((rateMilliHz, intervalUs)));
    }

    [Test]
    public void AllOthersAreTaken()
    {
        SensorSettings settings = Parse(
            "sensor.range-g=16\nsensor.range-dps=250\nsensor.address=0x1d\nsensor.channels=6\nsensor.adc-channels=3, 0,7\nsensor.port=COM2\n"
            + "sensor.baud=9600\nsensor.rx-pin=4\nsensor.tx-pin=5\nsensor.scale=1000");
        Assert.That((settings.RangeG, settings.RangeDps, settings.Address, settings.Channels, settings.Scale), Is.EqualTo((16, 250, 0x1D, 6, 1000)));
        Assert.That((settings.Port, settings.Baud, settings.RxPin, settings.TxPin), Is.EqualTo(("COM2", 9600, 4, 5)));
        Assert.That(settings.AdcChannels, Is.EqualTo(new[] { 3, 0, 7 }));
        Assert.That(Parse("sensor.address=105").Address, Is.EqualTo(0x69));
    }

    [TestCase("sensor=bmi270", "sensor is none, adxl345, mpu6050, adc or uart")]
    [TestCase("sensor.rate-hz=0", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=0.999", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=1000.001", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=12.", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=.5", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=12.5555", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=12,5", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.rate-hz=99999999999", "sensor.rate-hz takes a number from 1 to 1000, with up to three decimals")]
    [TestCase("sensor.range-g=3", "sensor.range-g is 2, 4, 8 or 16")]
    [TestCase("sensor.range-dps=100", "sensor.range-dps is 250, 500, 1000 or 2000")]
    [TestCase("sensor.address=0x78", "sensor.address takes an address from 0x08 to 0x77")]
    [TestCase("sensor.address=0x", "sensor.address takes an address from 0x08 to 0x77")]
    [TestCase("sensor.address=0xg1", "sensor.address takes an address from 0x08 to 0x77")]
    [TestCase("sensor.address=7", "sensor.address takes an address from 0x08 to 0x77")]
    [TestCase("sensor.channels=17", "sensor.channels takes a number from 1 to 16")]
    [TestCase("sensor.adc-channels=", "sensor.adc-channels takes 1 to 8 different channels from 0 to 19 with commas between, as in 0,3")]
    [TestCase("sensor.adc-channels=0,0", "sensor.adc-channels takes 1 to 8 different channels from 0 to 19 with commas between, as in 0,3")]
    [TestCase("sensor.adc-channels=20", "sensor.adc-channels takes 1 to 8 different channels from 0 to 19 with commas between, as in 0,3")]
    [TestCase("sensor.adc-channels=0,1,2,3,4,5,6,7,8", "sensor.adc-channels takes 1 to 8 different channels from 0 to 19 with commas between, as in 0,3")]
    [TestCase("sensor.port=COM1", "sensor.port is COM2 or COM3")]
    [TestCase("sensor.baud=0", "sensor.baud takes a number from 300 to 2000000")]
    [TestCase("sensor.rx-pin=49", "sensor.rx-pin takes a number from 0 to 48")]
    [TestCase("sensor.scale=10001", "sensor.scale takes a number from 1 to 10000")]
    [TestCase("sensor.colour=red", "unknown key 'sensor.colour'")]
    [TestCase("sensors=adc", "unknown key 'sensors'")]
    public void AWrongValueIsOneLineAndChangesNothing(string text, string expected)
    {
        var remarks = new ArrayList();
        // A key that is not the sensor's makes no settings of one.
        SensorSettings settings = SettingsFile.Parse(text, remarks).Sensor ?? new SensorSettings();
        Assert.That(remarks.Cast<string>(), Is.EqualTo(new[] { @"I:\crime.cfg line 1: " + expected + "; ignored" }));
        var defaults = new SensorSettings();
        Assert.That(
            (settings.Kind, settings.RateMilliHz, settings.RangeG, settings.RangeDps, settings.Address, settings.Channels, settings.Port),
            Is.EqualTo((defaults.Kind, defaults.RateMilliHz, defaults.RangeG, defaults.RangeDps, defaults.Address, defaults.Channels, defaults.Port)));
        Assert.That((settings.Baud, settings.RxPin, settings.Scale), Is.EqualTo((defaults.Baud, defaults.RxPin, defaults.Scale)));
        Assert.That(settings.AdcChannels, Is.EqualTo(defaults.AdcChannels));
    }
}

using System;
using Crime.Device.Energy;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Redirects;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Energy;

/// <summary>The INA219 driver against the register model.</summary>
public sealed class Ina219Tests
{
    private static readonly BoardProfile s_profile = TestBoards.Profile;

    /// <summary>Reads a constant current once.</summary>
    private static (Ina219Reading Reading, int Microwatts, Ina219 Sensor) Read(double amperes, double shuntOhm = 0.1, int shuntMilliohm = 100, int maxMilliampere = 400)
    {
        using Board board = Ina219Bench.Make((_, _) => amperes, shuntOhm, out _);
        (Ina219Reading, int, Ina219) result = default;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            Assert.That(sensor.Begin(shuntMilliohm, maxMilliampere, Ina219Averaging.None), Is.True);
            ThreadStandIn.Sleep(3);
            Ina219Reading reading = sensor.TakePowerUw(out int microwatts);
            result = (reading, microwatts, sensor);
        });
        return result;
    }

    // 100 uA is one step of the shunt register with 0.1 Ohm; half a step is the most that a reading can be off.
    [TestCase(0)]
    [TestCase(0.0001)]
    [TestCase(0.00025)]
    [TestCase(0.001)]
    [TestCase(0.005)]
    [TestCase(0.0311)]
    [TestCase(0.050)]
    [TestCase(0.19003)]
    [TestCase(0.3999)]
    [TestCase(-0.05)]
    public void CurrentsAreReadToHalfAStepOfTheShunt(double amperes)
    {
        var (reading, microwatts, _) = Read(amperes);
        Assert.That(reading, Is.EqualTo(Ina219Reading.Measured));
        double tolerance = (0.00005 + 0.00002) * Ina219Bench.Volts * 1e6 + 0.0005 * Math.Abs(amperes) * Ina219Bench.Volts * 1e6;
        Assert.That(microwatts, Is.EqualTo(amperes * Ina219Bench.Volts * 1e6).Within(tolerance));
    }

    [TestCase(0.3999, 400, Ina219Reading.Measured)]
    [TestCase(0.4000, 400, Ina219Reading.OutOfRange)]
    [TestCase(0.9, 400, Ina219Reading.OutOfRange)]
    [TestCase(-0.5, 400, Ina219Reading.OutOfRange)]
    [TestCase(0.4000, 401, Ina219Reading.Measured)]
    [TestCase(0.7999, 800, Ina219Reading.Measured)]
    [TestCase(0.8000, 800, Ina219Reading.OutOfRange)]
    [TestCase(3.1999, 3200, Ina219Reading.Measured)]
    [TestCase(3.2000, 3200, Ina219Reading.OutOfRange)]
    public void TheEndOfTheRangeIsNoMeasurement(double amperes, int maxMilliampere, object expected) =>
        Assert.That(Read(amperes, maxMilliampere: maxMilliampere).Reading, Is.EqualTo(expected));

    [Test]
    public void AnOverflowOfTheMathIsNoMeasurement()
    {
        // A shunt a hundred times what the driver was told: the current register cannot hold the product, and the flag says so.
        using Board board = Ina219Bench.Make((_, _) => 0.2, 1, out Ina219Peripheral peripheral);
        var reading = Ina219Reading.Measured;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            Assert.That(sensor.Begin(10, 32_000, Ina219Averaging.None), Is.True);
            // As a disturbed transfer would leave it: a calibration that the range does not fit.
            peripheral.Write([5, 0xFF, 0xFE]);
            ThreadStandIn.Sleep(3);
            reading = sensor.TakePowerUw(out _);
        });
        Assert.That(reading, Is.EqualTo(Ina219Reading.OutOfRange));
    }

    // LSB = max / 2^15, calibration = trunc(0.04096 / (LSB * shunt)), bit 0 zero: worked out by hand from section 8.5.1.
    [TestCase(100, 400, 12_208, 33_550, 400)]
    [TestCase(100, 3200, 97_657, 4194, 3200)]
    [TestCase(100, 2000, 61_036, 6710, 3200)]
    [TestCase(10, 32_000, 976_563, 4194, 32_000)]
    [TestCase(10, 400, 62_502, 65_532, 4000)]
    [TestCase(1000, 40, 1221, 33_546, 40)]
    [TestCase(10_000, 4, 123, 33_300, 4)]
    public void TheCalibrationFollowsTheDataSheet(int shuntMilliohm, int maxMilliampere, int lsbNa, int calibration, int rangeMa)
    {
        Ina219 sensor = Read(0, shuntMilliohm / 1000.0, shuntMilliohm, maxMilliampere).Sensor;
        Assert.That((sensor.CurrentLsbNa, sensor.Calibration, sensor.RangeMa), Is.EqualTo((lsbNa, calibration, rangeMa)));
        Assert.That(calibration, Is.EqualTo((int)(0.04096 / (lsbNa * 1e-9 * shuntMilliohm / 1000)) & 0xFFFE));
    }

    [Test]
    public void AConversionIsTakenOnceAndAfterItsTime()
    {
        using Board board = Ina219Bench.Make((_, _) => 0.05, 0.1, out _);
        long firstUs = 0, secondUs = 0;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            sensor.Begin(100, 400, Ina219Averaging.None);
            // The shunt's mode leaves the bus as it was last converted: it has to have been.
            while (sensor.ReadPowerUw(out _) != Ina219Reading.Measured) { }
            sensor.SetMode(Ina219Mode.Shunt);
            long startUs = board.NowUs;
            while (sensor.TakePowerUw(out _) == Ina219Reading.NotReady) { }
            firstUs = board.NowUs - startUs;
            while (sensor.TakePowerUw(out _) == Ina219Reading.NotReady) { }
            secondUs = board.NowUs - startUs;
        });
        // Found by polling: a conversion takes 532 us, a look up to four transfers of 113 us.
        Assert.That(firstUs, Is.InRange(532, 532 + 460));
        Assert.That(secondUs, Is.InRange(1064, 1064 + 460));
    }

    [TestCase(Ina219Averaging.None, 0.532)]
    [TestCase(Ina219Averaging.Samples16, 8.51)]
    [TestCase(Ina219Averaging.Samples64, 34.05)]
    [TestCase(Ina219Averaging.Samples128, 68.1)]
    public void AveragingLooksBackAsFarAsTheDataSheetSays(object averaging, double milliseconds)
    {
        // The current steps up in the middle of a conversion: the mean of that conversion is half of it.
        long stepUs = long.MaxValue;
        double Mean(long from, long until) => 0.2 * Math.Clamp((until - Math.Min(stepUs, until)) / (double)(until - from), 0, 1);
        using Board board = Ina219Bench.Make(Mean, 0.1, out _);
        int microwatts = 0;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            sensor.Begin(100, 400, (Ina219Averaging)averaging);
            // The bus is converted with the shunt before the shunt has all the time.
            ThreadStandIn.Sleep((int)(milliseconds + 3));
            sensor.TakePowerUw(out _);
            sensor.SetMode(Ina219Mode.Shunt);
            stepUs = board.NowUs + (long)(milliseconds * 500);
            while (sensor.TakePowerUw(out microwatts) == Ina219Reading.NotReady) { }
        });
        Assert.That(microwatts, Is.EqualTo(0.1 * Ina219Bench.Volts * 1e6).Within(milliseconds < 1 ? 8 : 1).Percent);
    }

    [Test]
    public void ReadingAllocatesNothing()
    {
        using Board board = Ina219Bench.Make((_, _) => 0.05, 0.1, out _);
        long allocated = -1;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            sensor.Begin(100, 400, Ina219Averaging.None);
            void Read(int times)
            {
                for (int i = 0; i < times; i++)
                {
                    sensor.ReadPowerUw(out _);
                    sensor.TakePowerUw(out _);
                }
            }
            Read(100);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Read(1000);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void ASensorThatLostItsPowerIsRecognised()
    {
        using Board board = Ina219Bench.Make((_, _) => 0.05, 0.1, out Ina219Peripheral peripheral);
        bool before = false, after = true;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            sensor.Begin(100, 400, Ina219Averaging.None);
            before = sensor.IsConfigured(Ina219Mode.ShuntAndBus);
            peripheral.LosePower();
            after = sensor.IsConfigured(Ina219Mode.ShuntAndBus);
        });
        Assert.That((before, after), Is.EqualTo((true, false)));
    }

    [Test]
    public void AMissingSensorIsNoticed()
    {
        using Board board = TestBoards.Make();
        bool begins = true;
        TestBoards.Run(board, () => begins = Ina219Bench.Driver().Begin(100, 400, Ina219Averaging.None));
        Assert.That(begins, Is.False);
    }

    [Test]
    public void TheSensorReadsThePowerOfTheBoard()
    {
        using Board board = TestBoards.Make(peripherals: new global::System.Collections.Generic.Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [0x40] = board => new Ina219Peripheral(board),
        });
        int waiting = 0, computing = 0;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Ina219Bench.Driver();
            board.SetRadio(RadioState.Associated, board.Clock.NowUs());
            Assert.That(sensor.Begin(100, 400, Ina219Averaging.Samples16), Is.True);
            ThreadStandIn.Sleep(30);
            Assert.That(sensor.ReadPowerUw(out waiting), Is.EqualTo(Ina219Reading.Measured));
            VirtualCpu.Charge((int)(30_000 / s_profile.UsPerIl));
            Assert.That(sensor.ReadPowerUw(out computing), Is.EqualTo(Ina219Reading.Measured));
        });
        Assert.That(waiting / 1000.0, Is.EqualTo(s_profile.WaitMw).Within(2).Percent);
        Assert.That(computing / 1000.0, Is.EqualTo(s_profile.ComputeMw).Within(3).Percent);
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Sensors;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The ADXL345 driver against the register model.</summary>
public sealed class Adxl345Tests
{
    /// <summary>A number in 1/256 g that no other timestep of a test has, over the whole range of the sensor and beyond.</summary>
    private static int Number(int step, int axis) => (step * 1237 + axis * 3001) % 10_000 - 5000;

    private static Waveform Numbers(double rateHz) => new(3, (seconds, axis) => Number((int)Math.Round(seconds * rateHz), axis) / 256.0);

    private static Board Make(double rateHz, out Adxl345Peripheral peripheral, int address = 0x53, double rateFactor = 1, byte id = 0xE5)
    {
        Adxl345Peripheral? made = null;
        Board board = TestBoards.Make(peripherals: new Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [address] = board => made = new Adxl345Peripheral(() => board.NowUs, Numbers(rateHz), rateFactor, id),
        });
        peripheral = made!;
        return board;
    }

    private static string Settings(double rateHz = 100, int rangeG = 16) =>
        string.Create(CultureInfo.InvariantCulture, $"sensor=adxl345\nsensor.rate-hz={rateHz}\nsensor.range-g={rangeG}");

    private static int[] Expected(int steps, int rangeG = 16, int firstStep = 0) =>
        [.. Enumerable.Range(3 * firstStep, 3 * steps).Select(i => Math.Clamp(Number(i / 3, i % 3), -256 * rangeG, 256 * rangeG - 1))];

    [Test]
    public void ValuesAreRightAtEveryRange([Values(2, 4, 8, 16)] int rangeG)
    {
        using Board board = Make(200, out _);
        TestBoards.Run(board, () =>
        {
            short[] values = FirmwareSensor.Start(Settings(200, rangeG)).Collect(board, 100);
            Assert.That(values, Is.EqualTo(Expected(values.Length / 3, rangeG)));
        });
    }

    [TestCase(12.5, 80_000, 200_000)]
    [TestCase(25, 40_000, 200_000)]
    [TestCase(50, 20_000, 200_000)]
    [TestCase(100, 10_000, 160_000)]
    [TestCase(200, 5000, 80_000)]
    [TestCase(400, 2500, 40_000)]
    [TestCase(800, 1250, 20_000)]
    public void NothingIsLostAtAnyRate(double rateHz, int intervalUs, int pollUs)
    {
        using Board board = Make(rateHz, out Adxl345Peripheral peripheral);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings(rateHz));
            Assert.That((sensor.Channels, sensor.IntervalUs, sensor.PollUs), Is.EqualTo((3, intervalUs, pollUs)));
            short[] values = sensor.Collect(board, (int)(2 * rateHz));
            Assert.That(values, Is.EqualTo(Expected(values.Length / 3)));
            Assert.That((sensor.TakeLost(), peripheral.LostCount), Is.EqualTo((0, 0)));
        });
    }

    // The data sheet gives no tolerance of the oscillator. Boards of others were seen to differ by some percent.
    [TestCase(0.95)]
    [TestCase(1.05)]
    public void AnOscillatorThatIsOffLosesNothing(double rateFactor)
    {
        using Board board = Make(100 * rateFactor, out _, rateFactor: rateFactor);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            short[] values = sensor.Collect(board, 300);
            Assert.That(values, Is.EqualTo(Expected(values.Length / 3)));
            Assert.That(sensor.TakeLost(), Is.Zero);
        });
    }

    [TestCase(330, 0)]
    [TestCase(700, 38)]
    [TestCase(2000, 168)]
    public void ALatePollCountsWhatTheBufferLost(int pollMs, int expectedLost)
    {
        using Board board = Make(100, out Adxl345Peripheral peripheral);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            short[] values = sensor.Collect(board, 1, pollMs * 1000);
            Assert.That(peripheral.LostCount, Is.EqualTo(expectedLost).Within(1));
            int lost = sensor.TakeLost();
            Assert.That(lost, Is.EqualTo(peripheral.LostCount).Within(1));
            Assert.That(values, Is.EqualTo(Expected(values.Length / 3, firstStep: (int)peripheral.LostCount)), "the last ones stay");
            Assert.That(sensor.TakeLost(), Is.Zero, "taken");
            long before = peripheral.LostCount;
            values = sensor.Collect(board, 20);
            Assert.That((sensor.TakeLost(), peripheral.LostCount), Is.EqualTo((0, before)), "the next poll is on time");
        });
    }

    [Test]
    public void WhatIsNotTakenStaysForTheNextCall()
    {
        using Board board = Make(100, out _);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            board.Clock.Sleep(125_000);
            var values = new short[300];
            Assert.That(sensor.Read(values, 5), Is.EqualTo(5));
            Assert.That(values.Take(15).Select(value => (int)value), Is.EqualTo(Expected(5)));
            Assert.That(sensor.Read(values, 100), Is.EqualTo(7).Or.EqualTo(8));
            Assert.That(values.Take(21).Select(value => (int)value), Is.EqualTo(Expected(7, firstStep: 5)));
            Assert.That(sensor.Read(values, 100), Is.Zero);
        });
    }

    [Test]
    public void ASensorThatLostItsPowerIsNoticedAndStartsAgain()
    {
        using Board board = Make(100, out Adxl345Peripheral peripheral);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            var values = new short[300];
            sensor.Collect(board, 10);
            peripheral.LosePower();
            Assert.That(sensor.Read(values, 100), Is.Zero, "as if it had nothing new");
            board.Clock.Sleep(sensor.PollUs + 5 * sensor.IntervalUs);
            Assert.That(sensor.Read(values, 100), Is.Negative);
            Assert.That(sensor.Read(values, 100), Is.Zero, "the read after a failure configures the sensor");
            Assert.That(sensor.Collect(board, 10), Has.Length.AtLeast(30));
        });
    }

    [Test]
    public void TheOtherAddressIsASetting()
    {
        using Board board = Make(100, out _, address: 0x1D);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings() + "\nsensor.address=0x1D");
            Assert.That(sensor.Collect(board, 5), Has.Length.AtLeast(15));
        });
    }

    [TestCase(0x1D, 0xE5, 100, "no ADXL345 answers at the set address")]
    [TestCase(0x53, 0x68, 100, "the device at the set address has the id 0x68, and an ADXL345 has 0xE5")]
    [TestCase(0x53, 0xE5, 60, "sensor.rate-hz of an ADXL345 is 12.5, 25, 50, 100, 200, 400 or 800")]
    [TestCase(0x53, 0xE5, 1000, "sensor.rate-hz of an ADXL345 is 12.5, 25, 50, 100, 200, 400 or 800")]
    [TestCase(0x53, 0xE5, 10, "sensor.rate-hz of an ADXL345 is 12.5, 25, 50, 100, 200, 400 or 800")]
    public void WhatIsWrongIsOneLine(int address, int id, double rateHz, string expected)
    {
        using Board board = Make(100, out _, address, id: (byte)id);
        TestBoards.Run(board, () => Assert.That(FirmwareSensor.Create(Settings(rateHz)).Start(), Is.EqualTo(expected)));
    }

    /// <summary>The register model alone, without the driver: what the data sheet says about formats.</summary>
    [TestCase(0x00, 1.0, 256)]
    [TestCase(0x01, 1.0, 128)]
    [TestCase(0x03, 1.0, 32)]
    [TestCase(0x08, 1.0, 256)]
    [TestCase(0x0B, 1.0, 256)]
    [TestCase(0x0B, 20.0, 4095)]
    [TestCase(0x00, -20.0, -512)]
    [TestCase(0x04, 1.0, 256 << 6)]
    [TestCase(0x0F, 1.0, 256 << 3)]
    public void TheModelHasTheFormatsOfTheDataSheet(int format, double gravity, int expected)
    {
        long nowUs = 0;
        var peripheral = new Adxl345Peripheral(() => nowUs, new Waveform(3, (_, _) => gravity));
        peripheral.Write([0x31, (byte)format]);
        peripheral.Write([0x2D, 0x08]);
        nowUs = 10_000;
        peripheral.Write([0x32]);
        var bytes = new byte[6];
        peripheral.Read(bytes);
        Assert.That((short)(bytes[0] | (bytes[1] << 8)), Is.EqualTo(expected));
        Assert.That((short)(bytes[4] | (bytes[5] << 8)), Is.EqualTo(expected), "each axis has the same format");
    }

    [Test]
    public void TheModelStartsInStandby()
    {
        long nowUs = 0;
        var peripheral = new Adxl345Peripheral(() => nowUs, new Waveform(3, (_, _) => 1));
        peripheral.Write([0x38, 0x80]);
        nowUs = 1_000_000;
        peripheral.Write([0x39]);
        var bytes = new byte[1];
        peripheral.Read(bytes);
        Assert.That(bytes[0], Is.Zero);
    }
}

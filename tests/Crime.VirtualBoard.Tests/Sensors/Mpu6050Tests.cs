using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Sensors;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The MPU6050 driver against the register model.</summary>
public sealed class Mpu6050Tests
{
    private const int FullScale = 32_768;

    /// <summary>A number of 16 bits that no other timestep of a test has in the same channel.</summary>
    private static int Number(int step, int channel) => (step * 7919 + channel * 9001) % (2 * FullScale) - FullScale;

    /// <summary>The signal whose readings are the numbers, at these ranges.</summary>
    private static Waveform Numbers(double rateHz, double rangeG, double rangeDps) => new(
        6, (seconds, channel) => Number((int)Math.Round(seconds * rateHz), channel) * (channel < 3 ? rangeG : rangeDps) / FullScale);

    private static Board Make(double rateHz, out Mpu6050Peripheral peripheral, int rangeG = 8, int rangeDps = 1000, byte id = 0x68, int address = 0x68)
    {
        Mpu6050Peripheral? made = null;
        Board board = TestBoards.Make(peripherals: new Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [address] = board => made = new Mpu6050Peripheral(() => board.NowUs, Numbers(rateHz, rangeG, rangeDps), id),
        });
        peripheral = made!;
        return board;
    }

    private static string Settings(double rateHz = 100, int channels = 6, int rangeG = 8, int rangeDps = 1000) => string.Create(
        CultureInfo.InvariantCulture,
        $"sensor=mpu6050\nsensor.rate-hz={rateHz}\nsensor.channels={channels}\nsensor.range-g={rangeG}\nsensor.range-dps={rangeDps}");

    private static int[] Expected(int steps, int channels, int firstStep = 0) =>
        [.. Enumerable.Range(channels * firstStep, channels * steps).Select(i => Number(i / channels, i % channels))];

    [TestCase(2, 250)]
    [TestCase(4, 500)]
    [TestCase(8, 1000)]
    [TestCase(16, 2000)]
    public void ValuesAreRightAtEveryRange(int rangeG, int rangeDps)
    {
        using Board board = Make(200, out _, rangeG, rangeDps);
        TestBoards.Run(board, () =>
        {
            short[] values = FirmwareSensor.Start(Settings(200, 6, rangeG, rangeDps)).Collect(board, 100);
            Assert.That(values, Is.EqualTo(Expected(values.Length / 6, 6)));
        });
    }

    [TestCase(1000, 6, 1000, 21_000)]
    [TestCase(1000, 3, 1000, 42_000)]
    [TestCase(500, 6, 2000, 42_000)]
    [TestCase(200, 3, 5000, 200_000)]
    [TestCase(125, 6, 8000, 168_000)]
    [TestCase(100, 3, 10_000, 200_000)]
    [TestCase(100, 6, 10_000, 200_000)]
    [TestCase(50, 6, 20_000, 200_000)]
    [TestCase(12.5, 3, 80_000, 200_000)]
    [TestCase(5, 3, 200_000, 400_000)]
    [TestCase(4, 3, 250_000, 500_000)]
    public void NothingIsLostAtAnyRate(double rateHz, int channels, int intervalUs, int pollUs)
    {
        using Board board = Make(rateHz, out _);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings(rateHz, channels));
            Assert.That((sensor.Channels, sensor.IntervalUs, sensor.PollUs), Is.EqualTo((channels, intervalUs, pollUs)));
            short[] values = sensor.Collect(board, (int)(2 * rateHz));
            Assert.That(values, Is.EqualTo(Expected(values.Length / channels, channels)));
            Assert.That(sensor.TakeLost(), Is.Zero);
        });
    }

    [TestCase(0x68)]
    [TestCase(0x70)]
    [TestCase(0x71)]
    [TestCase(0x73)]
    public void EachOfTheFamilyIsRead(int id)
    {
        using Board board = Make(100, out _, id: (byte)id, address: 0x69);
        TestBoards.Run(board, () =>
        {
            short[] values = FirmwareSensor.Start(Settings() + "\nsensor.address=0x69").Collect(board, 50);
            Assert.That(values, Is.EqualTo(Expected(values.Length / 6, 6)));
        });
    }

    // 512 bytes are 42 timesteps of 12 bytes and 8 bytes more: after an overflow nothing in the buffer is aligned.
    [Test]
    public void AfterAnOverflowTheTimestepsAreWholeAgain()
    {
        using Board board = Make(100, out _, id: 0x70);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            var values = new short[1000];
            board.Clock.Sleep(900_000);
            Assert.That(sensor.Read(values, 100), Is.Zero, "the buffer was emptied");
            Assert.That(sensor.TakeLost(), Is.InRange(89, 91));
            short[] next = sensor.Collect(board, 30);
            int first = Enumerable.Range(80, 20).Single(step => Number(step, 0) == next[0]);
            Assert.That(next, Is.EqualTo(Expected(next.Length / 6, 6, first)));
            Assert.That(sensor.TakeLost(), Is.Zero);
        });
    }

    [Test]
    public void WhatIsNotTakenStaysForTheNextCall()
    {
        using Board board = Make(100, out _);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            board.Clock.Sleep(405_000);
            var values = new short[600];
            Assert.That(sensor.Read(values, 20), Is.EqualTo(20), "more than one transfer");
            Assert.That(values.Take(120).Select(value => (int)value), Is.EqualTo(Expected(20, 6)));
            Assert.That(sensor.Read(values, 100), Is.EqualTo(20).Or.EqualTo(21));
            Assert.That(values.Take(120).Select(value => (int)value), Is.EqualTo(Expected(20, 6, 20)));
        });
    }

    [Test]
    public void ASensorThatLostItsPowerIsNoticedAndStartsAgain()
    {
        using Board board = Make(100, out Mpu6050Peripheral peripheral);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings());
            var values = new short[600];
            sensor.Collect(board, 10);
            peripheral.LosePower();
            board.Clock.Sleep(sensor.PollUs + 5 * sensor.IntervalUs);
            Assert.That(sensor.Read(values, 100), Is.Negative);
            Assert.That(sensor.Read(values, 100), Is.Zero, "the read after a failure configures the sensor");
            Assert.That(sensor.Collect(board, 10), Has.Length.AtLeast(60));
        });
    }

    private const string WrongId = "the device at the set address has the id 0xE5, and an MPU6050, 6500, 9250 or 9255 has 0x68, 0x70, 0x71 or 0x73";
    private const string WrongRate = "sensor.rate-hz of an MPU6050 is 1000 divided by a whole number: 1000, 500, 250, 200, 125, 100, 50, 25, 12.5, 10, 5";

    [TestCase(0x69, 0x68, 100, 6, "no MPU6050 answers at the set address")]
    [TestCase(0x68, 0xE5, 100, 6, WrongId)]
    [TestCase(0x68, 0x68, 300, 6, WrongRate)]
    [TestCase(0x68, 0x68, 2, 6, WrongRate)]
    [TestCase(0x68, 0x68, 100, 4, "sensor.channels of an MPU6050 is 3, or 6 with the gyroscope")]
    public void WhatIsWrongIsOneLine(int address, int id, double rateHz, int channels, string expected)
    {
        using Board board = Make(100, out _, id: (byte)id, address: address);
        TestBoards.Run(board, () => Assert.That(FirmwareSensor.Create(Settings(rateHz, channels)).Start(), Is.EqualTo(expected)));
    }

    [Test]
    public void TheModelSleepsAfterPowerOn()
    {
        long nowUs = 0;
        var peripheral = new Mpu6050Peripheral(() => nowUs, new Waveform(3, (_, _) => 1));
        peripheral.Write([0x23, 0x08]);
        peripheral.Write([0x6A, 0x40]);
        nowUs = 1_000_000;
        var bytes = new byte[2];
        peripheral.Write([0x72]);
        peripheral.Read(bytes);
        Assert.That(bytes, Is.All.Zero);
    }
}

using System;
using System.Collections.Generic;
using Crime.Firmware.Energy;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Redirects;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Model;

public sealed class EnergyTests
{
    private static readonly BoardProfile s_profile = TestBoards.Profile;

    private static int Il(double microseconds) => (int)(microseconds / s_profile.UsPerIl);

    [Test]
    public void ComputingAndWaitingDrawTheirPower()
    {
        using Board board = TestBoards.Make();
        double energyUj = 0;
        TestBoards.Run(board, () =>
        {
            double start = board.EnergyUj;
            VirtualCpu.Charge(Il(30_000));
            ThreadStandIn.Sleep(50);
            energyUj = board.EnergyUj - start;
        });
        Assert.That(energyUj, Is.EqualTo(30 * s_profile.ComputeMw + 50 * s_profile.WaitMw).Within(0.1).Percent);
    }

    private static Board WithSensor(double shuntOhm = 0.1) =>
        TestBoards.Make(peripherals: new Dictionary<int, Func<Board, II2cPeripheral>> { [0x40] = board => new Ina219Peripheral(board, shuntOhm) });

    private static Ina219 Sensor() => new(System.Device.I2c.I2cDevice.Create(
        new System.Device.I2c.I2cConnectionSettings(1, 0x40, System.Device.I2c.I2cBusSpeed.FastMode)));

    [TestCase(100, 0.1)]
    [TestCase(10, 0.01)]
    public void TheSensorReadsThePowerOfTheBoard(int shuntMilliohm, double shuntOhm)
    {
        using Board board = WithSensor(shuntOhm);
        int waiting = 0, computing = 0;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Sensor();
            Assert.That(sensor.Begin(shuntMilliohm), Is.True);
            ThreadStandIn.Sleep(30);
            Assert.That(sensor.ReadPowerMw(out waiting), Is.True);
            VirtualCpu.Charge(Il(30_000));
            Assert.That(sensor.ReadPowerMw(out computing), Is.True);
        });
        Assert.That(waiting, Is.EqualTo(s_profile.WaitMw).Within(2).Percent);
        Assert.That(computing, Is.EqualTo(s_profile.ComputeMw).Within(3).Percent);
    }

    [Test]
    public void AMissingSensorIsNoticed()
    {
        using Board board = TestBoards.Make();
        bool begins = true;
        TestBoards.Run(board, () => begins = Sensor().Begin(100));
        Assert.That(begins, Is.False);
    }

    [Test]
    public void AnOverflowIsAFailedReadingNotANumber()
    {
        // A shunt ten times what the driver was told: the current register cannot hold the product.
        using Board board = WithSensor(shuntOhm: 1);
        bool reads = true;
        TestBoards.Run(board, () =>
        {
            Ina219 sensor = Sensor();
            sensor.Begin(1);
            ThreadStandIn.Sleep(20);
            reads = sensor.ReadPowerMw(out _);
        });
        Assert.That(reads, Is.False);
    }
}

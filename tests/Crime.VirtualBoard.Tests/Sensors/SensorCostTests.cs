using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;
using Crime.VirtualBoard.Sensors;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;
using DeviceGC = nanoFramework.Runtime.Native.GC;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The cost of a driver on a board, within the budgets of tests/budgets/sensors.json.</summary>
public sealed class SensorCostTests
{
    private const int Polls = 8;
    private const int StepsPerPoll = 16;

    private static readonly JsonElement s_budgets = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "sensors.json"))).RootElement;

    private static readonly Waveform s_rest = new(6, (seconds, channel) => Math.Sin(20 * seconds + channel));

    private static Board Make() => new(new BoardOptions
    {
        Profile = TestBoards.Profile,
        FlashFolder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
        HeapBytes = 100_000,
        I2cPeripherals = new Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [0x53] = board => new Adxl345Peripheral(() => board.NowUs, s_rest),
            [0x68] = board => new Mpu6050Peripheral(() => board.NowUs, s_rest),
        },
        AdcChannels = new Dictionary<int, Func<long, int>> { [0] = us => (int)(us & 1023) },
        // 14 bytes a line, as an accelerometer writes it.
        SerialSources = new Dictionary<string, ISerialSource> { ["COM3"] = new LineFeed(100, i => $"-{100 + i % 100},{200 + i % 50},-1024") },
    });

    /// <summary>The cost of a timestep at 100 Hz when 16 are read at a time, and one at a time from the ADC.</summary>
    [TestCase("adxl345", "sensor=adxl345", StepsPerPoll)]
    [TestCase("mpu6050_3", "sensor=mpu6050", StepsPerPoll)]
    [TestCase("mpu6050_6", "sensor=mpu6050\nsensor.channels=6", StepsPerPoll)]
    [TestCase("adc_1", "sensor=adc", 1)]
    [TestCase("uart_3", "sensor=uart", StepsPerPoll)]
    public void ADriverCostsNoMoreThanItsBudget(string name, string settings, int stepsPerPoll)
    {
        using Board board = Make();
        TestBoards.Run(board, () =>
        {
            uint free = DeviceGC.Run(true);
            FirmwareSensor sensor = FirmwareSensor.Start(settings);
            int held = (int)(free - DeviceGC.Run(true));
            var values = new short[sensor.Channels * StepsPerPoll];
            // Once for the code that .NET compiles at the first call, and for the line that is passed by.
            board.Clock.Sleep((StepsPerPoll + 2) * 10_000);
            sensor.Read(values, StepsPerPoll);
            long il = 0, us = 0;
            int allocated = 0;
            for (int poll = 0; poll < Polls; poll++)
            {
                board.Clock.Sleep(StepsPerPoll * 10_000);
                int usedBefore = board.Heap!.UsedSize;
                long usBefore = board.Clock.NowUs(), ilBefore = board.ExecutedIl;
                Assert.That(sensor.Read(values, stepsPerPoll), Is.EqualTo(stepsPerPoll));
                us += board.Clock.NowUs() - usBefore;
                il += board.ExecutedIl - ilBefore;
                allocated += board.Heap.UsedSize - usedBefore;
            }
            int steps = Polls * stepsPerPoll;
            TestContext.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}: {(double)il / steps:0.0} IL and {(double)us / steps:0} us a timestep, {held} bytes of heap"));
            Assert.That(allocated, Is.Zero, "bytes that reading allocates");
            JsonElement budget = s_budgets.GetProperty(name);
            Assert.That((double)il / steps, Is.InRange(10, budget.GetProperty("il_per_timestep_max").GetDouble()));
            Assert.That(held, Is.InRange(50, budget.GetProperty("heap_bytes_max").GetInt32()));
        });
    }

    /// <summary>The count of a timestep without allocation can fail: making a driver is seen.</summary>
    [Test]
    public void TheHeapSeesADriverThatIsMade()
    {
        using Board board = Make();
        TestBoards.Run(board, () =>
        {
            int before = board.Heap!.UsedSize;
            FirmwareSensor.Create("sensor=adxl345");
            Assert.That(board.Heap.UsedSize - before, Is.GreaterThan(DeviceSizes.Array(6, 1)));
        });
    }
}

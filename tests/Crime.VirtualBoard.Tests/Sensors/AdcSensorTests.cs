using System;
using System.Collections.Generic;
using System.IO;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The driver of the ADC against channels that the host feeds.</summary>
public sealed class AdcSensorTests
{
    private static Board Make(Dictionary<int, Func<long, int>> channels) => new(new BoardOptions
    {
        Profile = TestBoards.Profile,
        FlashFolder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
        AdcChannels = channels,
    });

    [Test]
    public void APollReadsEachChannelOnceInTheSetOrder()
    {
        using Board board = Make(new() { [0] = _ => 17, [3] = _ => 4095, [7] = us => (int)(us / 1_000_000_000) + 2048 });
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start("sensor=adc\nsensor.adc-channels=7,0,3,5\nsensor.rate-hz=250");
            Assert.That((sensor.Channels, sensor.IntervalUs, sensor.PollUs), Is.EqualTo((4, 4000, 4000)));
            var values = new short[16];
            Assert.That(sensor.Read(values, 4), Is.EqualTo(1));
            Assert.That(values[..4], Is.EqualTo(new[] { 2048, 17, 4095, 0 }));
            Assert.That(sensor.Read(values, 0), Is.Zero);
            Assert.That(sensor.TakeLost(), Is.Zero);
        });
    }

    [Test]
    public void AThousandTimestepsASecondTakeAtMostATenthOfTheProcessor()
    {
        using Board board = Make(new() { [0] = us => (int)(us & 4095) });
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start("sensor=adc\nsensor.rate-hz=1000");
            var values = new short[1];
            long beforeUs = board.Clock.NowUs();
            for (int i = 0; i < 1000; i++) sensor.Read(values, 1);
            double shareUs = (board.Clock.NowUs() - beforeUs) / 1000.0;
            TestContext.Out.WriteLine($"{shareUs:0.0} us a timestep of one channel");
            Assert.That(shareUs, Is.InRange(50, 100));
        });
    }
}

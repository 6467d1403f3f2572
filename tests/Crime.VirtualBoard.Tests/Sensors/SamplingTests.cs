using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The sampling thread of the whole firmware: what is lost, and how late it is, stands on the console.</summary>
public sealed class SamplingTests
{
    private const long SecondUs = 1_000_000;
    private const int LimitMs = 120_000;
    private const int Seconds = 5;

    /// <summary>A busy machine makes the thread late. What it misses is counted, so that the timesteps are those of the rate.</summary>
    [TestCase(100)]
    [TestCase(1000)]
    public async Task TheRateIsKeptAndWhatIsMissingIsCounted(int rateHz)
    {
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = FirmwareFlash.Make(
                $"broker.host=\nmapping=local\nsensor=adc\nsensor.adc-channels=0,3\nsensor.rate-hz={rateHz}\n", FirmwareFlash.Model(hidden: 8)),
            AdcChannels = new Dictionary<int, Func<long, int>> { [0] = _ => 2000, [3] = _ => 2100 },
        });
        board.Start();
        await Task.Delay(TimeSpan.FromSeconds(Seconds));
        board.Serial.WriteLine("status");
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (!line.StartsWith("sensor: ", StringComparison.Ordinal)) continue;
            TestContext.Out.WriteLine($"after {board.NowUs / 1000} ms: {line}");
            Dictionary<string, int> values = line[8..].Split(' ').Select(word => word.Split('=')).ToDictionary(
                word => word[0], word => int.Parse(word[1], CultureInfo.InvariantCulture));
            double seconds = board.NowUs / (double)SecondUs;
            // The sensor starts after the first lines of the console.
            Assert.That(values["timesteps"], Is.InRange((seconds - 2) * rateHz, seconds * rateHz));
            Assert.That(values["lost"], Is.LessThan(values["timesteps"]));
            Assert.That(values["late-reads"] > 0, Is.EqualTo(values["lost"] > 0), "an ADC has no buffer");
            Assert.That(values["most-late-us"], Is.GreaterThanOrEqualTo(values["late-us"]).And.Positive);
            return;
        }
        throw new InvalidOperationException("no line about the sensor", board.Crash);
    }
}

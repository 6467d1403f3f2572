using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Sensors;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The whole firmware while it reports its sequences: the load of the serial line, and commands.</summary>
public sealed class RecordingTests
{
    private const int LimitMs = 120_000;

    // Ten bits a byte at 115 200 baud. Windows without a pause are the most that six channels at 100 Hz give.
    private const int LineBytesPerSecond = 11_520;
    private const int WindowSteps = 100;
    private const int Windows = 4;

    private static Board Make(string settings) => new(new BoardOptions
    {
        Profile = TestBoards.Profile,
        FlashFolder = FirmwareFlash.Make("broker.host=\nmapping=local\n" + settings, FirmwareFlash.Model(hidden: 8)),
        HeapBytes = 110_000,
        I2cPeripherals = new Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [0x68] = made => new Mpu6050Peripheral(() => made.NowUs, new Waveform(6, (seconds, channel) => 0.9 * Math.Sin(20 * seconds + channel))),
        },
    });

    /// <summary>With the signal, which adds at most ten lines a second, a quarter of the line suffices, and no timestep is lost.</summary>
    [Test, CancelAfter(LimitMs)]
    public async Task SixChannelsTakeAQuarterOfTheLine(CancellationToken cancellation)
    {
        using Board board = Make($"sensor=mpu6050\nsensor.channels=6\nsegment.kind=window\nsegment.greatest={WindowSteps}\nsegment.hop={WindowSteps}\n");
        board.Start();
        board.Serial.WriteLine("record live");
        int bytes = 0, window = 0, signals = 0;
        await foreach (string line in board.Serial.Lines.ReadAllAsync(cancellation))
        {
            Assert.That(line, Does.Not.StartWith("INF "));
            if (line.StartsWith("REC ", StringComparison.Ordinal) && line.Contains(" len=", StringComparison.Ordinal)) window++;
            if (window > Windows) break;
            if (window == 0) continue;
            bytes += line.Length + 2;
            if (line.StartsWith("SIG ", StringComparison.Ordinal)) signals++;
        }
        TestContext.Out.WriteLine($"{bytes / Windows} bytes a second, {signals} lines of the signal in {Windows} s");
        // A window is a second. The last one may be late by a poll of the sensor.
        Assert.That(bytes / Windows, Is.LessThanOrEqualTo(LineBytesPerSecond / 4));
        Assert.That(signals, Is.InRange(1, 10 * (Windows + 1)));
        board.Serial.WriteLine("status");
        await foreach (string line in board.Serial.Lines.ReadAllAsync(cancellation))
        {
            if (!line.StartsWith("sensor: ", StringComparison.Ordinal)) continue;
            Assert.That(line, Does.Contain(" lost=0 failed-reads=0 "));
            return;
        }
        throw new InvalidOperationException("no line about the sensor", board.Crash);
    }

    /// <summary>A sensor that does not answer is named, and the board lives on.</summary>
    [Test, CancelAfter(LimitMs)]
    public async Task AMissingSensorIsNamed(CancellationToken cancellation)
    {
        using Board board = Make("sensor=adxl345\n");
        board.Start();
        board.Serial.WriteLine("record on");
        int said = 0;
        await foreach (string line in board.Serial.Lines.ReadAllAsync(cancellation))
        {
            if (!line.StartsWith("record: ", StringComparison.Ordinal)) continue;
            if (++said == 1)
            {
                Assert.That(line, Does.StartWith("record: refused: "));
                board.Serial.WriteLine("record off");
                continue;
            }
            Assert.That(line, Is.EqualTo("record: off"));
            return;
        }
        throw new InvalidOperationException("no answer", board.Crash);
    }
}

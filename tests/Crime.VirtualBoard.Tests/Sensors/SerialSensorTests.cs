using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Sensors;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The driver of lines on a serial port against lines that the host sends.</summary>
public sealed class SerialSensorTests
{
    private const string Settings = "sensor=uart\nsensor.channels=3\n";

    private static Board Make(ISerialSource source, string port = "COM3") => new(new BoardOptions
    {
        Profile = TestBoards.Profile,
        FlashFolder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
        SerialSources = new Dictionary<string, ISerialSource> { [port] = source },
    });

    /// <summary>Reads the lines of a text, which come after the one that the driver passes by.</summary>
    private static (short[] Values, int Lost) Read(string text, string settings = Settings, int channels = 3)
    {
        string[] lines = ["", .. text.Split('\n')];
        using Board board = Make(new LineFeed(100_000, i => i < lines.Length ? lines[i] : ""));
        (short[], int) result = default;
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(settings);
            var values = new short[100 * channels];
            board.Clock.Sleep(20_000);
            int steps = sensor.Read(values, 100);
            result = (values[..(steps * channels)], sensor.TakeLost());
        });
        return result;
    }

    [TestCase("1,2,3", new[] { 1, 2, 3 })]
    [TestCase("1;2;3\r", new[] { 1, 2, 3 })]
    [TestCase("1\t-2\t+3", new[] { 1, -2, 3 })]
    [TestCase("  1   2 3  ", new[] { 1, 2, 3 })]
    [TestCase("1, 2 , 3", new[] { 1, 2, 3 })]
    [TestCase("32767,-32768,0", new[] { 32767, -32768, 0 })]
    [TestCase("1.4,1.5,-1.5", new[] { 1, 2, -2 })]
    [TestCase("000000001,0.00000000,-0", new[] { 1, 0, 0 })]
    [TestCase("1,2,3\n\n\r\n4,5,6", new[] { 1, 2, 3, 4, 5, 6 })]
    [TestCase("12.,.5,3.", new[] { 12, 1, 3 })]
    public void ALineIsATimestep(string text, int[] expected)
    {
        var (values, lost) = Read(text);
        Assert.That(values, Is.EqualTo(expected));
        Assert.That(lost, Is.Zero);
    }

    [TestCase("1,2")]
    [TestCase("1,2,3,4")]
    [TestCase("1,,3")]
    [TestCase("1,2,3,")]
    [TestCase(",1,2,3")]
    [TestCase("time,x,y")]
    [TestCase("1,2,x")]
    [TestCase("1,2,3e2")]
    [TestCase("1,2,3.4.5")]
    [TestCase("1,2,-")]
    [TestCase("1,2,.")]
    [TestCase("1,2,3-4")]
    [TestCase("1,2,32768")]
    [TestCase("1,2,-32769")]
    [TestCase("1,2,0000000001")]
    [TestCase("1,2,99999999999999999999999999")]
    [TestCase("1,2,\u0001")]
    [TestCase("1,2,3 4")]
    [TestCase("#")]
    public void ADamagedLineIsCountedAndTheNextOneIsRead(string text)
    {
        var (values, lost) = Read(text + "\n7,8,9");
        Assert.That(values, Is.EqualTo(new[] { 7, 8, 9 }));
        Assert.That(lost, Is.EqualTo(1));
    }

    [Test]
    public void ALineWithoutEndIsOneLoss()
    {
        var (values, lost) = Read(string.Concat(Enumerable.Repeat("1,", 20)) + new string('5', 40) + "\n7,8,9");
        Assert.That(values, Is.EqualTo(new[] { 7, 8, 9 }));
        Assert.That(lost, Is.EqualTo(1));
    }

    [TestCase(1000, "0.98,-0.021,9.8067", new[] { 980, -21, 9807 })]
    [TestCase(100, "0.98,-0.021,9.8067", new[] { 98, -2, 981 })]
    [TestCase(10_000, "3.2767,-3.2768,0", new[] { 32767, -32768, 0 })]
    public void DecimalsAreScaled(int scale, string text, int[] expected)
    {
        var (values, lost) = Read(text, Settings + $"sensor.scale={scale}");
        Assert.That(values, Is.EqualTo(expected));
        Assert.That(lost, Is.Zero);
    }

    [Test]
    public void NumbersBeyond16BitsAfterScalingAreALoss() => Assert.That(Read("0,0,33", Settings + "sensor.scale=1000").Lost, Is.EqualTo(1));

    [TestCase("COM2", 9600, 20)]
    [TestCase("COM3", 115_200, 100)]
    [TestCase("COM3", 921_600, 1000)]
    public void NothingIsLostAtTheRateOfTheLine(string port, int baud, int rateHz)
    {
        using Board board = Make(new LineFeed(rateHz, i => $"{i},{-i},{2 * i}"), port);
        TestBoards.Run(board, () =>
        {
            string console = port == "COM2" ? "console.port=\n" : "";
            FirmwareSensor sensor = FirmwareSensor.Start(console + Settings + $"sensor.port={port}\nsensor.baud={baud}");
            Assert.That((sensor.Channels, sensor.IntervalUs), Is.EqualTo((3, 0)));
            short[] values = sensor.Collect(board, 2 * rateHz);
            Assert.That(values, Is.EqualTo(Enumerable.Range(1, values.Length / 3).SelectMany(i => new[] { i, -i, 2 * i })), "the first line may be a part of one");
            Assert.That(sensor.TakeLost(), Is.Zero);
        });
    }

    [Test]
    public void ALatePollLosesLinesAndSaysSo()
    {
        var feed = new LineFeed(200, i => $"{i % 1000},{i % 1000},{i % 1000}");
        using Board board = Make(feed);
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings);
            short[] values = [.. sensor.Collect(board, 1, 1_000_000), .. sensor.Collect(board, 5)];
            Assert.That(feed.LostBytes, Is.Positive);
            Assert.That(sensor.TakeLost(), Is.EqualTo(1), "the line at the edge of the gap");
            int before = Enumerable.Range(0, values.Length / 3).TakeWhile(i => values[3 * i] == i + 1).Count();
            int after = values[3 * before] - before;
            Assert.That(before, Is.InRange(1024 / 12, 1024 / 6), "what the buffer held");
            Assert.That(after, Is.InRange(201 - 1024 / 6, 201), "what came while it was read");
            IEnumerable<int> expected = Enumerable.Range(1, before).Concat(Enumerable.Range(before + after, values.Length / 3 - before));
            Assert.That(values, Is.EqualTo(expected.SelectMany(i => new[] { i, i, i })));
        });
    }

    [Test]
    public void MoreThanWantedStaysForTheNextCall()
    {
        using Board board = Make(new LineFeed(1000, i => $"{i},{i},{i}"));
        TestBoards.Run(board, () =>
        {
            FirmwareSensor sensor = FirmwareSensor.Start(Settings);
            board.Clock.Sleep(20_000);
            var values = new short[300];
            Assert.That(sensor.Read(values, 4), Is.EqualTo(4));
            Assert.That(values[9], Is.EqualTo(4));
            Assert.That(sensor.Read(values, 4), Is.EqualTo(4));
            Assert.That(values[0], Is.EqualTo(5));
        });
    }

    [TestCase("sensor=uart\nsensor.port=COM2", "sensor.port is the port of the console; set console.port to another one, or to nothing")]
    [TestCase("sensor=uart\nsensor.tx-pin=34", "the bus or the port of the sensor cannot be used: pin 34 cannot be COM3_TX")]
    [TestCase("sensor=adxl345\ni2c.data-pin=48", "the bus or the port of the sensor cannot be used: pin 48 cannot be I2C1_DATA")]
    public void AWrongPortOrPinIsOneLine(string settings, string expected)
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            Assert.That(FirmwareSensor.Create(settings, out string? problem), Is.Null);
            Assert.That(problem, Is.EqualTo(expected));
        });
    }

    [Test]
    public void NoSensorIsNoProblem()
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            Assert.That(FirmwareSensor.Create("", out string? problem), Is.Null);
            Assert.That(problem, Is.Null);
        });
    }
}

using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Device.Sensors;
using Crime.Device.Settings;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Redirects;
using NUnit.Framework;

namespace Crime.Cli.Tests.Boards;

public sealed class VirtualSensorTests
{
    private const int Steps = 30;

    private static string Folder() => Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "sensor", Guid.NewGuid().ToString("n"))).FullName;

    private static string Write(string text)
    {
        string path = Path.Combine(Folder(), "log.csv");
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Reads the sensor with the driver that its settings ask for.</summary>
    private static List<short> Read(VirtualSensor sensor, int steps = Steps)
    {
        var values = new List<short>();
        var remarks = new ArrayList();
        using var board = new Board(sensor.AttachTo(new BoardOptions { Profile = BoardProfile.Bundled("esp32-devkitc"), FlashFolder = Folder() }));
        string? problem = null;
        board.Run(() =>
        {
            ISensor driver = SensorFactory.Create(SettingsFile.Parse(string.Join('\n', sensor.SettingsLines), remarks), out problem);
            problem ??= driver.Start();
            var poll = new short[100 * driver.Channels];
            while (problem == null && values.Count < steps * driver.Channels)
            {
                ThreadStandIn.Sleep(driver.PollUs / 1000);
                values.AddRange(poll.Take(driver.Read(poll, 100) * driver.Channels));
            }
        }).Join();
        Assert.That(board.Crash, Is.Null);
        Assert.That(remarks, Is.Empty);
        Assert.That(problem, Is.Null);
        return values;
    }

    // The unit of the gestures is 1/256 g; an MPU6050 has 1/4096 g at 8 g. A serial line begins with a line that the driver passes by.
    [TestCase("adxl345", 1, 0)]
    [TestCase("mpu6050", 16, 0)]
    [TestCase("uart", 1, 1)]
    public void TheFirmwareReadsTheGestures(string kind, int factor, int firstStep)
    {
        SensorLog log = GestureStream.Generate(7, VirtualSensor.GestureCount);
        List<short> values = Read(VirtualSensor.Parse(kind + "=gestures:7"));
        Assert.That(values, Is.EqualTo(log.Values.Skip(3 * firstStep).Take(values.Count).Select(value => value * factor)));
    }

    /// <summary>A gesture begins after a rest, and the hand goes on where it was when the board starts anew.</summary>
    [TestCase("adxl345", 1, 0)]
    [TestCase("mpu6050", 16, 0)]
    [TestCase("uart", 1, 1)]
    public void TheFirmwareReadsAHandThatIsAskedForAGesture(string kind, int factor, int firstStep)
    {
        VirtualSensor sensor = VirtualSensor.Parse(kind + "=hand:7");
        var person = new GesturePerformer(7);
        Assert.That(HandCommand.TryRun("perform lift", sensor.Hand, _ => { }), Is.True);
        person.Perform("lift");
        const int steps = 2 * GestureStream.MinPause;
        List<short> first = Read(sensor, steps);
        sensor.Pass(2_000_000);
        List<short> second = Read(sensor, steps);
        Assert.That(first, Is.EqualTo(Samples(firstStep, first.Count)));
        Assert.That(second, Is.EqualTo(Samples(200 + firstStep, second.Count)));
        Assert.That(person.PerformedCount, Is.EqualTo(1));

        IEnumerable<int> Samples(int firstSample, int count) => Enumerable.Range(0, count).Select(i => person.At(firstSample + i / 3, i % 3) * factor);
    }

    [TestCase("perform lift", 1, "perform: 1 x lift")]
    [TestCase(" perform  circle 12", 12, "perform: 12 x circle")]
    [TestCase("perform twist", 0, "perform: type perform CLASS [COUNT], with a class of circle, lift, shake, and a count from 1 to 1000")]
    [TestCase("perform lift 0", 0, "perform: type perform CLASS")]
    [TestCase("perform lift 2 3", 0, "perform: type perform CLASS")]
    [TestCase("perform", 0, "perform: type perform CLASS")]
    public void ALineAsksForGestures(string line, int expected, string said)
    {
        var hand = new GesturePerformer(1);
        var lines = new List<string>();
        Assert.That(HandCommand.TryRun(line, hand, lines.Add), Is.True);
        Assert.That(lines.Single(), Does.StartWith(said));
        for (int i = 0; i < 5000; i++) hand.At(i, 0);
        Assert.That(hand.PerformedCount, Is.EqualTo(expected));
        lines.Clear();
        Assert.That(HandCommand.TryRun(line, null, lines.Add), Is.True);
        Assert.That(lines.Single(), Does.StartWith("perform: no hand holds the sensor"));
    }

    [Test]
    public void AGestureWaitsForASensorThatIsRead()
    {
        var hand = new GesturePerformer(1);
        hand.Perform("lift");
        hand.At(10_000, 0);
        Assert.That(hand.PerformedCount, Is.Zero);
        hand.At(10_001, 0);
        Assert.That(hand.PerformedCount, Is.EqualTo(1));
    }

    [Test]
    public void OtherLinesAreForTheBoard() => Assert.That(HandCommand.TryRun("performance", new GesturePerformer(1), _ => Assert.Fail()), Is.False);

    [Test]
    public void AnAnalogueSensorRestsInTheMiddle()
    {
        List<short> values = Read(VirtualSensor.Parse("adc=gestures"));
        Assert.That(values, Has.Count.EqualTo(3 * Steps));
        double length = Math.Sqrt(Enumerable.Range(0, 3).Sum(axis => Math.Pow(values[axis] - 2047.5, 2)));
        Assert.That(length, Is.EqualTo(409.5).Within(10), "gravity");
    }

    [Test]
    public void TheFirmwareReadsTheNumbersOfAFile([Values("adxl345", "mpu6050")] string kind)
    {
        string log = "time,x,y,z\n" + string.Concat(Enumerable.Range(0, 100).Select(i => FormattableString.Invariant($"{i / 50.0},{i},{-i},{2 * i}\n")));
        VirtualSensor sensor = VirtualSensor.Parse($"{kind}={Write(log)}");
        Assert.That(sensor.SettingsLines, Does.Contain("sensor.rate-hz=50"));
        List<short> values = Read(sensor);
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, values.Count / 3).SelectMany(i => new[] { i, -i, 2 * i })));
    }

    [Test]
    public void DecimalsComeOverASerialLine()
    {
        string log = "time,x\n" + string.Concat(Enumerable.Range(0, 60).Select(i => FormattableString.Invariant($"{i / 100.0},{i / 10.0}\n")));
        VirtualSensor sensor = VirtualSensor.Parse("uart=" + Write(log));
        Assert.That(sensor.SettingsLines, Is.EqualTo(new[] { "sensor=uart", "sensor.port=COM3", "sensor.channels=1", "sensor.scale=10" }));
        List<short> values = Read(sensor);
        Assert.That(values, Is.EqualTo(Enumerable.Range(1, values.Count)));
    }

    [TestCase("bmi270=gestures", "'bmi270=gestures' is not that")]
    [TestCase("adxl345", "'adxl345' is not that")]
    [TestCase("adxl345=", "'adxl345=' is not that")]
    [TestCase("adxl345=gestures:x", "'gestures:x' has none")]
    [TestCase("adxl345=hand:", "'hand:' has none")]
    public void AnotherTextIsRefused(string text, string expected) =>
        Assert.That(() => VirtualSensor.Parse(text), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [TestCase("adxl345", "x,y,z\n1,2,3\n4,5,6\n", "no time column: a virtual sensor needs the rate of the log")]
    [TestCase("adxl345", "time,x,y\n0,2,3\n0.01,5,6\n", "2 channels, and an adxl345 has 3")]
    [TestCase("mpu6050", "time,x,y\n0,2,3\n0.01,5,6\n", "2 channels, and an mpu6050 has 3, or 6 with its gyroscope")]
    [TestCase("adxl345", "time,x,y,z\n0,1,2,3\n0.0001,5,6,7\n", "10000 samples per second; a sensor has 1 to 1000")]
    [TestCase("adxl345", "time,x,y,z\n0,0.5,2,3\n0.01,5,6,7\n", "decimals: the log of an adxl345 has the whole numbers that it gives")]
    public void ALogThatDoesNotSuitIsRefused(string kind, string text, string expected) =>
        Assert.That(() => VirtualSensor.Parse($"{kind}={Write(text)}"), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
}

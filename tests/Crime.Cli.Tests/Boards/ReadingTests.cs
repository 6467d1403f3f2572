using System;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Cli.Tests.Monitor;
using Crime.Device.Energy;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Model;
using Crime.Node;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.Cli.Tests.Boards;

public sealed class ReadingTests
{
    private static string LineOfTheFirmware(InputResult result, string? name = null)
    {
        using var board = new Board(new BoardOptions
        {
            Profile = BoardProfile.Bundled("esp32-devkitc"),
            FlashFolder = global::System.IO.Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
        });
        board.Run(() => new Device.App.Report(new SerialConsole("COM2", 115200, 17, 16)).Inference(result, name!, new ModelledMeter(null))).Join();
        Assert.That(board.Crash, Is.Null);
        Assert.That(board.Serial.Lines.TryRead(out string? line), Is.True);
        return line!;
    }

    [Test]
    public void TheFirmwaresOwnLineIsRead()
    {
        string line = LineOfTheFirmware(new InputResult
        {
            Input = 35, Length = 30, Target = Target.Fallback, Label = 4, TimeUs = 48_493, ActiveUs = 98_493, EnergyUj = 7998, BreakEvenLength = 65535, Depth = 2,
        });
        Assert.That(Reading.Parse(line), Is.EqualTo(new Reading(35, 30, "fallback", 4, 48.493, 98.493, 7.998, 81.203, null, 2, "model")));
        Assert.That(Reading.Parse(LineOfTheFirmware(new InputResult { BreakEvenLength = 44 })), Is.EqualTo(new Reading(0, 0, "local", 0, 0, 0, 0, 0, 44, 0, "model")));
        line = LineOfTheFirmware(new InputResult { Length = 200, DoneCount = 70, Target = Target.Gateway, BreakEvenLength = 44 });
        Assert.That(line, Does.StartWith("INF id=0 len=200 at=gateway done=70 class=0 "));
        Assert.That(Reading.Parse(line), Is.EqualTo(new Reading(0, 200, "gateway", 0, 0, 0, 0, 0, 44, 0, "model", 70)));
        line = LineOfTheFirmware(new InputResult { BreakEvenLength = 44, ConfidencePerMille = 963 }, "wave \"up\"");
        Assert.That(Reading.Parse(line), Is.EqualTo(new Reading(0, 0, "local", 0, 0, 0, 0, 0, 44, 0, "model", 0, 963, "wave 'up'")));
    }

    private static InputResult ResultOf(AnswerKind answer, params int[] millionths)
    {
        var result = new InputResult { Input = 7, Length = 30, Label = 1, BreakEvenLength = 65535 };
        ModelFile model = TestModels.Parse(TestModels.Write(TestModels.WithAnswer(TestModels.Make(3, [(CellKind.Lstm, 4)], millionths.Length), answer)));
        result.Answer.SetModel(model);
        result.Answer.TakeLocal(millionths, 20, 1, millionths[0] / 1e6f, 30);
        return result;
    }

    [Test]
    public void AnswersWithoutAClassAreRead()
    {
        // 20 and 21 degrees, and 2.5 for each 2^20.
        string line = LineOfTheFirmware(ResultOf(AnswerKind.Values, 1 << 20, -10 << 20));
        Assert.That(line, Does.EndWith(" class=- ms=0.000 active-ms=0.000 mj=0.000 mw=0.000 even=- depth=0 meter=model conf=- name=- value=22.500 unit=\"C\""));
        Reading expected = new(7, 30, "local", null, 0, 0, 0, 0, null, 0, "model", Value: 22.5, Unit: "C");
        Assert.That(Reading.Parse(line), Is.EqualTo(expected));
        line = LineOfTheFirmware(ResultOf(AnswerKind.Anomaly, 123_456), "anomaly");
        Assert.That(Reading.Parse(line), Is.EqualTo(expected with { ClassIndex = 1, Class = "anomaly", Value = 0.123456, Unit = null }));
        // A line that is cut off has no value, or is none.
        for (int i = 1; i < line.Length; i++) Assert.That(Reading.Parse(line[..i])?.Value, Is.Null, line[..i]);
    }

    /// <summary>The longest line of an inference with the longest name that is written.</summary>
    [Test]
    public void ALongNameIsCutAndTheLineIsWhole()
    {
        string line = LineOfTheFirmware(
            new InputResult
            {
                Input = 999_999_999, Length = 4096, DoneCount = 4095, Label = 65535, Target = Target.Fallback, TimeUs = 999_999_999_999, ActiveUs = 999_999_999_999,
                EnergyUj = int.MaxValue, BreakEvenLength = 65534, Depth = 65535, ConfidencePerMille = 1000,
            },
            new string('n', 255));
        Assert.That(line, Has.Length.LessThanOrEqualTo(LineWriter.Capacity));
        Assert.That(Reading.Parse(line)!.Class, Is.EqualTo(new string('n', 40)));
    }

    [Test]
    public void NoPartOfALineIsALine()
    {
        string line = BoardLines.Inference(35);
        for (int i = 1; i < line.Length; i++)
        {
            Assert.That(Reading.Parse(line[..i]), Is.Null, line[..i]);
            Assert.That(Reading.Parse(line[i..]), Is.Null, line[i..]);
            Assert.That(Reading.Parse(line[..i] + line), Is.Null, "two lines run into each other");
        }
    }

    [Test]
    public void ADigitLostInTheMeasurementIsNoticed()
    {
        string line = BoardLines.Inference(35);
        int from = line.IndexOf(" active-ms=", StringComparison.Ordinal) + 11, to = line.IndexOf(" even=", StringComparison.Ordinal);
        var kept = Enumerable.Range(from, to - from).Where(i => char.IsDigit(line[i])).Select(i => line.Remove(i, 1)).Where(damaged => Reading.Parse(damaged) != null);
        Assert.That(kept, Is.Empty);
    }

    [TestCase("INF id=99999999999 len=1 at=local class=1 ms=1.000 active-ms=1.000 mj=1.000 mw=1000.000 even=- depth=0 meter=model conf=- name=-")]
    [TestCase("INF id=1 len=1 at=local class=1 ms=1.000 active-ms=1.000 mj=1.000 mw=1000.000 even=- depth=0 meter=guess conf=- name=-")]
    [TestCase("INF id=1 len=1 at=moon class=1 ms=1.000 active-ms=1.000 mj=1.000 mw=1000.000 even=- depth=0 meter=model conf=- name=-")]
    [TestCase("INF id=1 len=1 at=local class=1 ms=1,000 active-ms=1.000 mj=1.000 mw=1000.000 even=- depth=0 meter=model conf=- name=-")]
    [TestCase("INF id=1 len=9 at=local done=0 class=1 ms=1.000 active-ms=1.000 mj=1.000 mw=1000.000 even=- depth=0 meter=model conf=- name=-")]
    [TestCase("INF id=1 len=9 at=local done= class=1 ms=1.000 active-ms=1.000 mj=1.000 mw=1000.000 even=- depth=0 meter=model conf=- name=-")]
    [TestCase("")]
    public void WhatABoardDoesNotWriteIsNoReading(string line) => Assert.That(Reading.Parse(line), Is.Null);

    [Test]
    public void AMetersLineIsRead() => Assert.That(
        BracketReading.Parse("METER id=3 pin=4 ms=48.500 mj=8.002 mw=164.989 idle-mw=103.250 samples=78 bad=0"),
        Is.EqualTo(new BracketReading(3, 4, 48.5, 8.002, 164.989, 103.25, 78, 0)));
}

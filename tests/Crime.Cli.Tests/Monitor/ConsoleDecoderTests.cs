using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Crime.Cli.Monitor;
using NUnit.Framework;

namespace Crime.Cli.Tests.Monitor;

public sealed class ConsoleDecoderTests
{
    private static List<MonitorEvent> Decode(params byte[][] pieces)
    {
        var events = new List<MonitorEvent>();
        var decoder = new ConsoleDecoder("", events.Add);
        foreach (byte[] piece in pieces) decoder.Feed(piece);
        decoder.Cut();
        return events;
    }

    private static List<MonitorEvent> Decode(string text) => Decode(Encoding.Latin1.GetBytes(text));

    [Test]
    public void ReadingsCarryTheNameOfTheirBoard() => Assert.That(
        Decode("CRIME board hall-1, firmware 0.1.0\r\n" + BoardLines.Inference(0) + "\r\n").Last(),
        Is.EqualTo(new InferenceArrived("hall-1", BoardLines.Reading(BoardLines.Inference(0)))));

    [TestCase("model: gestures id=0123abcd inputs=6 layers=1 hidden=16 classes=6 local-us-per-step=1.234 local-us=45")]
    [TestCase("status: inputs=1 local=1 gateway=0 fallback=0 ms=1.000 mj=1.000 background-total-mj=0.250")]
    [TestCase("? 'stauts' is not a command; try help")]
    [TestCase("END inputs=1 local=1 gateway=0 fallback=0 ms=1.000 mj=1.000 background-total-mj=0.250")]
    [TestCase("ok: reset")]
    public void OtherLinesOfABoardAreText(string line) => Assert.That(Decode(line + "\r\n"), Is.EqualTo(new[] { new TextArrived(line) }));

    [TestCase("INF id=1 len=2\r\n", TestName = "a truncated reading")]
    [TestCase("th=0 meter=model\r\n", TestName = "the rest of one")]
    [TestCase("END inputs=1 loc\r\n", TestName = "a truncated end")]
    [TestCase("status\u0000: inputs=1\r\n", TestName = "a letter that no terminal shows")]
    [TestCase("sta\rtus: inputs=1\r\n", TestName = "a return within the line")]
    [TestCase("\u00ff\u00fe\u0080\n", TestName = "noise")]
    [TestCase("status: half", TestName = "a half line at the end")]
    public void AnythingElseIsGarbledOnce(string text) => Assert.That(Decode(text).Select(item => item.GetType()), Is.EqualTo(new[] { typeof(GarbledArrived) }));

    [Test]
    public void EmptyLinesAreNothing() => Assert.That(Decode("\r\n\n\r\n"), Is.Empty);

    [Test]
    public void ALineOfTheGreatestLengthIsReadAndOneLetterMoreIsGarbled()
    {
        string longest = "status: " + new string('x', ConsoleDecoder.MaxLineSize - 8);
        Assert.That(Decode(longest + "\r\n"), Is.EqualTo(new[] { new TextArrived(longest) }));
        Assert.That(Decode(longest + "\n"), Is.EqualTo(new[] { new TextArrived(longest) }));
        Assert.That(Decode(longest + "x\r\n").Single(), Is.InstanceOf<GarbledArrived>());
        var afterwards = Decode(new string('x', 100_000) + "\r\nok: reset\r\n");
        Assert.That(afterwards.Select(item => item.GetType()), Is.EqualTo(new[] { typeof(GarbledArrived), typeof(TextArrived) }));
    }

    [Test]
    public void ItDoesNotMatterHowTheBytesAreCut()
    {
        Random random = TestSeed.Random();
        byte[] text = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(i => BoardLines.Inference(i, random) + "\r\n")));
        List<MonitorEvent> whole = Decode(text);
        Assert.That(whole, Has.Count.EqualTo(200).And.All.InstanceOf<InferenceArrived>());
        for (int round = 0; round < 20; round++)
        {
            var pieces = new List<byte[]>();
            for (int at = 0; at < text.Length;)
            {
                int size = Math.Min(random.Next(1, 300), text.Length - at);
                pieces.Add(text[at..(at + size)]);
                at += size;
            }
            Assert.That(Decode([.. pieces]), Is.EqualTo(whole));
        }
    }

    [Test]
    public void EveryLineOfAnyBytesComesOutOnce()
    {
        Random random = TestSeed.Random();
        for (int round = 0; round < 200; round++)
        {
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            int lines = Encoding.Latin1.GetString(bytes).Split('\n').Count(line => line.Length > 0 && line != "\r");
            // Bytes behind the last line end are a half line even when they are a return.
            if (bytes[^1] == '\r' && (bytes.Length == 1 || bytes[^2] == '\n')) lines++;
            Assert.That(Decode(bytes), Has.Count.EqualTo(lines));
        }
    }
}

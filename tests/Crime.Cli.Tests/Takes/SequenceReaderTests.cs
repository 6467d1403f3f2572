using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Takes;
using NUnit.Framework;

namespace Crime.Cli.Tests.Takes;

/// <summary>Sequences come out of the lines of a board as a whole, or are reported as lost.</summary>
public sealed class SequenceReaderTests
{
    private static List<RecordEvent> Feed(SequenceReader reader, IEnumerable<string> lines) => [.. lines.SelectMany(reader.Feed)];

    private static SequenceReader Started(int channels = 3)
    {
        var reader = new SequenceReader();
        Assert.That(reader.Feed(BoardLines.On(channels)), Is.EqualTo(new[] { new Answered(true, channels, BoardLines.RateMilliHz) }));
        return reader;
    }

    [Test]
    public void ASequenceComesBetweenOtherLines([Values(1, 3, 6, 16)] int channels, [Values(1, 24, 25, 266)] int length)
    {
        short[] values = BoardLines.Values(channels, length, 5);
        List<string> lines = BoardLines.Of(1, channels, values);
        Assert.That(lines.Max(line => line.Length), Is.LessThanOrEqualTo(256));
        lines.Insert(2, "broker: localhost cannot be reached: refused");
        lines.Insert(1, "INF id=3 len=84");
        RecordEvent arrived = Feed(Started(channels), lines).Single();
        Assert.That(arrived, Is.TypeOf<SequenceArrived>());
        Assert.That(((SequenceArrived)arrived).Values, Is.EqualTo(values));
        Assert.That(((SequenceArrived)arrived).Length, Is.EqualTo(length));
    }

    /// <summary>One wrong letter anywhere: the sequence comes as it was sent, or not at all and with a report. The next one is whole.</summary>
    [Test]
    public void ADamagedLetterGivesNoOtherNumbers()
    {
        Random random = TestSeed.Random();
        short[] first = BoardLines.Values(3, 60, 1), second = BoardLines.Values(3, 40, 2);
        for (int i = 0; i < 500; i++)
        {
            List<string> lines = [.. BoardLines.Of(1, 3, first), .. BoardLines.Of(2, 3, second)];
            int at = random.Next(BoardLines.Of(1, 3, first).Count), letter = random.Next(lines[at].Length);
            char damaged = (char)random.Next(' ', 127);
            bool isSame = lines[at][letter] == damaged;
            string before = lines[at];
            lines[at] = before[..letter] + damaged + before[(letter + 1)..];
            List<RecordEvent> events = Feed(Started(), lines);
            SequenceArrived[] arrived = [.. events.OfType<SequenceArrived>()];
            Assert.That(arrived[^1].Values, Is.EqualTo(second), lines[at]);
            if (isSame) Assert.That(arrived[0].Values, Is.EqualTo(first));
            else Assert.That(arrived, Has.Length.EqualTo(1), lines[at]);
            Assert.That(events.OfType<SequencesLost>().Select(lost => (lost.First, lost.Last)), Is.EqualTo(isSame ? [] : new[] { (1u, 1u) }), lines[at]);
        }
    }

    [Test]
    public void AMissingLineLosesTheSequence()
    {
        short[] first = BoardLines.Values(3, 60, 1), second = BoardLines.Values(3, 40, 2);
        int count = BoardLines.Of(1, 3, first).Count;
        for (int missing = 0; missing < count; missing++)
        {
            List<string> lines = [.. BoardLines.Of(1, 3, first), .. BoardLines.Of(2, 3, second)];
            lines.RemoveAt(missing);
            List<RecordEvent> events = Feed(Started(), lines);
            Assert.That(events.OfType<SequencesLost>().Select(lost => (lost.First, lost.Last)), Is.EqualTo(new[] { (1u, 1u) }), $"line {missing}");
            Assert.That(events.OfType<SequenceArrived>().Single().Values, Is.EqualTo(second));
        }
    }

    [Test]
    public void TheNextAnswerShowsLostSequences()
    {
        SequenceReader reader = Started();
        Assert.That(reader.Feed(BoardLines.On(next: 4))[0], Is.EqualTo(new SequencesLost(1, 3, "lines are missing")));
        Assert.That(reader.Feed(BoardLines.On(next: 4)), Has.Count.EqualTo(1));
    }

    [TestCase("record: refused: inputs come from a recording; set sensor=", "inputs come from a recording; set sensor=")]
    [TestCase("? 'record on' is not a command; try help", "its firmware has no command 'record'; flash a newer one")]
    public void ABoardThatCannotRecordSaysSo(string line, string reason) =>
        Assert.That(new SequenceReader().Feed(line), Is.EqualTo(new[] { new Refused(reason) }));

    [Test]
    public void TheSignalHasANumberPerChannel()
    {
        var signal = (SignalArrived)new SequenceReader().Feed("SIG -12 0 32767").Single();
        Assert.That(signal.Values, Is.EqualTo(new short[] { -12, 0, short.MaxValue }));
        Assert.That(new SequenceReader().Feed("SIG 99999"), Is.Empty);
    }

    [Test]
    public void ABoardThatStartsAnewCountsFromOne()
    {
        SequenceReader reader = Started();
        Feed(reader, BoardLines.Of(1, 3, BoardLines.Values(3, 20, 1)));
        Assert.That(reader.Feed("CRIME board hall-1, firmware 0.1.0"), Is.EqualTo(new[] { new Restarted() }));
        Assert.That(Feed(reader, BoardLines.Of(1, 3, BoardLines.Values(3, 20, 2))).Single(), Is.TypeOf<SequenceArrived>());
    }
}

using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Segmenting;

/// <summary>From a log to sequences with a class.</summary>
public sealed class LogSequencesTests
{
    private static SensorLogContent Read(string text)
    {
        string path = Path.Combine(Checkout.NewFolder(), "log.csv");
        File.WriteAllText(path, text);
        return SensorLogFile.Read(path, new SensorLogColumns());
    }

    [Test]
    public void KnownPartsAreInTheUnitsOfTheFile()
    {
        LogSequences found = LogSequences.Of(Read("time,x,y,label\n0,0.5,1,\n1,0.25,2,up\n2,-0.75,3,up\n3,1,4,\n4,2,5,down\n"), "monday", null, null);
        Assert.That(
            found.Sequences.Select(sequence => (sequence.Label, sequence.Length, sequence.Take)),
            Is.EqualTo(new[] { ("up", 2, "monday"), ("down", 1, "monday") }));
        Assert.That(found.Sequences[0].Features, Is.EqualTo(new float[] { 0.25f, 2, -0.75f, 3 }));
    }

    [Test]
    public void AWholeLogIsDividedAtItsGaps()
    {
        LogSequences found = LogSequences.Of(Read("time,x\n0,1\n1,2\n2,3\n9,4\n10,5\n"), "wave_1", "wave", null);
        Assert.That(found.Sequences.Select(sequence => (sequence.Label, sequence.Length)), Is.EqualTo(new[] { ("wave", 3), ("wave", 2) }));
    }

    [Test]
    public void TheSegmenterCutsAndTheKnownPartsNameTheClass()
    {
        SensorLog log = GestureStream.Generate(1, 12);
        var content = new SensorLogContent(log with { Marks = [.. log.Marks.Skip(1)] }, ["x", "y", "z"], [], 1, false, null);
        LogSequences found = LogSequences.Of(content, "log", null, SegmenterProposal.Of(log));
        Assert.That(found.UnlabelledCount, Is.EqualTo(1));
        Assert.That(found.Sequences.Select(sequence => sequence.Label), Is.EqualTo(log.Marks.Skip(1).Select(mark => mark.Label)));
    }
}

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

public sealed class TsFileTests
{
    private static string Write(string content, string name = "X_TRAIN.ts")
    {
        string path = Path.Combine(Checkout.NewFolder(), name);
        File.WriteAllText(path, content);
        return path;
    }

    [TestCase("X.ts")]
    [TestCase("X.ts.gz")]
    public void WhatIsWrittenIsRead(string name)
    {
        IReadOnlyList<LabelledSequence> sent = GestureGenerator.Generate(1, 12, 6).Train;
        string path = Path.Combine(Checkout.NewFolder(), name);
        TsFile.Write(path, "gestures", sent, GestureGenerator.ClassNames);
        List<LabelledSequence> read = TsFile.Read(path);
        Assert.That(read.Select(sequence => (sequence.Label, sequence.Length)), Is.EqualTo(sent.Select(sequence => (sequence.Label, sequence.Length))));
        for (int i = 0; i < read.Count; i++) Assert.That(read[i].Features, Is.EqualTo(sent[i].Features));
    }

    [Test]
    public void ChannelsBecomeTimesteps()
    {
        LabelledSequence sequence = TsFile.Read(Write("@problemName x\n# remark\n@data\n1,2,3:4,5,6:seven\n")).Single();
        Assert.That((sequence.Length, sequence.Label), Is.EqualTo((3, "seven")));
        Assert.That(sequence.Features, Is.EqualTo(new float[] { 1, 4, 2, 5, 3, 6 }));
    }

    [TestCase("1,2:a\n", ":1: data before the line '@data'")]
    [TestCase("@problemName x\n", "no line '@data'")]
    [TestCase("@data\n\n", "no sequence after '@data'")]
    [TestCase("@data\n1,2:a\n1,x:b\n", ":3: 'x' is not a number")]
    [TestCase("@data\n1,NaN:a\n", ":2: 'NaN' is not a number")]
    [TestCase("@data\n1,2\n", ":2: no ':' between the channels and the class")]
    [TestCase("@data\n1,2:3:a\n", ":2: channel 2 has 1 samples, the first has 2")]
    [TestCase("@data\n1,2:a\n1:2:a\n", ":3: 2 channels where the lines before have 1")]
    public void AMalformedFileIsRefusedWithItsLine(string content, string expected) =>
        Assert.That(() => TsFile.Read(Write(content)), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [Test]
    public void ABrokenArchiveIsRefused() =>
        Assert.That(() => TsFile.Read(Write("no gzip", "X.ts.gz")), Throws.TypeOf<UserInputException>().With.Message.Contains("cannot be read"));
}

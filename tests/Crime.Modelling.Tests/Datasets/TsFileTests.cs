using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
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
    [TestCase("@data\n1,NaN:a\n", ":2: missing values are not supported")]
    [TestCase("@data\n1,2\n", ":2: no ':' between the channels and the class")]
    [TestCase("@data\n1,2:3:a\n", ":2: channel 2 has 1 samples, the first has 2")]
    [TestCase("@data\n1,2:a\n1:2:a\n", ":3: 2 channels where the lines before have 1")]
    [TestCase("@targetLabel true\n@data\n1,2:0.5\n", ":1: a regression set")]
    [TestCase("@problemName x\n@targetlabel TRUE\n@data\n1,2:0.5\n", ":2: a regression set")]
    [TestCase("@classLabel false\n@data\n1,2:3,4\n", ":1: the sequences have no class")]
    [TestCase("@CLASSLABEL\tFalse\n@data\n1,2:3,4\n", ":1: the sequences have no class")]
    [TestCase("@targetLabel false\n@data\n1,2:3,4\n", ":1: the sequences have no class")]
    [TestCase("@data\n1,2:3,4\n", ":2: no class at the end of the line")]
    [TestCase("@classLabel true a b\n@data\n1,2:3,4\n", ":3: no class at the end of the line")]
    [TestCase("@dimensions 2\n@data\n1:3\n", ":3: 1 channels and the class '3', where the header says 2")]
    [TestCase("@classLabel true a b\n@data\n1,2:c\n", ":3: class 'c' is none of the header's")]
    [TestCase("@data\n1,2:\n", ":2: no class after the last ':'")]
    [TestCase("@missing true\n@data\n1,?:a\n", ":1: missing values are not supported")]
    [TestCase("@missing false\n@data\n1,?:a\n", ":3: missing values are not supported")]
    [TestCase("@data\n1,nan:a\n", ":2: missing values are not supported")]
    [TestCase("@timestamps true\n@data\n(0,1):a\n", ":1: time stamps are not supported")]
    [TestCase("@data\n(2004-12-01 00:00:00,1),(2,3):a\n", ":2: time stamps are not supported")]
    [TestCase("@data\n1,2::a\n", ":2: '' is not a number: channel 2 is empty")]
    [TestCase("@equalLength true\n@data\n1,2:3,4,5:a\n", ":3: channel 2 has 3 samples, the first has 2; channels of different length are not supported")]
    [TestCase("%@data\n1,2:a\n", ":2: data before the line '@data'")]
    public void AMalformedFileIsRefusedWithItsLine(string content, string expected) =>
        Assert.That(() => TsFile.Read(Write(content)), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [Test]
    public void PercentSignsBeginComments()
    {
        List<LabelledSequence> read = TsFile.Read(Write("% a comment\n%# another\n@problemName x\n  %third\n@data\n% and here\n1,2:a\n"));
        Assert.That(read.Single().Label, Is.EqualTo("a"));
    }

    [TestCase("1.0", "1")]
    [TestCase("walking up", "walking up walking down")]
    [TestCase("Left", "left right")]
    public void TheHeadersClassesMayBeWrittenInAnotherForm(string label, string names) =>
        Assert.That(TsFile.Read(Write($"@classLabel true {names}\n@data\n1,2:{label}\n")).Single().Label, Is.EqualTo(label));

    [Test]
    public void TakesAreKept()
    {
        LabelledSequence[] sent = [.. GestureGenerator.Generate(1, 6, 6).Train.Select((sequence, i) => sequence with { Take = i < 4 ? "hall 1.csv" : "b" })];
        string path = Write("", "X.ts");
        File.WriteAllBytes(path, TsFile.ToBytes("x", sent, GestureGenerator.ClassNames));
        Assert.That(TsFile.Read(path).Select(sequence => sequence.Take), Is.EqualTo(sent.Select(sequence => sequence.Take)));
    }

    [TestCase("a:b")]
    [TestCase("")]
    [TestCase(" a")]
    public void AClassThatTheFormatCannotHoldIsNotWritten(string label) => Assert.That(
        () => TsFile.ToBytes("x", [new LabelledSequence(0, label, 1, [1], [])], [label]), Throws.TypeOf<UserInputException>().With.Message.Contains("rename it"));

    [Test]
    public void ABrokenArchiveIsRefused() =>
        Assert.That(() => TsFile.Read(Write("no gzip", "X.ts.gz")), Throws.TypeOf<UserInputException>().With.Message.Contains("cannot be read"));

    [Test]
    public void AGzippedFileThatUnfoldsToMuchMoreIsRefused()
    {
        string path = Path.Combine(Checkout.NewFolder(), "bomb.ts.gz");
        using (var zip = new GZipStream(File.Create(path), CompressionLevel.SmallestSize))
            for (int n = 0; n < 24; n++) zip.Write(Encoding.ASCII.GetBytes(new string('1', 1 << 20)));
        Assert.That(() => TsFile.Read(path), Throws.TypeOf<UserInputException>().With.Message.Contains("unfolds to more than"));
    }
}

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
    [TestCase("@data\n1,2:rest*1,walk*1\n", ":2: 'rest*1,walk*1' is a class for each timestep")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a*2\n", ":2: a set with a class for each timestep")]
    public void AMalformedFileIsRefusedWithItsLine(string content, string expected) =>
        Assert.That(() => TsFile.Read(Write(content)), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [TestCase("@targetLabel true\n@data\n1,2:a\n", ":3: 'a' is no value")]
    [TestCase("@targetLabel true\n@data\n1,2:NaN\n", ":3: 'NaN' is no value")]
    [TestCase("@targetLabel true\n@data\n1,2:\n", ":3: no value after the last ':'")]
    [TestCase("@targetLabel true\n@data\n1,2:1\n1,2:1,2\n", ":4: 2 values where the lines before have 1")]
    [TestCase("@targetLabel true speed load\n@data\n1,2:1\n", ":3: 1 values, where the header names 2")]
    [TestCase("@dimensions 2\n@targetLabel true\n@data\n1,2:0.5\n", ":4: 1 channels and the label '0.5', where the header says 2")]
    [TestCase("@classLabel true a b\n@targetLabel true\n@data\n1,2:1\n", ":2: the header announces two kinds of labels")]
    [TestCase("@targetLabel true\n@classLabel true a b\n@data\n1,2:1\n", ":2: the header announces two kinds of labels")]
    [TestCase("@classLabel false\n@stepLabel true\n@targetLabel true\n@data\n1,2:1\n", ":3: the header announces two kinds of labels")]
    [TestCase("@stepLabel true\n@data\n1,2:a*2\n", ":1: '@stepLabel true' needs the line '@classLabel false'")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a*3\n", ":4: the classes are of 3 timesteps, and the sequence has 2")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a*1\n", ":4: the classes are of 1 timesteps")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a*2000000000,b*2000000000,c*2000000000\n", ":4: the classes are of 6000000000 timesteps")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a\n", ":4: 'a' is no run of equal classes")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a*0,b*2\n", ":4: 'a*0' is no run of equal classes")]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2:a*1,,b*1\n", ":4: '' is no run of equal classes")]
    [TestCase("@classLabel false\n@stepLabel true a b\n@data\n1,2:c*2\n", ":4: class 'c' is none of the header's (@stepLabel): a, b")]
    public void AMalformedLabelIsRefusedWithItsLine(string content, string expected) =>
        Assert.That(() => TsFile.ReadSet(Write(content)), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [Test]
    public void ValuesAreRead()
    {
        // As the files of the TSER archive are, whose names have no value.
        Dataset one = TsFile.ReadSet(Write("@problemName x\n@classLabel false\n@targetLabel true\n@data\n1,2:3,4:0.5\n5:6:-1e3\n"));
        Assert.That(one.Train.Select(sequence => sequence.Values.Single()), Is.EqualTo(new[] { 0.5f, -1000 }));
        Assert.That((one.Labels, one.ValueNames.Single(), one.FeatureCount), Is.EqualTo((LabelKind.Values, "value", 2)));
        Dataset two = TsFile.ReadSet(Write("@targetLabel true speed load\n@data\n1,2:0.5,7\n"));
        Assert.That(two.ValueNames, Is.EqualTo(new[] { "speed", "load" }));
        Assert.That(two.Train.Single().Values, Is.EqualTo(new[] { 0.5f, 7 }));
    }

    [Test]
    public void ClassesOfTimestepsAreRead()
    {
        Dataset data = TsFile.ReadSet(Write("@classLabel false\n@stepLabel true\n@data\n1,2,3:rest*1,going up*2\n"));
        Assert.That(data.Train.Single().StepClasses, Is.EqualTo(new[] { "rest", "going up", "going up" }));
        Assert.That(StepLabels.ToText(data.Train.Single().StepClasses), Is.EqualTo("rest*1,going up*2"));
    }

    [TestCase("@targetLabel true speed load\n@data\n1,2:0.5,7\n2,3:1,1\n", LabelKind.Values)]
    [TestCase("@classLabel false\n@stepLabel true\n@data\n1,2,3:rest*1,up*2\n1,2,3:up*3\n", LabelKind.StepClass)]
    public void OtherLabelsAreWrittenAsTheyWereRead(string content, LabelKind kind)
    {
        Dataset read = TsFile.ReadSet(Write(content));
        byte[] bytes = TsFile.ToBytes("x", read.Train, new DatasetSummary(read).ClassNames, kind);
        Dataset again = TsFile.ReadSet(Write(Encoding.UTF8.GetString(bytes)));
        Assert.That((again.Labels, again.ValueNames), Is.EqualTo((kind, read.ValueNames)));
        Assert.That(again.Train.Select(sequence => sequence.Values), Is.EqualTo(read.Train.Select(sequence => sequence.Values)));
        Assert.That(again.Train.Select(sequence => sequence.StepClasses), Is.EqualTo(read.Train.Select(sequence => sequence.StepClasses)));
    }

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

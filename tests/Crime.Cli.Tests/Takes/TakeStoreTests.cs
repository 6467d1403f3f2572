using System;
using System.IO;
using System.Linq;
using Crime.Cli.Takes;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Cli.Tests.Takes;

/// <summary>Takes are added to a data set, and what is there stays.</summary>
public sealed class TakeStoreTests
{
    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "takes", Guid.NewGuid().ToString("n"), "set");

    private string TrainPath => Path.Combine(_folder, "set_TRAIN.ts");

    private static SequenceArrived Take(int seed, int channels = 3) => new(1, 20, channels, BoardLines.Values(channels, 20, seed));

    private TakeStore Open(int channels = 3, int rateMilliHz = 100_000)
    {
        TakeStore store = TakeStore.Open(_folder, 0.75m);
        store.CheckBoard(channels, rateMilliHz);
        return store;
    }

    [Test]
    public void EveryFourthTakeOfAClassIsInTheTestPart()
    {
        TakeStore store = Open();
        for (int i = 1; i <= 6; i++) Assert.That(store.Add("wave", Take(i)), Is.EqualTo(i == 4), $"take {i}");
        // Another session goes on where this one has stopped.
        store = Open();
        for (int i = 7; i <= 9; i++) Assert.That(store.Add("wave", Take(i)), Is.EqualTo(i == 8), $"take {i}");
        for (int i = 1; i <= 4; i++) Assert.That(store.Add("left turn", Take(10 + i)), Is.EqualTo(i == 4), $"take {i} of another class");

        Dataset data = DatasetFolder.Load(_folder);
        Assert.That((data.Train.Count, data.Test.Count), Is.EqualTo((10, 3)));
        Assert.That(data.Test.Select(sequence => sequence.Take), Is.EqualTo(new[] { "wave 4", "wave 8", "left turn 4" }));
        Assert.That(data.Test[2].Features, Is.EqualTo(Take(14).Values.Select(value => (float)value)));
        Assert.That(new DatasetSummary(data).ClassNames, Is.EqualTo(new[] { "left turn", "wave" }));
        Assert.That(File.ReadLines(TrainPath).First(line => line.StartsWith("# rate", StringComparison.Ordinal)), Is.EqualTo("# rate-hz 100"));
    }

    [Test]
    public void AFileOfAnotherProgramStaysAsItIs()
    {
        Directory.CreateDirectory(_folder);
        const string former = "# from the lab\r\n@problemName lab\r\n@dimensions 3\r\n@classLabel true wave\r\n@data\r\n1.23456789012,2:3,4:5,6:wave";
        File.WriteAllText(TrainPath, former);
        TakeStore store = Open();
        store.Add("rest", Take(1));
        string text = File.ReadAllText(TrainPath);
        Assert.That(text, Does.StartWith(former.Replace("true wave", "true wave rest", StringComparison.Ordinal) + "\n"));
        Assert.That(TsFile.Read(TrainPath).Select(sequence => sequence.Label), Is.EqualTo(new[] { "wave", "rest" }));
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName), Is.EqualTo(new[] { "set_TRAIN.ts" }));
    }

    [Test]
    public void OtherChannelsOrAnotherRateAreRefused()
    {
        Open().Add("wave", Take(1));
        byte[] before = File.ReadAllBytes(TrainPath);
        Assert.That(() => Open(channels: 6), Throws.TypeOf<UserInputException>().With.Message.Contains("has 3 channels, and the board's sensor 6"));
        Assert.That(() => Open(rateMilliHz: 50_000), Throws.TypeOf<UserInputException>().With.Message.Contains("has 100 timesteps a second, and the board's sensor 50"));
        Assert.That(() => Open(rateMilliHz: 0), Throws.Nothing);
        Assert.That(File.ReadAllBytes(TrainPath), Is.EqualTo(before));
    }

    [TestCase("train.txt", "wave\thello")]
    [TestCase("set_TRAIN.ts.gz", "")]
    [TestCase("other.ts", "@data\n1:a")]
    public void AnotherKindOfDataSetIsRefused(string file, string content)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, file), content);
        Assert.That(() => TakeStore.Open(_folder, 0.75m), Throws.TypeOf<UserInputException>().With.Message.Contains("holds something else"));
    }

    [TestCase("")]
    [TestCase("a:b")]
    [TestCase("1,2")]
    [TestCase(" wave")]
    [TestCase("ärger")]
    [TestCase("a class of more than forty letters is too long")]
    public void ALabelThatNoFileHoldsIsRefused(string label) => Assert.That(TakeStore.ProblemOf(label), Is.Not.Null);

    [TestCase("wave")]
    [TestCase("left turn")]
    [TestCase("7")]
    public void AUsableLabelIsTaken(string label) => Assert.That(TakeStore.ProblemOf(label), Is.Null);

    [Test]
    public void TheShareDividesTheTakes()
    {
        Assert.That(Enumerable.Range(1, 10).Count(number => TakeStore.IsTest(number, 0.7m)), Is.EqualTo(3));
        Assert.That(Enumerable.Range(1, 10).Count(number => TakeStore.IsTest(number, 1)), Is.Zero);
        Assert.That(TakeStore.IsTest(1, 0.1m), Is.False, "the training part has the first one");
    }
}

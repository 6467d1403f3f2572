using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Simulation.Events;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using NUnit.Framework;

namespace Crime.Simulation.Tests.Inputs;

public sealed class LengthDistributionTests
{
    // The test sequences of each data set, all lines of the text messages: number, shortest, median, 95th percentile, longest.
    [TestCase("japanese-vowels", 370, 7, 15, 22, 29)]
    [TestCase("spoken-arabic-digits", 2200, 7, 39, 53, 83)]
    [TestCase("sms-spam", 5574, 2, 62, 160, 910)]
    [TestCase("iwslt14-de-en", 6750, 2, 15, 44, 163)]
    public void HistogramsHaveTheNumbersOfTheirSource(string name, int count, int shortest, int median, int percentile95, int longest)
    {
        int[] lengths = Bars(name).SelectMany(bar => Enumerable.Repeat(bar.Length, (int)bar.Count)).Order().ToArray();
        Assert.That(
            (lengths.Length, lengths[0], lengths[count / 2], lengths[count * 95 / 100], lengths[^1]),
            Is.EqualTo((count, shortest, median, percentile95, longest)));
    }

    private static IEnumerable<TestCaseData> RealData() => ReferenceData.Cases(["japanese-vowels", false], ["spoken-arabic-digits", false], ["sms-spam", true]);

    [TestCaseSource(nameof(RealData))]
    public void HistogramsAreThoseOfTheData(string name, bool isAll)
    {
        Dataset data = DatasetFolder.Load(ReferenceData.PathOf("data/" + name));
        IEnumerable<LabelledSequence> sequences = isAll ? data.Train.Concat(data.Test) : data.Test;
        Assert.That(Bars(name), Is.EqualTo(LengthSource.Count(sequences)));
    }

    private static IEnumerable<TestCaseData> RealPairs() => ReferenceData.Cases(["iwslt14-de-en"]);

    [TestCaseSource(nameof(RealPairs))]
    public void PairsAreThoseOfTheData(string name) =>
        Assert.That(Bars(name), Is.EqualTo(LengthSource.CountPairs(ReferenceData.PathOf($"data/{name}/test-lengths.csv"))));

    [Test]
    public void OutputLengthFollowsTheLineOfTheData()
    {
        LengthDistribution lengths = LengthDistribution.Load(Path.Combine(ScenarioFile.BundledInputsFolder, "iwslt14-de-en.csv"));
        // As the data's README gives it: 0.983 and 1.16.
        Assert.That(lengths.Gamma, Is.EqualTo(0.983).Within(0.0005));
        Assert.That(lengths.Delta, Is.EqualTo(1.16).Within(0.005));
        Assert.That(lengths.IsWriting, Is.True);
    }

    [Test]
    public void DrawsAsOftenAsCounted()
    {
        var lengths = new LengthDistribution([new LengthCount(3, 0, 1), new LengthCount(5, 0, 6), new LengthCount(9, 0, 3)]);
        var random = new RandomStream(1, StreamPurpose.Inputs, 0);
        ILookup<int, int> drawn = Enumerable.Range(0, 100_000).Select(_ => lengths.Draw(ref random).Length).ToLookup(length => length);
        Assert.That(drawn[3].Count(), Is.EqualTo(10_000).Within(400));
        Assert.That(drawn[5].Count(), Is.EqualTo(60_000).Within(700));
        Assert.That(drawn[9].Count(), Is.EqualTo(30_000).Within(700));
        Assert.That(lengths.MeanLength, Is.EqualTo(6));
    }

    [TestCase("length,count\n1,2\n", "lengths.csv:1: the first line must be 'length,output_length,count'")]
    [TestCase("length,output_length,count\n# why\n1,0,x\n", "lengths.csv:3: three whole numbers are wanted")]
    [TestCase("length,output_length,count\n0,0,5\n", "lengths.csv:2: three whole numbers are wanted")]
    [TestCase("length,output_length,count\n", "lengths.csv: holds no lengths")]
    public void SaysWhatIsWrong(string text, string expected) => Assert.That(
        () => LengthDistribution.Load(Worlds.Write("lengths.csv", text)), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    private static IReadOnlyList<LengthCount> Bars(string name) =>
        LengthDistribution.Load(Path.Combine(ScenarioFile.BundledInputsFolder, name + ".csv")).Counts;
}

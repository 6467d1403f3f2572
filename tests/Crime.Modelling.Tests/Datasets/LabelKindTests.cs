using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Data sets with values or with a class for each timestep.</summary>
public sealed class LabelKindTests
{
    private const string Values = "@targetLabel true\n", Steps = "@classLabel false\n@stepLabel true\n";

    private static Dataset Load(string header, string[] train, string[]? test = null, string? testHeader = null) => DatasetFolder.LoadAny(DataFolders.With(
        ("X_TRAIN.ts", DataFolders.Ts(train, header: header)), ("X_TEST.ts", DataFolders.Ts(test ?? train, header: testHeader ?? header))));

    [Test]
    public void SetsHaveTheirLabels()
    {
        Dataset values = Load(Values, ["0.5", "0.25", "7"]), steps = Load(Steps, ["a*1,b*2", "b*3"]);
        Assert.That(new DatasetSummary(values).ToLine(), Does.StartWith("numeric, 2 channels, 1 value per sequence, 12 + 12 sequences of 3 steps"));
        Assert.That(new DatasetSummary(steps).ToLine(), Does.StartWith("numeric, 2 channels, 2 classes of timesteps, 12 + 12 sequences of 3 steps"));
        Assert.That(new DatasetSummary(steps).ClassNames, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(DatasetFolder.Unlearnt(Load(Steps, ["a*3"], ["a*1,c*2"])), Is.EqualTo(new[] { "c" }));
    }

    [TestCase(Values, "1", ":1: a regression set (@targetLabel true); only classes are read here")]
    [TestCase(Steps, "a*3", ":2: a set with a class for each timestep (@stepLabel true); only classes are read here")]
    public void AReaderOfClassesRefusesThem(string header, string label, string expected)
    {
        string content = DataFolders.Ts([label], header: header);
        Assert.That(
            () => DatasetFolder.Load(DataFolders.With(("X_TRAIN.ts", content), ("X_TEST.ts", content))),
            Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
    }

    [TestCase(Values, "1", Steps, "a*3", "both parts need the same")]
    [TestCase(Values, "1", "", "1", "both parts need the same")]
    [TestCase(Values, "1", Values, "1,2", "has the values value 1, value 2")]
    [TestCase("@targetLabel true speed\n", "1", Values, "1", "has the values value,")]
    public void PartsWithOtherLabelsAreRefused(string header, string label, string testHeader, string testLabel, string expected) => Assert.That(
        () => Load(header, [label], [testLabel], testHeader), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [TestCase(Values, "1")]
    [TestCase(Steps, "a*3")]
    public void TheyAreDividedAndMerged(string header, string label)
    {
        Dataset data = Load(header, [label]), half = DatasetSplit.ClassBalanced(data, 0.5, seed: 1);
        Assert.That((half.Train.Count, half.Test.Count, half.Labels), Is.EqualTo((12, 12, data.Labels)));
        Dataset merged = DatasetMerge.Of("both", [data, half]).Data;
        Assert.That((merged.Labels, merged.ValueNames), Is.EqualTo((data.Labels, data.ValueNames)));
        Assert.That(
            () => DatasetMerge.Of("both", [data, GestureGenerator.Generate(1, 6, 6)]),
            Throws.TypeOf<UserInputException>().With.Message.Contains("only data of one kind"));
    }

    [Test]
    public void ACopyWithOtherTimestepsCannotKeepTheirClasses()
    {
        Dataset steps = Load(Steps, ["a*3"]);
        Assert.That(() => new Augmentation().Apply(steps), Throws.TypeOf<UserInputException>().With.Message.Contains("say --stretch 0"));
        Assert.That(new Augmentation { Stretch = 0, CopyCount = 1 }.Apply(steps).Train, Has.Count.EqualTo(24));
    }

    [Test]
    public void AForecastIsTheChannelsValueSomeTimestepsLater()
    {
        LabelledSequence[] sequences = [new(0, "a", 5, [1, 10, 2, 20, 3, 30, 4, 40, 5, 50], []), new(1, "a", 2, [1, 10, 2, 20], [])];
        Dataset data = new ForecastTarget(2, 1).Apply(new Dataset("x", IsText: false, 2, sequences, sequences));
        LabelledSequence only = data.Train.Single();
        Assert.That(only.Features, Is.EqualTo(new float[] { 1, 10, 2, 20, 3, 30 }));
        Assert.That(only.Values, Is.EqualTo(new float[] { 50 }));
        Assert.That(only.StepValues, Is.EqualTo(new float[] { 30, 40, 50 }));
        Assert.That((data.Labels, data.ValueNames.Single(), data.Remarks.Single()),
            Is.EqualTo((LabelKind.Values, "channel 1", "left out: 2 sequences of at most 2 timesteps")));
    }

    [TestCase(5, 0, "no sequence of more than 5 timesteps in its training part")]
    [TestCase(1, 2, "has the channels 0 to 1; --channel 2 is none of them")]
    public void AForecastThatTheDataLackIsRefused(int steps, int channel, string expected)
    {
        LabelledSequence[] sequences = [new(0, "a", 5, [1, 10, 2, 20, 3, 30, 4, 40, 5, 50], [])];
        Assert.That(
            () => new ForecastTarget(steps, channel).Apply(new Dataset("x", IsText: false, 2, sequences, sequences)),
            Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
    }
}

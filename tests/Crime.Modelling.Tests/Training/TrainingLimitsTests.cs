using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Training;

/// <summary>A network that cannot be converted is refused before it is trained.</summary>
public sealed class TrainingLimitsTests
{
    private static Dataset Of(IEnumerable<string> classes, int channels = 1)
    {
        LabelledSequence[] sequences = [.. classes.Select((label, i) => new LabelledSequence(i, label, 1, new float[channels], []))];
        return new Dataset("set", IsText: false, channels, sequences, sequences);
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData(new[] { "a", "\U0001F3C3" }, 1, "outside the basic plane");
        yield return new TestCaseData(new[] { "a", "b\u0001" }, 1, "a control character");
        yield return new TestCaseData(new[] { "a", new string('x', 256) }, 1, "longer than 255 bytes");
        yield return new TestCaseData(new[] { "a", new string('\u0436', 128) }, 1, "longer than 255 bytes");
        yield return new TestCaseData(Enumerable.Range(0, 256).Select(i => $"c{i}").ToArray(), 1, "256 classes, and a model holds at most 255");
        yield return new TestCaseData(new[] { "a", "b" }, 256, "256 channels, and a request carries at most 255");
    }

    [TestCaseSource(nameof(Refused))]
    public void BeyondALimitIsRefused(string[] classes, int channels, string expected) =>
        Assert.That(() => new TrainingData(Of(classes, channels)), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [TestCase(255, 255)]
    [TestCase(2, 1)]
    public void TheLimitsThemselvesAreAccepted(int classes, int channels)
    {
        string[] names = [.. Enumerable.Range(0, classes - 1).Select(i => $"\u732B{i}"), new string('\u0436', 127)];
        Assert.That(new TrainingData(Of(names, channels)).ClassNames, Has.Count.EqualTo(classes));
    }

    [Test]
    public void TextWithoutAFrequentCharacterIsRefused()
    {
        LabelledSequence[] sequences = [new(0, "a", 1, [], ['x']), new(1, "b", 1, [], ['y'])];
        Assert.That(
            () => new TrainingData(new Dataset("short", IsText: true, 0, sequences, sequences)),
            Throws.TypeOf<UserInputException>().With.Message.Contains("no character occurs 10 times"));
    }
}

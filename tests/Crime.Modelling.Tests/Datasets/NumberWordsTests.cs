using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

public sealed class NumberWordsTests
{
    [TestCase(0, "zero")]
    [TestCase(7, "seven")]
    [TestCase(10, "ten")]
    [TestCase(19, "nineteen")]
    [TestCase(20, "twenty")]
    [TestCase(42, "forty two")]
    [TestCase(100, "one hundred")]
    [TestCase(742, "seven hundred forty two")]
    [TestCase(1000, "one thousand")]
    [TestCase(12_005, "twelve thousand five")]
    [TestCase(300_000, "three hundred thousand")]
    [TestCase(999_999, "nine hundred ninety nine thousand nine hundred ninety nine")]
    public void ANumberHasItsWords(int number, string words) => Assert.That(NumberWords.Of(number), Is.EqualTo(words));

    [Test]
    public void NoNumberIsInBothPartsAndASeedGivesTheSamePairs()
    {
        Dataset data = NumberWords.Generate("numbers", 5, 3000, 300), again = NumberWords.Generate("numbers", 5, 3000, 300);
        string TextOf(LabelledSequence sequence) => string.Concat(sequence.CodePoints.Select(point => (char)point));
        Assert.That(data.Train.Select(TextOf).Intersect(data.Test.Select(TextOf)), Is.Empty);
        Assert.That(again.Train.Select(TextOf), Is.EqualTo(data.Train.Select(TextOf)));
        Assert.That(data.Train.All(sequence => NumberWords.Of(int.Parse(TextOf(sequence))) == sequence.Label), Is.True);
        Assert.That(data.Train.Select(sequence => sequence.Length).Distinct().Order(), Is.EqualTo(Enumerable.Range(1, 6)));
    }
}

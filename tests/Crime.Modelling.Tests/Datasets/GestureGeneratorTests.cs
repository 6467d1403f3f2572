using System;
using System.IO.Hashing;
using System.Linq;
using System.Runtime.InteropServices;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

public sealed class GestureGeneratorTests
{
    [Test]
    public void TheDefaultDataAreAlwaysTheSame()
    {
        var hash = new Crc32();
        Dataset data = GestureGenerator.Generate();
        foreach (LabelledSequence sequence in data.Train.Concat(data.Test)) hash.Append(MemoryMarshal.AsBytes(sequence.Features.AsSpan()));
        Assert.That(hash.GetCurrentHashAsUInt32().ToString("x8"), Is.EqualTo("cd57f194"));
    }

    [Test]
    public void LengthsSpreadOverTheWholeRange()
    {
        int[] lengths = GestureGenerator.Generate().Train.Select(sequence => sequence.Length).Order().ToArray();
        Assert.That(lengths[0], Is.InRange(GestureGenerator.MinLength, GestureGenerator.MinLength + 1));
        Assert.That(lengths[^1], Is.InRange(GestureGenerator.MaxLength - 3, GestureGenerator.MaxLength));
        // Log-uniform: the median is the geometric mean of the ends.
        Assert.That(lengths[lengths.Length / 2], Is.EqualTo(Math.Sqrt(10 * 200)).Within(6));
    }

    [Test]
    public void EveryClassIsThereAndEverySeedIsDifferent()
    {
        Dataset one = GestureGenerator.Generate(1, 60, 12), two = GestureGenerator.Generate(2, 60, 12);
        Assert.That(one.Train.Select(sequence => sequence.Label).Distinct(), Is.EquivalentTo(GestureGenerator.ClassNames));
        Assert.That(one.Train[0].Features, Is.Not.EqualTo(two.Train[0].Features));
        Assert.That(one.Train.All(sequence => sequence.Features.Length == 3 * sequence.Length));
    }
}

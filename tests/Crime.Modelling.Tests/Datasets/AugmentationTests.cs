using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Modelling.Datasets;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Changed copies of sequences.</summary>
public sealed class AugmentationTests
{
    private static Dataset Of(params LabelledSequence[] train) => new("set", false, 3, train, train[..1]);

    private static LabelledSequence Sequence(int length, float x, float y, float z) =>
        new(0, "a", length, [.. Enumerable.Range(0, length).SelectMany(_ => new[] { x, y, z })], []);

    /// <summary>A turn keeps the length of a vector, and reaches the angle that was asked for.</summary>
    [Test]
    public void ATurnChangesTheDirectionOnly()
    {
        const double degrees = 30;
        Dataset data = new Augmentation { CopyCount = 100, TurnDegrees = degrees, Strength = 0, Stretch = 0 }.Apply(Of(Sequence(4, 3, 4, 12)));
        double[] angles = [.. data.Train.Select(sequence => Angle(sequence.Features, [3, 4, 12]))];
        Assert.That(angles[0], Is.Zero.Within(0.1));
        Assert.That(angles.Max(), Is.InRange(degrees / 2, degrees + 0.01));
        Assert.That(data.Train.SelectMany(sequence => sequence.Features.Chunk(3)).Select(v => Math.Sqrt(v.Sum(x => x * x))), Is.All.EqualTo(13).Within(1e-4));
    }

    /// <summary>Six channels are two sensors on one board: they turn together.</summary>
    [Test]
    public void SensorsTurnTogether()
    {
        var sequence = new LabelledSequence(0, "a", 1, [1, 2, 3, 1, 2, 3], []);
        Dataset data = new Augmentation { CopyCount = 5, TurnDegrees = 90 }.Apply(new Dataset("set", false, 6, [sequence], [sequence]));
        foreach (float[] values in data.Train.Select(copy => copy.Features)) Assert.That(values[3..6], Is.EqualTo(values[..3]));
    }

    [Test]
    public void StretchAndStrengthStayWithinTheirShares()
    {
        var ramp = new LabelledSequence(0, "a", 101, [.. Enumerable.Range(0, 101).SelectMany(i => new float[] { i - 50, 0, 1000 })], []);
        Dataset data = new Augmentation { CopyCount = 200, Strength = 0.3, Stretch = 0.2 }.Apply(Of(ramp));
        Assert.That(data.Train.Min(copy => copy.Length), Is.InRange(81, 85));
        Assert.That(data.Train.Max(copy => copy.Length), Is.InRange(117, 121));
        double[] spans = [.. data.Train.Select(copy => (double)(copy.Features[^3] - copy.Features[0]))];
        Assert.That(spans.Min(), Is.EqualTo(70).Within(4));
        Assert.That(spans.Max(), Is.EqualTo(130).Within(4));
        // A sensor's constant part, as gravity, is no movement.
        Assert.That(data.Train.SelectMany(copy => copy.Features.Chunk(3)).Select(v => v[2]), Is.All.EqualTo(1000).Within(1e-3));
    }

    [Test]
    public void CopiesAreOfTheTakeOfTheirSequenceAndTheTestPartStays()
    {
        Dataset data = Of(new LabelledSequence(0, "a", 2, [1, 2, 3, 9, 8, 7], []) { Take = "one" }, Sequence(3, 3, 2, 1) with { Index = 1 });
        Dataset changed = new Augmentation { CopyCount = 2 }.Apply(data);
        Assert.That(changed.Train.Select(sequence => sequence.Take), Is.EqualTo(new[] { "one", "one", "one", "sequence-1", "sequence-1", "sequence-1" }));
        Assert.That(changed.Train.Select(sequence => sequence.Index), Is.EqualTo(Enumerable.Range(0, 6)));
        Assert.That(changed.Test, Is.SameAs(data.Test));
        Assert.That(new Augmentation { CopyCount = 2 }.Apply(data).Train[1].Features, Is.EqualTo(changed.Train[1].Features));
        Assert.That(new Augmentation { CopyCount = 2, Seed = 2 }.Apply(data).Train[1].Features, Is.Not.EqualTo(changed.Train[1].Features));
    }

    [Test]
    public void DataThatCannotBeTurnedIsRefused()
    {
        var two = new LabelledSequence(0, "a", 1, [1, 2], []);
        Assert.That(
            () => new Augmentation { TurnDegrees = 10 }.Apply(new Dataset("set", false, 2, [two], [two])),
            Throws.TypeOf<UserInputException>().With.Message.Contains("2 channels"));
        Assert.That(
            () => new Augmentation().Apply(new Dataset("set", true, 0, [new LabelledSequence(0, "a", 1, [], [65])], [])),
            Throws.TypeOf<UserInputException>().With.Message.Contains("is text"));
    }

    /// <summary>A dozen takes a class of one person, with copies, are enough for other persons; without copies they are not.</summary>
    [Test]
    public void AFewTakesAreEnough()
    {
        SensorLog log = GestureStream.Generate(seed: 501, count: 36);
        LabelledSequence[] takes = [.. Cut(log)], others = [.. Enumerable.Range(601, 10).SelectMany(seed => Cut(GestureStream.Generate(seed, 12)))];
        var data = new Dataset("takes", false, GestureStream.Channels, takes, others);
        double without = ShareRight(data, others), with = ShareRight(new Augmentation { TurnDegrees = 60 }.Apply(data), others);
        TestContext.Out.WriteLine($"right of {others.Length}: {without:P0} without copies, {with:P0} with them");
        Assert.That(with, Is.GreaterThanOrEqualTo(0.9));
        Assert.That(without, Is.LessThan(with));
    }

    private static IEnumerable<LabelledSequence> Cut(SensorLog log) => log.Marks.Select((mark, i) => new LabelledSequence(
        i, mark.Label, mark.Length, [.. log.Values.Skip(mark.Start * log.Channels).Take(mark.Length * log.Channels).Select(value => (float)value)], []));

    private static double ShareRight(Dataset data, LabelledSequence[] others)
    {
        var training = new TrainingData(data);
        var trainer = new Trainer(training, new TrainingOptions { Threads = 1, Epochs = 30 });
        TrainedModel model = trainer.Train("takes", null, CancellationToken.None);
        return trainer.CountRight(model, [.. training.Test]) / (double)others.Length;
    }

    private static double Angle(float[] features, double[] from)
    {
        double dot = from.Select((value, i) => value * features[i]).Sum();
        double length = Math.Sqrt(from.Sum(value => value * value)) * Math.Sqrt(features.Take(3).Sum(value => (double)value * value));
        return Math.Acos(Math.Clamp(dot / length, -1, 1)) * 180 / Math.PI;
    }
}

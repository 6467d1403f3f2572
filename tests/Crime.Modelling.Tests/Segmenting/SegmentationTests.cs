using System.IO;
using System.Text.Json;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Segmenting;

/// <summary>The board's segmenter over logs whose movements are known, with the parameters that the project proposes.</summary>
public sealed class SegmentationTests
{
    private const int Gestures = 300;
    private const int HourSamples = 360_000;

    /// <summary>The parameters come from another log than the one that is divided.</summary>
    [Test]
    public void GesturesAreFoundWithTheirBoundaries([Values(1, 2, 3)] int seed, [Values] bool areMarksKnown)
    {
        SegmenterSettings settings = Proposed(seed, areMarksKnown);
        SensorLog log = GestureStream.Generate(100 + seed, Gestures);
        SegmentationScore score = Segmentation.Of(log, settings).Compare(log.Marks, settings.PreRoll);
        TestContext.Out.WriteLine($"{score}; {Text(settings)}");
        Assert.That(score.FoundCount, Is.AtLeast(Gestures * 98 / 100));
        Assert.That(score.MergedCount, Is.Zero);
        Assert.That(score.ExtraCount, Is.Zero);
        Assert.That(score.LargestErrorSteps, Is.LessThanOrEqualTo(3));
    }

    [Test]
    public void AnHourOfRestHasNoSequence([Values] bool areMarksKnown)
    {
        SegmenterSettings settings = Proposed(1, areMarksKnown);
        Segmentation noise = Segmentation.Of(GestureStream.Quiet(9, HourSamples), settings);
        Assert.That((noise.Found.Count, noise.ShortCount), Is.EqualTo((0, 0)));
        Segmentation flat = Segmentation.Of(new SensorLog(3, 100, new short[3 * HourSamples], []), settings);
        Assert.That((flat.Found.Count, flat.ShortCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public void ALogWithoutMovementHasNoProposal() => Assert.That(
        () => SegmenterProposal.Of(GestureStream.Quiet(1, 3000)),
        Throws.TypeOf<UserInputException>().With.Message.Contains("the levels of rest and movement are too similar"));

    [Test]
    public void AProposalIsValid([Values(1, 2, 3, 4, 5)] int seed, [Values] bool areMarksKnown) =>
        Assert.That(Proposed(seed, areMarksKnown).Problem(), Is.Null);

    /// <summary>The instructions of a sample on a board, in the mean over a log with as much movement as rest.</summary>
    [TestCase(nameof(SegmenterProbe.Move), "il_per_sample_moving_max")]
    [TestCase(nameof(SegmenterProbe.Rest), "il_per_sample_resting_max")]
    [TestCase(nameof(SegmenterProbe.Hold), "il_per_sample_held_max")]
    public void ASampleCostsNoMoreThanItsBudget(string probe, string budget)
    {
        long Run(int samples) => MethodCounter.Count(
            typeof(SegmenterProbe).Assembly.Location, $"{typeof(SegmenterProbe).FullName}.{probe}", [$"{samples}"]).Total;

        double perSample = (Run(1200) - Run(200)) / 1000.0;
        TestContext.Out.WriteLine($"{probe}: {perSample:0.0} IL per sample of three channels, the probe's loop included");
        using JsonDocument budgets = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "segmenter.json")));
        Assert.That(perSample, Is.InRange(50, budgets.RootElement.GetProperty(budget).GetInt32()));
    }

    private static SegmenterSettings Proposed(int seed, bool areMarksKnown)
    {
        SensorLog log = GestureStream.Generate(seed, 36);
        return SegmenterProposal.Of(areMarksKnown ? log : log with { Marks = [] });
    }

    private static string Text(SegmenterSettings s) =>
        $"start {s.StartLevel}, end {s.EndLevel}, hang-over {s.HangOver}, least {s.LeastLength}, greatest {s.GreatestLength}";
}

/// <summary>A segmenter at work, for the counter of instructions: it runs this in a world of its own.</summary>
internal static class SegmenterProbe
{
    /// <summary>Pushes samples that move all the time, in every channel.</summary>
    public static void Move(int samples) => Push(samples, 400, new SegmenterSettings { GreatestLength = 4096 }, false);

    /// <summary>Pushes samples of a sensor that rests.</summary>
    public static void Rest(int samples) => Push(samples, 3, new SegmenterSettings(), false);

    /// <summary>Pushes samples while a trigger is held.</summary>
    public static void Hold(int samples) => Push(samples, 3, new SegmenterSettings { Kind = SegmentKind.Trigger, GreatestLength = 4096 }, true);

    private static void Push(int samples, int strength, SegmenterSettings settings, bool isTriggered)
    {
        const int Channels = 3, Period = 64;
        var segmenter = new Segmenter(settings, Channels);
        var values = new short[Channels * Period];
        uint state = 1;
        for (int i = 0; i < values.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = (short)((int)(state >> 16) % strength);
        }
        for (int i = 0; i < samples; i++) segmenter.Push(values, (i & (Period - 1)) * Channels, isTriggered);
    }
}

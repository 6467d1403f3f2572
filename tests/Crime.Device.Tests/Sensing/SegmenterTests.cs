using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Device.Tests.Sensing;

/// <summary>Sequences of one channel: rest is 0, movement alternates between two values.</summary>
public sealed class SegmenterTests
{
    private const int Strength = 300;

    private static SegmenterSettings Settings() => new()
    {
        StartLevel = 200, EndLevel = 100, Span = 4, PreRoll = 2, HangOver = 10, LeastLength = 5, GreatestLength = 50,
    };

    private sealed record Found(long Start, int Length, bool IsCut, short[] Values);

    private static short[] Rest(int length) => new short[length];

    private static short[] Move(int length) => [.. Enumerable.Range(0, length).Select(i => (short)(i % 2 == 0 ? Strength : -Strength))];

    private static List<Found> Push(Segmenter segmenter, IEnumerable<short> samples, Func<int, bool>? isTriggered = null)
    {
        var found = new List<Found>();
        int at = 0;
        foreach (short sample in samples)
            if (segmenter.Push([sample], 0, isTriggered?.Invoke(at++) ?? false))
                found.Add(new Found(segmenter.Start, segmenter.Length, segmenter.IsCut, segmenter.Values[..segmenter.Length]));
        return found;
    }

    [Test]
    public void AMovementIsFoundWithItsPreRoll()
    {
        short[] samples = [.. Rest(30), .. Move(20), .. Rest(30)];
        Found only = Push(new Segmenter(Settings(), 1), samples).Single();
        Assert.That((only.Start, only.Length, only.IsCut), Is.EqualTo((28, 22, false)));
        Assert.That(only.Values, Is.EqualTo(samples[28..50]));
    }

    [Test]
    public void AMovementAtTheStartHasThePreRollThatIsThere()
    {
        short[] samples = [.. Move(20), .. Rest(30)];
        Found only = Push(new Segmenter(Settings(), 1), samples).Single();
        Assert.That(only.Start, Is.LessThanOrEqualTo(1), "the first sample has no range");
        Assert.That(only.Start + only.Length, Is.EqualTo(20));
    }

    [TestCase(9, 1)]
    [TestCase(10, 2)]
    public void APauseAsLongAsTheHangOverDividesAMovement(int pause, int expected)
    {
        List<Found> found = Push(new Segmenter(Settings(), 1), [.. Rest(20), .. Move(12), .. Rest(pause), .. Move(12), .. Rest(30)]);
        Assert.That(found, Has.Count.EqualTo(expected));
    }

    [Test]
    public void SequencesDoNotOverlap()
    {
        SegmenterSettings settings = Settings();
        settings.PreRoll = 40;
        List<Found> found = Push(new Segmenter(settings, 1), [.. Rest(60), .. Move(8), .. Rest(14), .. Move(8), .. Rest(30)]);
        Assert.That(found.Select(one => (one.Start, one.Start + one.Length)), Is.EqualTo(new[] { (20L, 68L), (68L, 90L) }));
    }

    [TestCase(2, 0)]
    [TestCase(3, 1)]
    public void AShortSequenceIsDropped(int movement, int expected)
    {
        var segmenter = new Segmenter(Settings(), 1);
        Assert.That(Push(segmenter, [.. Rest(30), .. Move(movement), .. Rest(30)]), Has.Count.EqualTo(expected), "with the pre-roll of 2, 5 is the least");
        Assert.That((segmenter.FoundCount, segmenter.ShortCount), Is.EqualTo((expected, 1 - expected)));
    }

    [TestCase(48, 50, false)]
    [TestCase(49, 50, true)]
    [TestCase(500, 50, true)]
    public void ALongMovementGivesOneSequenceThatIsCut(int movement, int length, bool isCut)
    {
        var segmenter = new Segmenter(Settings(), 1);
        Found only = Push(segmenter, [.. Rest(30), .. Move(movement), .. Rest(30)]).Single();
        Assert.That((only.Start, only.Length, only.IsCut), Is.EqualTo((28, length, isCut)));
        Assert.That(segmenter.CutCount, Is.EqualTo(isCut ? 1 : 0));
        Assert.That(Push(segmenter, [.. Move(20), .. Rest(30)]), Has.Count.EqualTo(1), "after the rest there is a next one");
    }

    [Test]
    public void AWeakMovementIsIgnored()
    {
        short[] weak = [.. Enumerable.Range(0, 20).Select(i => (short)(i % 2 == 0 ? 75 : -75))];
        Assert.That(Push(new Segmenter(Settings(), 1), [.. Rest(30), .. weak, .. Rest(30)]), Is.Empty, "its range of 150 is below the start level");
    }

    [Test]
    public void ASlowRiseBeginsWhereItLeavesTheRest()
    {
        short[] rise = [.. Enumerable.Range(1, 20).Select(i => (short)(i * i * 4))];
        Found only = Push(new Segmenter(Settings(), 1), [.. Rest(30), .. rise, .. Rest(30)]).Single();
        // The range of 4 samples passes 100 between the fifth and the eighth sample.
        Assert.That(only.Start, Is.InRange(32, 36));
    }

    /// <summary>An accelerometer that lies differently after the gesture rests there.</summary>
    [Test]
    public void ANewPlaceOfRestIsRest()
    {
        short[] samples = [.. Rest(30), .. Move(20), .. Enumerable.Repeat((short)250, 60), .. Move(20), .. Rest(30)];
        Assert.That(Push(new Segmenter(Settings(), 1), samples).Select(one => one.Start + one.Length), Is.EqualTo(new[] { 50L, 130L }).Within(1L));
    }

    [Test]
    public void AGapInTheStreamEndsTheSequence()
    {
        var segmenter = new Segmenter(Settings(), 1);
        Assert.That(Push(segmenter, [.. Rest(30), .. Move(10)]), Is.Empty);
        segmenter.Reset();
        Assert.That(segmenter.IsActive, Is.False);
        Found only = Push(segmenter, [.. Rest(20), .. Move(20), .. Rest(30)]).Single();
        Assert.That((only.Start, only.Length), Is.EqualTo((18, 22)));
    }

    [TestCase(5, 7, false)]
    [TestCase(48, 50, false)]
    [TestCase(49, 50, true)]
    [TestCase(400, 50, true)]
    public void ATriggerThatIsHeldGivesASequence(int held, int length, bool isCut)
    {
        SegmenterSettings settings = Settings();
        settings.Kind = SegmentKind.Trigger;
        short[] samples = [.. Enumerable.Range(0, 600).Select(i => (short)i)];
        Found only = Push(new Segmenter(settings, 1), samples, at => at >= 100 && at < 100 + held).Single();
        Assert.That((only.Start, only.Length, only.IsCut), Is.EqualTo((98, length, isCut)));
        Assert.That(only.Values, Is.EqualTo(samples[98..(98 + length)]));
    }

    [TestCase(10)]
    [TestCase(50)]
    [TestCase(70)]
    public void WindowsBeginAtTheHop(int hop)
    {
        SegmenterSettings settings = Settings();
        (settings.Kind, settings.Hop) = (SegmentKind.Window, hop);
        short[] samples = [.. Enumerable.Range(0, 300).Select(i => (short)i)];
        List<Found> found = Push(new Segmenter(settings, 1), samples);
        Assert.That(found.Select(one => one.Start), Is.EqualTo(Enumerable.Range(0, (300 - 50) / hop + 1).Select(i => (long)i * hop)));
        foreach (Found one in found) Assert.That(one.Values, Is.EqualTo(samples[(int)one.Start..(int)(one.Start + 50)]));
    }

    [TestCase(nameof(SegmenterSettings.StartLevel), 100, "segment.start-level must be above segment.end-level")]
    [TestCase(nameof(SegmenterSettings.EndLevel), 0, "segment.end-level must be at least 1")]
    [TestCase(nameof(SegmenterSettings.Span), 1, "segment.span must be 2 to 255 timesteps")]
    [TestCase(nameof(SegmenterSettings.HangOver), 256, "segment.hang-over must be 1 to 255 timesteps")]
    [TestCase(nameof(SegmenterSettings.PreRoll), -1, "segment.pre-roll must be 0 to 255 timesteps")]
    [TestCase(nameof(SegmenterSettings.LeastLength), 51, "segment.least must be 1 to segment.greatest")]
    [TestCase(nameof(SegmenterSettings.GreatestLength), 4097, "segment.greatest must be 1 to 4096 timesteps")]
    public void WrongParametersAreNamed(string name, int value, string expected)
    {
        SegmenterSettings settings = Settings();
        Assert.That(settings.Problem(), Is.Null);
        typeof(SegmenterSettings).GetField(name)!.SetValue(settings, value);
        Assert.That(settings.Problem(), Is.EqualTo(expected));
    }

    [Test]
    public void AWindowNeedsAHop() =>
        Assert.That(new SegmenterSettings { Kind = SegmentKind.Window, Hop = 0 }.Problem(), Is.EqualTo("segment.hop must be at least 1 timestep"));

    [Test]
    public void NoSampleAllocates([Values] SegmentKind kind)
    {
        SegmenterSettings settings = Settings();
        settings.Kind = kind;
        var segmenter = new Segmenter(settings, 1);
        short[] samples = [.. Rest(30), .. Move(20), .. Rest(30), .. Move(90), .. Rest(20)];
        int found = 0;
        long Pass()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < samples.Length; i++)
                if (segmenter.Push(samples, i, i % 60 > 30)) found++;
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Pass();
        Assert.That(Pass(), Is.Zero);
        Assert.That(found, Is.GreaterThan(2));
    }
}

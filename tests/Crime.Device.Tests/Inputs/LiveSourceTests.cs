using System;
using System.IO;
using Crime.Device.Inputs;
using Crime.Device.Sensors;
using Crime.Model;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Device.Tests.Inputs;

/// <summary>Sequences of a live signal as inputs of a model.</summary>
public sealed class LiveSourceTests
{
    private const int Channels = 3;

    private readonly SegmenterSettings _settings = new() { GreatestLength = 100, LeastLength = 5 };
    private SampleRing _ring = null!;
    private LiveSource _source = null!;

    [SetUp]
    public void Make()
    {
        _ring = new SampleRing(Channels, 1000);
        _source = new LiveSource(_ring, _settings, null);
    }

    [Test]
    public void AMovementBecomesAnInputInTheFormatOfTheModel()
    {
        ModelFile model = Gestures();
        Assert.That(_source.Fits(model), Is.True);
        Rest(50);
        Move(40);
        Rest(10);
        Assert.That(_source.Read(), Is.EqualTo(InputState.None), "its end is not certain yet");
        Rest(20);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        Assert.That(_source.Length, Is.InRange(40, 46));
        var normaliser = new InputNormaliser(model);
        _source.Prepare(_source.Length, normaliser);
        for (int i = 0; i < _source.Length * Channels; i++)
            Assert.That(_source.Values[i], Is.EqualTo(normaliser.Quantise(_source.Raw[i], i % Channels)), $"value {i}");
        Assert.That(_source.Read(), Is.EqualTo(InputState.None));
        Assert.That((_source.Sequence, _source.IsLive), Is.EqualTo((1u, true)));
    }

    /// <summary>A movement that had begun, or ended, before the recording is no take.</summary>
    [Test]
    public void AMovementOfBeforeIsPassedBy([Values(0, 10, 30)] int stepsAfterwards)
    {
        Rest(50);
        Move(40);
        Rest(40);
        Move(40 - stepsAfterwards);
        _source.PassBy();
        Move(stepsAfterwards);
        Rest(40);
        Assert.That(_source.Read(), Is.EqualTo(InputState.None));
        Move(45);
        Rest(40);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        Assert.That(_source.Length, Is.InRange(45, 51));
    }

    /// <summary>After a gap timesteps are counted from 0 again.</summary>
    [Test]
    public void AGapAfterPassingByLosesNoLaterMovement()
    {
        Rest(500);
        _source.PassBy();
        _ring.AddGap(LiveSource.MostBridged + 1);
        Rest(50);
        Move(40);
        Rest(40);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
    }

    /// <summary>A sequence with missing timesteps would be another gesture.</summary>
    [Test]
    public void AMovementWithAGapIsNoInput()
    {
        Rest(50);
        Move(20);
        _ring.AddGap(LiveSource.MostBridged + 1);
        Rest(50);
        Assert.That(_source.Read(), Is.EqualTo(InputState.None));
        Move(40);
        Rest(40);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        Assert.That(_source.Length, Is.InRange(40, 46));
    }

    /// <summary>A thread that is late by a quantum must not cost a gesture.</summary>
    [Test]
    public void AFewMissingTimestepsAreBridgedByTheNextOne()
    {
        Rest(50);
        Move(20);
        _ring.AddGap(LiveSource.MostBridged);
        _ring.Add([123, 45, 256], 0, false);
        Move(20);
        Rest(40);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        Assert.That(_source.Length, Is.InRange(44, 50));
        int count = 0;
        for (int step = 0; step < _source.Length; step++)
            if (_source.Raw[step * Channels] == 123) count++;
        Assert.That(count, Is.EqualTo(LiveSource.MostBridged + 1));
    }

    [Test]
    public void ATimestepAllocatesNothing()
    {
        Rest(200);
        Move(40);
        _source.Read();
        Rest(400);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _source.Read();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void AModelOfOtherInputsDoesNotFit()
    {
        ModelFile model = Gestures();
        Assert.That(new LiveSource(new SampleRing(2, 10), _settings, null).Fits(model), Is.False);
    }

    private static ModelFile Gestures()
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime"));
        Assert.That(ModelReader.TryRead(bytes, out ModelFile model), Is.EqualTo(ModelError.None));
        return model;
    }

    private void Rest(int count)
    {
        for (int i = 0; i < count; i++) _ring.Add([0, 0, 256], 0, false);
    }

    private void Move(int count)
    {
        for (int i = 0; i < count; i++) _ring.Add([(short)(i % 2 * 400), 0, 256], 0, false);
    }
}

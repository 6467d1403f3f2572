using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gestures;
using Crime.Kernel;
using Crime.Kernel.Compiled;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Device.Tests.Sensing;

/// <summary>The classifier of an application without a network, with the bundled model and the generated signal of an accelerometer.</summary>
public sealed class LocalClassifierTests
{
    private const int Seed = 5;
    private const int Gestures = 10;

    private static readonly byte[] s_image = File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime"));

    // As `crime segment` proposes for the generated signal.
    private static SegmenterSettings Rules() => new() { StartLevel = 63, EndLevel = 20, LeastLength = 15, GreatestLength = 266 };

    [Test]
    public void ASignalGivesAResultForEachSequence()
    {
        SensorLog log = GestureStream.Generate(Seed, Gestures);
        var classifier = new LocalClassifier(s_image, null, Rules());
        var segmenter = new Segmenter(Rules(), log.Channels);
        var whole = new LocalClassifier(s_image, BundledKernels.All(), Rules());
        var results = new List<(int Class, int Length, int Confidence)>();
        classifier.ResultReady += (sender, result) =>
        {
            Assert.That(sender, Is.SameAs(classifier));
            results.Add((result.ClassIndex, result.Length, result.ConfidencePerMille));
        };
        var expected = new List<(int Class, int Length, int Confidence)>();
        for (int i = 0; i < log.Length; i++)
        {
            short[] sample = log.Values[(i * log.Channels)..((i + 1) * log.Channels)];
            classifier.Push(sample);
            if (!segmenter.Push(sample, 0, false)) continue;
            Assert.That(whole.Classify(segmenter.Values, segmenter.Length), Is.True);
            expected.Add((whole.Last.ClassIndex, whole.Last.Length, whole.Last.ConfidencePerMille));
        }
        Assert.That(expected, Has.Count.EqualTo(Gestures));
        Assert.That(results, Is.EqualTo(expected), "as the whole sequences by the compiled kernel");
        Assert.That((classifier.Last.Number, classifier.Last.Place), Is.EqualTo(((uint)Gestures - 1, Target.Local)));
    }

    [Test]
    public void OtherAnswersReachTheApplication()
    {
        byte[] Image(AnswerKind answer) => ModelContainer.BoardImage(
            TestModels.Write(TestModels.WithAnswer(TestModels.Make(2, [(CellKind.Lstm, 5)], 3, scale: 2), answer)));
        short[] values = [1, -2, 2, 1, -3, 0];
        var steps = new LocalClassifier(Image(AnswerKind.ClassPerStep), null, Rules());
        Assert.That(steps.Classify(values, 3), Is.True);
        Assert.That((steps.Last.Answer.StepLabelCount, steps.Last.Answer.StepLabel(2)), Is.EqualTo((3, steps.Last.ClassIndex)));
        var temperature = new LocalClassifier(Image(AnswerKind.Values), null, Rules());
        Assert.That(temperature.Classify(values, 3), Is.True);
        Assert.That((temperature.Last.ClassIndex, temperature.Last.Answer.ValueCount, temperature.Last.Answer.Scale.Unit(0)),
            Is.EqualTo((Classification.NoClass, 3, "C")));
        var watch = new LocalClassifier(Image(AnswerKind.Anomaly), null, Rules());
        Assert.That(watch.Classify(values, 3), Is.True);
        Assert.That(watch.Last.ClassIndex, Is.EqualTo(watch.Last.Answer.Value(0) > 0.5f ? 1 : 0));
    }

    /// <summary>The kernel runs while the sequence comes. When it ends, one timestep at most is left.</summary>
    [Test]
    public void TimestepsAreComputedAsTheyCome()
    {
        Assert.That(ModelReader.TryRead(s_image, out ModelFile model), Is.EqualTo(ModelError.None));
        var counter = new CountingKernels(model);
        var classifier = new LocalClassifier(s_image, [counter], Rules());
        var perCall = new List<int>();
        SensorLog log = GestureStream.Generate(Seed, 3);
        for (int i = 0; i < log.Length; i++)
        {
            int before = counter.Steps;
            classifier.Push(log.Values[(i * log.Channels)..((i + 1) * log.Channels)]);
            perCall.Add(counter.Steps - before);
        }
        Assert.That(perCall.Sum(), Is.EqualTo(log.Marks.Sum(mark => mark.Length)).Within(3 * 6));
        // A sequence begins with the timesteps before it was noticed, and continues after a short pause.
        Assert.That(perCall.Count(steps => steps == 1), Is.GreaterThan(perCall.Sum() * 7 / 10));
    }

    [Test]
    public void BelowTheLeastConfidenceAResultIsUnknown()
    {
        var classifier = new LocalClassifier(s_image, null, Rules());
        var values = new short[4 * classifier.Channels];
        classifier.Classify(values, 4);
        Assert.That(classifier.Last.ClassName, Is.EqualTo(classifier.ClassNames[classifier.Last.ClassIndex]));
        classifier.SetCertainty(classifier.Last.ConfidencePerMille + 1, 1, 1);
        classifier.Classify(values, 4);
        Assert.That((classifier.Last.ClassName, classifier.Last.DecidedName), Is.EqualTo((ResultJudge.Unknown, ResultJudge.Unknown)));
    }

    [Test]
    public void ALengthOutOfItsRangeIsRefused()
    {
        var classifier = new LocalClassifier(s_image, null, Rules());
        var values = new short[300 * classifier.Channels];
        Assert.That(new[] { 0, -1, 267, 301 }.Select(length => classifier.Classify(values, length)), Has.All.False);
        Assert.That(classifier.Classify(new short[3], 2), Is.False, "fewer numbers than timesteps");
        Assert.That(classifier.Last.ClassIndex, Is.EqualTo(Classification.NoClass));
        Assert.That(classifier.Classify(values, 266), Is.True);
    }

    /// <summary>A sequence of the application between two timesteps leaves no trace in the signal.</summary>
    [Test]
    public void AWholeSequenceDuringASignalBeginsItAnew()
    {
        var classifier = new LocalClassifier(s_image, null, Rules());
        var random = new Random(3);
        short[] Sample(bool moves) => [(short)(moves ? random.Next(-300, 300) : 0), 0, 256];
        for (int i = 0; i < 50; i++) classifier.Push(Sample(false));
        for (int i = 0; i < 20; i++) classifier.Push(Sample(true));
        Assert.That(classifier.Segmenter.IsActive, Is.True);
        classifier.Classify(new short[30 * 3], 30);
        int results = 0;
        classifier.ResultReady += (_, _) => results++;
        for (int i = 0; i < 60; i++) classifier.Push(Sample(false));
        Assert.That((classifier.Segmenter.IsActive, results), Is.EqualTo((false, 0)));
    }

    [Test]
    public void AnImageThatIsNoModelIsRefused()
    {
        byte[] damaged = [.. s_image];
        damaged[^1] ^= 1;
        Assert.That(() => new LocalClassifier(damaged), Throws.ArgumentException.With.Message.EqualTo("the model cannot be read: the CRC-32 does not match (damaged)"));
        Assert.That(
            () => new LocalClassifier(s_image, null, new SegmenterSettings { LeastLength = 0 }), Throws.ArgumentException.With.Message.StartsWith("segment.least"));
    }

    [Test]
    public void ATimestepAllocatesNothing()
    {
        SensorLog log = GestureStream.Generate(Seed, 3);
        short[][] samples = [.. Enumerable.Range(0, log.Length).Select(i => log.Values[(i * 3)..(i * 3 + 3)])];
        var classifier = new LocalClassifier(s_image, null, Rules());
        foreach (short[] sample in samples) classifier.Push(sample);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (short[] sample in samples) classifier.Push(sample);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(classifier.Last.Number, Is.EqualTo(5u));
    }

    /// <summary>Stands for a compiled kernel, and counts the timesteps of its first layer.</summary>
    private sealed class CountingKernels(ModelFile model) : CompiledModel
    {
        public int Steps { get; private set; }

        public override uint FixedPointChecksum { get; } = model.FixedPointChecksum();

        public override LayerKernel CreateLayer(int layer, LayerState state, ActivationTables tables, SaturationCounters saturations) =>
            new Layer(this, new GesturesKernel().CreateLayer(layer, state, tables, saturations), state, tables, saturations);

        private sealed class Layer(CountingKernels counter, LayerKernel inner, LayerState state, ActivationTables tables, SaturationCounters saturations)
            : LayerKernel(state, tables, saturations)
        {
            public override void Step(short[] x, int offset)
            {
                counter.Steps++;
                inner.Step(x, offset);
            }
        }
    }
}

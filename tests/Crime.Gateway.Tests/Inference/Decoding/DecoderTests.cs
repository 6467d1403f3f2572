using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Inference.Decoding;

public sealed class DecoderTests
{
    private static FloatModel Load(TrainedModel model) => new(TestModels.Parse(TestDecoders.Write(model)));

    private static short[] Input(Random random) => [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (short)random.Next(TestDecoders.Vocabulary))];

    [Test]
    public void TheMostLikelyTokensAreThoseOfTheEquations([Values(CellKind.Lstm, CellKind.Gru)] CellKind cell, [Values] AttentionKind attention)
    {
        int written = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            TrainedModel model = TestDecoders.Make(cell, attention, seed: seed, scale: 1.5);
            var engine = new FloatNetwork(Load(model));
            short[] input = Input(new Random(seed));
            var logits = new float[model.ClassNames.Count];
            int weakest = engine.Run(input, 0, logits);
            int[] tokens = [.. engine.Tokens.ToArray().Select(token => (int)token)];
            List<double[]> expected = new DecoderReference(model, input).Logits(tokens);
            for (int step = 0; step < tokens.Length; step++)
                Assert.That(expected[step][tokens[step]], Is.EqualTo(expected[step].Max()).Within(1e-4), $"seed {seed}, step {step}");
            bool isCutOff = tokens.Length == model.Decoder!.LongestOutput;
            if (!isCutOff) Assert.That(expected[tokens.Length][0], Is.EqualTo(expected[tokens.Length].Max()).Within(1e-4), $"seed {seed}: the end");
            int[] steps = isCutOff ? tokens : [.. tokens, 0];
            double MarginOf(int step) => expected[step][steps[step]] - expected[step].Where((_, k) => k != steps[step]).Max();
            int least = Enumerable.Range(0, steps.Length).MinBy(MarginOf);
            Assert.That(weakest, Is.EqualTo(steps[least]));
            Assert.That(logits.Select(x => (double)x), Is.EqualTo(expected[least]).Within(1e-4));
            written += tokens.Length;
        }
        Assert.That(written, Is.GreaterThan(20), "tokens were written");
    }

    [Test]
    public void ABeamThatHoldsEveryOutputFindsTheMostLikelyPerStep([Values] AttentionKind attention)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            // Two tokens: the outputs are a, aa, aaa, ... or nothing, and a beam of eight holds all up to eight steps.
            TrainedModel model = TestDecoders.Make(CellKind.Gru, attention, outputs: 2, longest: 7, seed: seed, beam: 8, scale: 1.5);
            var engine = new FloatNetwork(Load(model));
            short[] input = Input(new Random(seed));
            engine.Run(input, 0, new float[2]);
            List<double[]> logs = [.. new DecoderReference(model, input).Logits([1, 1, 1, 1, 1, 1]).Select(DecoderReference.LogSoftmax)];
            double Score(int count) => (Enumerable.Range(0, count).Sum(step => logs[step][1]) + (count < 7 ? logs[count][0] : 0)) / Math.Min(count + 1, 7);
            double best = Enumerable.Range(0, 8).Max(Score);
            Assert.That(Score(engine.Tokens.Length), Is.EqualTo(best).Within(1e-4), $"seed {seed}");
        }
    }

    [Test]
    public void AWiderBeamFindsOutputsThatAreMoreLikely()
    {
        int better = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            TrainedModel model = TestDecoders.Make(CellKind.Lstm, AttentionKind.LuongDot, outputs: 6, longest: 6, seed: seed, scale: 2);
            var engine = new FloatNetwork(Load(model));
            short[] input = Input(new Random(seed));
            double Score(int width)
            {
                engine.BeamWidth = width;
                engine.Run(input, 0, new float[6]);
                int[] tokens = [.. engine.Tokens.ToArray().Select(token => (int)token)];
                int[] steps = tokens.Length == 6 ? tokens : [.. tokens, 0];
                return new DecoderReference(model, input).Logits(tokens).Zip(steps, (logits, token) => DecoderReference.LogSoftmax(logits)[token]).Sum() / steps.Length;
            }
            better += Math.Sign(Math.Round(Score(8) - Score(1), 5));
        }
        Assert.That(better, Is.GreaterThan(10));
    }

    [Test]
    public void TheExpectedLengthIsWrittenWhateverTheTokensAre()
    {
        TrainedModel model = TestDecoders.Make(CellKind.Lstm, AttentionKind.None, longest: 9);
        var engine = new FloatNetwork(Load(model)) { WritesExpectedLength = true };
        // gamma 0.5, delta 1.25
        foreach ((int length, int steps) in new[] { (1, 2), (4, 3), (10, 6), (40, 9) })
        {
            engine.Run(new short[length], 0, new float[5]);
            Assert.That(engine.Tokens.Length, Is.EqualTo(steps));
        }
    }

    [Test]
    public void ADecoderWithoutAttentionGoesOnFromTheStateOfABoard()
    {
        FloatModel plain = Load(TestDecoders.Make(CellKind.Lstm, AttentionKind.None)), attentive = Load(TestDecoders.Make(CellKind.Lstm, AttentionKind.LuongDot));
        Assert.That(new NetworkState(plain).IsResumable, Is.True);
        Assert.That(new NetworkState(attentive).IsResumable, Is.False, "it reads outputs of timesteps that have passed");
        var engine = new FloatNetwork(plain);
        short[] input = [1, 2, 3, 4, 5, 6];
        float[] whole = new float[5], parts = new float[5];
        engine.Run(input, 0, whole);
        byte[] tokens = engine.Tokens.ToArray();
        var state = new NetworkState(plain);
        engine.Run(input.AsSpan(0, 4), 0, parts, null, state);
        engine.Run(input.AsSpan(4), 0, parts, state);
        Assert.That(engine.Tokens.ToArray(), Is.EqualTo(tokens));
        Assert.That(parts, Is.EqualTo(whole).Within(1e-6f));
    }
}

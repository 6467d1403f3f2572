// Answers other than one class on the whole path: a virtual board, a real gateway process, real TCP.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Ranges;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A board computes values, a class per timestep, or an anomaly score by itself, at the gateway, or half at each: the console shows the same.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class AnswerTests
{
    private const int Count = 6;
    private const int Length = 400;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    /// <summary>An ESP32 with the slow image: it falls behind a timestep each millisecond.</summary>
    private static readonly BoardProfile s_profile = BoardProfile.Bundled(BoardSite.ProfileName).With("cpu_us_per_il", 0.45);

    private static readonly LabelledSequence[] s_inputs = [.. GestureGenerator.Generate(1, 6, 60).Test
        .DistinctBy(gesture => gesture.Label).Take(Count)
        .Select((gesture, i) => new LabelledSequence(
            i, gesture.Label, Length, [.. Enumerable.Range(0, 3 * Length).Select(k => gesture.Features[k % gesture.Features.Length])], []))];

    private static byte[] Make(AnswerKind answer)
    {
        TrainedModel trained = PyTorchImporter.Load(Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", "gestures.safetensors"));
        Calibration calibration = Calibration.Measure(ModelLoading.FloatOnly(trained), GestureGenerator.Generate(1, 60, 1));
        return TestModels.Write(TestModels.WithAnswer(trained, answer), calibration: calibration with { LongestLength = 480 });
    }

    /// <summary>The numbers that the float network gives for an input as boards send it, by timestep; one vector for values.</summary>
    private static float[][] Expected(ModelFile model, LabelledSequence input)
    {
        var weights = new FloatModel(model);
        var normaliser = new InputNormaliser(model);
        short[] values = [.. input.Features.Select((value, i) => normaliser.Quantise(value, i % model.InputCount))];
        var logits = new float[weights.LogitCount(input.Length)];
        new FloatNetwork(weights).Run(values, model.InputFractionBits, logits);
        return [.. logits.Chunk(weights.OutputCount)];
    }

    [TestCase(AnswerKind.Values, "local", 0)]
    [TestCase(AnswerKind.Values, "gateway", 0)]
    [TestCase(AnswerKind.Values, "auto", 1)]
    [TestCase(AnswerKind.ClassPerStep, "local", 0)]
    [TestCase(AnswerKind.ClassPerStep, "gateway", 0)]
    [TestCase(AnswerKind.ClassPerStep, "auto", 1)]
    [TestCase(AnswerKind.Anomaly, "local", 0)]
    [TestCase(AnswerKind.Anomaly, "gateway", 0)]
    [TestCase(AnswerKind.Anomaly, "auto", 1)]
    public async Task TheConsoleShowsTheAnswer(AnswerKind answer, string mapping, int timestepMs)
    {
        byte[] file = Make(answer);
        ModelFile model = ModelLoading.Parse(file, "the model");
        using var cancellation = new CancellationTokenSource(s_limit);
        await using var site = new BoardSite(Checkout.NewFolder());
        await site.ServeAsync("gestures", file);
        site.WriteFlash(
            file, s_inputs, $"kernel=table\nmapping={mapping}\nobjective=time\nwait-for-link-ms=30000\ninputs.timestep-ms={timestepMs}\n");
        using Board board = site.Power(profile: s_profile);
        List<string> lines = await BoardSite.ReadUntilAsync(board, "END ", cancellation.Token);
        foreach (string line in lines) TestContext.Out.WriteLine(line);
        Reading[] readings = [.. lines.Select(Reading.Parse).OfType<Reading>()];
        Assert.That(readings.Select(reading => reading.Input), Is.EqualTo(Enumerable.Range(0, Count)));
        // A busy machine may answer too late now and then: the board falls back, with the same answer.
        string target = mapping == "local" ? "local" : "gateway";
        Assert.That(readings, Has.Some.Matches<Reading>(reading => reading.Done > 0 == timestepMs > 0 && reading.Target == target));
        for (int i = 0; i < Count; i++) Check(model, s_inputs[i], readings[i], Items(lines, "VALUES", i), Items(lines, "STEPS", i));
    }

    private static void Check(ModelFile model, LabelledSequence input, Reading reading, string[] values, string[] steps)
    {
        float[][] expected = Expected(model, input);
        if (model.Answer == AnswerKind.Values)
        {
            double[] found = [.. values.Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
            Assert.That((reading.ClassIndex, reading.Class, reading.Unit, found.Length), Is.EqualTo(((int?)null, (string?)null, "C", model.OutputCount)));
            Assert.That(reading.Value, Is.EqualTo(found[0]));
            for (int k = 0; k < found.Length; k++) Assert.That(found[k], Is.EqualTo(model.Scale.ValueOf(k, expected[0][k])).Within(0.1), $"value {k}");
        }
        else if (model.Answer == AnswerKind.ClassPerStep)
        {
            int[] labels = [.. steps.Select(run => run.Split('*')).SelectMany(run => Enumerable.Repeat(int.Parse(run[0]), int.Parse(run[1])))];
            Assert.That(labels, Has.Length.EqualTo(Length));
            // Where two logits are next to equal, fixed point may decide the other way.
            int[] exact = [.. expected.Select(logits => Array.IndexOf(logits, logits.Max()))];
            Assert.That(labels.Where((label, step) => label == exact[step]).Count(), Is.AtLeast(Length - 4));
            Assert.That(reading.ClassIndex, Is.EqualTo(labels[^1]));
        }
        else
        {
            var normaliser = new InputNormaliser(model);
            double unit = Math.Pow(2, -model.InputFractionBits);
            double score = Enumerable.Range(1, Length - 1).SelectMany(step => Enumerable.Range(0, model.InputCount).Select(k =>
                normaliser.Quantise(input.Features[step * model.InputCount + k], k) * unit - expected[step - 1][k])).Average(error => error * error);
            Assert.That(reading.Value, Is.EqualTo(score).Within(0.01));
            Assert.That((reading.ClassIndex, reading.Class), Is.EqualTo((score > 0.5 ? 1 : 0, AnswerScale.AnomalyNames[score > 0.5 ? 1 : 0])));
        }
    }

    /// <summary>The items of an input's lines, which begin where those before end.</summary>
    private static string[] Items(IEnumerable<string> lines, string name, int input)
    {
        var items = new List<string>();
        foreach (string line in lines.Where(line => line.StartsWith($"{name} id={input} from=", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ');
            int covered = name == "STEPS" ? items.Sum(run => int.Parse(run.Split('*')[1])) : items.Count;
            Assert.That(words[2], Is.EqualTo($"from={covered}"));
            items.AddRange(words[3]["items=".Length..].Split(','));
        }
        return [.. items];
    }
}

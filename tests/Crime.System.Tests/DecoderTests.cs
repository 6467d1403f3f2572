using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Training;
using Crime.Modelling.Training.Decoding;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A network that writes: trained here, served by a real gateway process, run by a virtual board, over real TCP.</summary>
public sealed partial class DecoderTests : BoardSiteTests
{
    private const int Inputs = 40;

    private static readonly Dataset s_data = NumberWords.Generate("numbers", 1, 1500, Inputs);
    private static readonly Lazy<byte[]> s_file = new(Train);

    private static byte[] Train()
    {
        var data = new WriterData(s_data);
        var options = new TrainingOptions { HiddenCount = 16, EmbeddingCount = 6, Epochs = 4, LearningRate = 0.02 };
        TrainedModel model = new WriterTrainer(data, options, AttentionKind.None).Train("numbers", 1, null, default);
        return Conversion.Make(model, s_data, new ConversionOptions()).Bytes;
    }

    private async Task<List<string>> RunAsync(string settings)
    {
        Site.WriteFlash(s_file.Value, s_data.Test, settings);
        using Board board = Site.Power();
        return await ReadUntilAsync(board, "END ");
    }

    /// <summary>The texts that the float network and the network of boards write.</summary>
    private static (string Float, string Fixed)[] Expected()
    {
        ModelFile model = TestModels.Parse(s_file.Value);
        var input = new ModelInput(model);
        var engine = new FloatNetwork(new FloatModel(model));
        var kernel = new NetworkKernel(model) { StepLabels = new byte[model.Decoder.LongestOutput] };
        return [.. s_data.Test.Select(sequence =>
        {
            short[] values = input.Quantised(sequence);
            engine.Run(values, 0, new float[model.ClassCount]);
            kernel.State.Reset();
            kernel.Advance(values, 0, values.Length);
            kernel.Classify();
            return (TextOf(engine.Tokens.ToArray()), TextOf(kernel.StepLabels.Take(kernel.OutputCount)));
        })];

        string TextOf(IEnumerable<byte> tokens) => string.Join(' ', tokens.Select(token => model.ClassNames[token]));
    }

    [Test]
    public async Task TheConsoleHasTheOutputOfEitherPlace([Values("local", "gateway")] string mapping)
    {
        await Site.ServeAsync("numbers", s_file.Value);
        List<string> lines = await RunAsync($"mapping={mapping}\nwait-for-link-ms=4000\ninputs.interval-ms=0\n{BoardSite.Patient}");
        Match[] results = [.. lines.Select(line => Inference().Match(line)).Where(match => match.Success)];
        string[] texts = [.. results.Select(match => match.Groups["text"].Value)], places = [.. results.Select(match => match.Groups["at"].Value)];
        // An answer may still come too late: the board writes that output itself.
        Assert.That(texts, Is.EqualTo(Expected().Select((text, i) => places[i] == "gateway" ? text.Float : text.Fixed)));
        Assert.That(places.Count(place => place == mapping), Is.GreaterThan(Inputs / 2), string.Join('\n', lines));
        Assert.That(texts.Count(text => text.Length > 0), Is.GreaterThan(Inputs / 2));
        Assert.That(lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal)).All(line => line.Contains(" class=- ", StringComparison.Ordinal)), Is.True);
        Assert.That(lines.Any(line => line.StartsWith("TOKEN ", StringComparison.Ordinal)), Is.False, "no setting asks for tokens");
    }

    [Test]
    public async Task TokensComeAsTheyAreWrittenWhereASettingAsks([Values("local", "gateway")] string mapping)
    {
        await Site.ServeAsync("numbers", s_file.Value);
        List<string> lines = await RunAsync($"mapping={mapping}\nwait-for-link-ms=4000\ninputs.interval-ms=0\noutput.stream=on\n");
        var written = new Dictionary<string, List<string>>();
        int results = 0, shown = 0;
        foreach (string line in lines)
        {
            if (Token().Match(line) is { Success: true } token)
            {
                string place = token.Groups["at"].Value;
                int index = int.Parse(token.Groups["index"].Value, CultureInfo.InvariantCulture);
                if (index == 0) written[place] = [];
                Assert.That(index, Is.EqualTo(written[place].Count), "in order");
                written[place].Add(token.Groups["name"].Value);
            }
            if (Inference().Match(line) is not { Success: true } result) continue;
            results++;
            string key = result.Groups["at"].Value == "gateway" ? "gateway" : "local";
            // A gateway that is faster than the interval of its parts sends the first token alone.
            if (written.TryGetValue(key, out List<string>? tokens))
                Assert.That(result.Groups["text"].Value.Split(' ').Take(tokens.Count), Is.EqualTo(tokens));
            if (result.Groups["at"].Value == mapping && tokens != null) shown++;
            written.Clear();
        }
        Assert.That(results, Is.EqualTo(Inputs));
        Assert.That(shown, Is.GreaterThan(Inputs / 3));
    }

    [Test]
    public async Task TheForecastOfTheBoardIsWithinFifteenPercentInTheMean()
    {
        List<string> lines = await RunAsync("mapping=local\ninputs.interval-ms=0\n");
        (int Length, double Ms)[] measured = [.. lines.Select(line => Inference().Match(line)).Where(match => match.Success)
            .Select(match => (int.Parse(match.Groups["len"].Value), double.Parse(match.Groups["ms"].Value, CultureInfo.InvariantCulture)))];
        Assert.That(measured, Has.Length.EqualTo(Inputs));
        Match model = lines.Select(line => LocalLine().Match(line)).First(match => match.Success);
        double perStepUs = double.Parse(model.Groups["alpha"].Value, CultureInfo.InvariantCulture);
        double us = double.Parse(model.Groups["beta"].Value, CultureInfo.InvariantCulture);
        double[] errors = [.. measured.Select(one => (perStepUs * one.Length + us) / 1000 / one.Ms - 1)];
        double mean = errors.Average();
        TestContext.Out.WriteLine($"first line {perStepUs} us per step and {us} us; mean error {mean:p1}, mean absolute error {errors.Average(Math.Abs):p1}");
        Assert.That(Math.Abs(mean), Is.LessThan(0.15));
    }

    [GeneratedRegex("^INF id=\\d+ len=(?<len>\\d+) at=(?<at>\\w+) .* ms=(?<ms>[\\d.]+) active-ms=.* text=\"(?<text>[^\"]*)\"$")]
    private static partial Regex Inference();

    [GeneratedRegex("^TOKEN id=\\d+ at=(?<at>\\w+) index=(?<index>\\d+) token=\\d+ name=\"(?<name>[^\"]+)\"$")]
    private static partial Regex Token();

    [GeneratedRegex("local-us-per-step=(?<alpha>[\\d.]+) local-us=(?<beta>\\d+)")]
    private static partial Regex LocalLine();
}

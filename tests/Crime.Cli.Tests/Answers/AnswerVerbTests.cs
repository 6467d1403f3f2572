using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Cli.Tests.Data;
using Crime.Model;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Cli.Tests.Answers;

/// <summary>Answers other than a number for each class: data, training, conversion, evaluation, and the console of a board.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class AnswerVerbTests
{
    private const int BoardInputs = 8;

    // The console rounds values from 10 on to three places.
    private const double ConsoleRounding = 0.0006;

    private static readonly string[] s_short = ["--epochs", "6", "--hidden", "8", "--batch", "8"];

    /// <summary>Checks the values of a board against the float network, with the largest difference that the evaluation found.</summary>
    private static async Task CheckValuesAsync(AnswerSite site, IReadOnlyList<LabelledSequence> inputs, string unit)
    {
        JsonElement value = site.Reports.Eval.GetProperty("values")[0];
        double largest = value.GetProperty("max_difference").GetDouble();
        Assert.That(largest, Is.GreaterThan(0).And.LessThan(0.05 * value.GetProperty("rmse_float").GetDouble()), "fixed point adds little to the error");
        IReadOnlyList<ConsoleAnswer> answers = await site.RunBoardAsync(inputs);
        Assert.That(answers.Select(answer => (answer.Class, answer.Unit)), Is.All.EqualTo(((int?)null, unit)));
        for (int n = 0; n < inputs.Count; n++)
        {
            double expected = site.Model.Scale.ValueOf(0, site.RunFloat(inputs[n]).Numbers[0]);
            Assert.That(answers[n].Value, Is.EqualTo(expected).Within(largest + ConsoleRounding), $"input {n}");
        }
    }

    private static async Task CheckStepsAsync(AnswerSite site, IReadOnlyList<LabelledSequence> inputs)
    {
        IReadOnlyList<ConsoleAnswer> answers = await site.RunBoardAsync(inputs);
        int same = 0;
        for (int n = 0; n < inputs.Count; n++)
        {
            Assert.That(answers[n].Steps, Is.EqualTo(site.RunKernel(inputs[n])), $"input {n}");
            same += answers[n].Steps.Zip(site.RunFloat(inputs[n]).Steps).Count(pair => pair.First == pair.Second);
        }
        Assert.That(same / (double)inputs.Sum(input => input.Length), Is.GreaterThan(0.98), "the float network finds the same");
    }

    private static async Task CheckAnomaliesAsync(AnswerSite site, IReadOnlyList<LabelledSequence> inputs)
    {
        double largest = site.Reports.Eval.GetProperty("anomaly").GetProperty("max_score_difference").GetDouble();
        IReadOnlyList<ConsoleAnswer> answers = await site.RunBoardAsync(inputs);
        for (int n = 0; n < inputs.Count; n++)
        {
            float score = site.RunFloat(inputs[n]).Numbers[1];
            Assert.That(answers[n].Value, Is.EqualTo(score).Within(largest + ConsoleRounding), $"input {n}");
            bool isClose = Math.Abs(score - site.Model.Scale.Threshold) <= largest + ConsoleRounding;
            if (!isClose) Assert.That(answers[n].Class, Is.EqualTo(score > site.Model.Scale.Threshold ? 1 : 0), $"input {n}");
        }
    }

    private static string Folder(Dataset data)
    {
        string folder = Checkout.NewFolder();
        AnswerSets.Write(folder, data);
        return folder;
    }

    [Test]
    public async Task ARegressionGoesTheWholeWay()
    {
        Dataset data = AnswerSets.Values();
        AnswerSite site = await AnswerSite.MakeAsync(Folder(data), ["--answer", "value", "--unit", "C,", .. s_short], []);
        Assert.That(site.Reports.Train.GetProperty("data").GetProperty("labels").GetString(), Is.EqualTo("values"));
        Assert.That(site.Reports.Convert.GetProperty("answer").GetString(), Is.EqualTo("values"));
        Assert.That(site.Reports.Convert.GetProperty("accuracy").GetProperty("values")[0].GetProperty("unit").GetString(), Is.EqualTo("C"));
        Assert.That(site.Reports.Eval.GetProperty("values").EnumerateArray().Select(value => value.GetProperty("r2_fixed").GetDouble()), Is.All.GreaterThan(0.5));
        await CheckValuesAsync(site, [.. data.Test.Take(BoardInputs)], "C");

        string text = (await CrimeProcess.RunAsync(site.Folder, "convert", "net.safetensors", "-o", "again.crime")).Output;
        Assert.That(text, Does.Contain("gateways serve it").And.Contain("boards run it").And.Not.Contain("do not serve"));
        string folder = Folder(data);
        foreach (string[] verb in (string[][])[["golden", "net.crime", "--data", folder, "-o", "g.json"], ["predict", "net.crime", "--data", folder],
            ["recording", folder, "--model", "net.crime", "-o", "r.recording"], ["data", "show", folder], ["report", "net.crime", "--data", folder, "-o", "r.html"]])
            await CrimeProcess.JsonAsync(site.Folder, verb);
        Assert.That(File.ReadAllText(Path.Combine(site.Folder, "r.html")), Does.Contain("RMSE of temperature, fixed").And.Not.Contain("What is taken for what"));
        await CrimeProcess.RefusesAsync(site.Folder, ": a regression set (@targetLabel true); --answer class needs", "train", folder, "-o", "x.safetensors");
        await CrimeProcess.RefusesAsync(site.Folder, "but model 'net' gives values", "eval", "net.crime", "--data", Folder(AnswerSets.TwoWays() with
        {
            FeatureCount = 1, Train = [.. AnswerSets.Values().Train.Select(sequence => sequence with { Label = "a" })],
            Test = [.. AnswerSets.Values().Test.Select(sequence => sequence with { Label = "a" })],
        }));
        await CrimeProcess.RefusesAsync(site.Folder, "--qat is for --answer class", "train", folder, "-o", "x.safetensors", "--answer", "value", "--qat", "8");
        await CrimeProcess.RefusesAsync(
            site.Folder, "--answer says another answer than net.safetensors has: value", "train", folder, "-o", "x.safetensors", "--from", "net.safetensors",
            "--answer", "class");
    }

    [Test]
    public async Task TagsGoTheWholeWay()
    {
        Dataset data = AnswerSets.Steps();
        string folder = Folder(data);
        AnswerSite site = await AnswerSite.MakeAsync(folder, ["--answer", "step-class", .. s_short], []);
        Assert.That(site.Model.Answer, Is.EqualTo(AnswerKind.ClassPerStep));
        Assert.That(site.Reports.Eval.GetProperty("steps").GetProperty("accuracy_fixed").GetDouble(), Is.GreaterThan(0.8));
        await CheckStepsAsync(site, [.. data.Test.Take(BoardInputs)]);
        await CrimeProcess.JsonAsync(site.Folder, "report", "net.crime", "--data", folder, "-o", "r.html");
        Assert.That(File.ReadAllText(Path.Combine(site.Folder, "r.html")), Does.Contain("timesteps right, fixed").And.Contain("What is taken for what"));
        await CrimeProcess.RefusesAsync(site.Folder, "but model 'gestures' gives one class", "eval", Checkout.PathOf("gateway/assets/gestures.crime"), "--data", Folder(
            data with { FeatureCount = 3, Train = [.. data.Train.Select(Widened)], Test = [.. data.Test.Select(Widened)] }));
    }

    private static LabelledSequence Widened(LabelledSequence sequence) => sequence with
    {
        Features = [.. Enumerable.Range(0, sequence.Length).SelectMany(step => new[] { sequence.Features[2 * step], sequence.Features[2 * step + 1], 0 })],
    };

    [Test]
    public async Task AnomaliesGoTheWholeWay()
    {
        Dataset data = AnswerSets.Pointers();
        string folder = Folder(data);
        AnswerSite site = await AnswerSite.MakeAsync(folder, ["--answer", "anomaly", .. s_short], ["--normal", "slow"]);
        Assert.That(site.Reports.Train.GetProperty("threshold_sequences").GetInt32(), Is.EqualTo(32));
        Assert.That(site.Reports.Convert.GetProperty("accuracy").GetProperty("anomaly").GetProperty("auc_fixed").GetDouble(), Is.GreaterThan(0.9));
        await CheckAnomaliesAsync(site, [.. data.Test.Take(BoardInputs)]);
        await CrimeProcess.JsonAsync(site.Folder, "report", "net.crime", "--data", folder, "-o", "r.html", "--normal", "slow");
        await CrimeProcess.RefusesAsync(site.Folder, "has no class 'normal'; --normal names the normal ones of slow, broken", "eval", "net.crime", "--data", folder);
        await CrimeProcess.RefusesAsync(site.Folder, "--answer anomaly needs --normal", "train", folder, "-o", "x.safetensors", "--answer", "anomaly");
        await CrimeProcess.RefusesAsync(site.Folder, "--normal is for --answer anomaly", "train", folder, "-o", "x.safetensors", "--normal", "slow");
        await CrimeProcess.RefusesAsync(site.Folder, "--channel needs --forecast", "eval", "net.crime", "--data", folder, "--channel", "1");
    }

    [Test]
    public async Task OneLogitGoesTheWholeWay()
    {
        Dataset data = AnswerSets.TwoWays();
        AnswerSite site = await AnswerSite.MakeAsync(Folder(data), ["--answer", "logit", .. s_short], []);
        Assert.That(site.Reports.Convert.GetProperty("one_logit").GetBoolean(), Is.True);
        await CheckClassesAsync(site, [.. data.Test.Take(BoardInputs)]);
    }

    private static async Task CheckClassesAsync(AnswerSite site, IReadOnlyList<LabelledSequence> inputs)
    {
        Assert.That(site.Reports.Eval.GetProperty("agreement").GetDouble(), Is.GreaterThan(0.98));
        IReadOnlyList<ConsoleAnswer> answers = await site.RunBoardAsync(inputs);
        double largest = site.Reports.Eval.GetProperty("max_logit_difference").GetDouble();
        for (int n = 0; n < inputs.Count; n++)
        {
            (int label, float[] logits, _) = site.RunFloat(inputs[n]);
            Assert.That(logits[0], Is.Zero, "one number decides");
            if (Math.Abs(logits[1]) > largest) Assert.That(answers[n].Class, Is.EqualTo(label), $"input {n}");
        }
    }

    private static IEnumerable<TestCaseData> Vowels() => ReferenceData.Cases(["data/japanese-vowels"]);

    private static IEnumerable<TestCaseData> Digits() => ReferenceData.Cases(["data/spoken-arabic-digits"]);

    private static IEnumerable<TestCaseData> Messages() => ReferenceData.Cases(["data/sms-spam"]);

    [TestCaseSource(nameof(Vowels))]
    public async Task AChannelOfJapaneseVowelsIsForecast(string path)
    {
        string data = ReferenceData.PathOf(path);
        AnswerSite site = await AnswerSite.MakeAsync(
            data, ["--answer", "value", "--unit", "dB", "--epochs", "8", "--hidden", "12"], ["--forecast", "3", "--channel", "1"]);
        // Better than the mean of the channel.
        Assert.That(site.Reports.Eval.GetProperty("values")[0].GetProperty("r2_fixed").GetDouble(), Is.GreaterThan(0));
        Assert.That(site.Reports.Convert.GetProperty("accuracy").GetProperty("values")[0].GetProperty("value").GetString(), Is.EqualTo("channel 1"));
        await CheckValuesAsync(site, [.. new ForecastTarget(3, 1).Apply(DatasetFolder.Load(data)).Test.Take(BoardInputs)], "dB");
    }

    [TestCaseSource(nameof(Vowels))]
    public async Task OtherSpeakersOfJapaneseVowelsAreAnomalies(string path)
    {
        string data = ReferenceData.PathOf(path);
        AnswerSite site = await AnswerSite.MakeAsync(data, ["--answer", "anomaly", "--epochs", "12", "--hidden", "12"], ["--normal", "1,2,3"]);
        // Better than chance: a speaker is not known by the next timestep alone.
        Assert.That(site.Reports.Eval.GetProperty("anomaly").GetProperty("auc_fixed").GetDouble(), Is.GreaterThan(0.5));
        await CheckAnomaliesAsync(site, [.. DatasetFolder.Load(data).Test.Where((_, n) => n % 46 == 0)]);
    }

    [TestCaseSource(nameof(Messages))]
    public async Task OneLogitKnowsUnwantedMessages(string path)
    {
        string data = ReferenceData.PathOf(path), lines = ReferenceData.PathOf("models/sms-spam.test-lines.txt");
        AnswerSite site = await AnswerSite.MakeAsync(
            data, ["--answer", "logit", "--epochs", "1", "--hidden", "8", "--embedding", "8"], [], "--test-lines", lines);
        await CheckClassesAsync(site, [.. DatasetFolder.Load(data, lines).Test.Take(BoardInputs)]);
    }

    /// <summary>Three utterances in a row: which digit is spoken at which timestep.</summary>
    [TestCaseSource(nameof(Digits))]
    public async Task DigitsOfJoinedUtterancesAreTagged(string path)
    {
        const int joined = 3, trainCount = 200, testCount = 40, spread = 1009;
        Dataset source = DatasetFolder.Load(ReferenceData.PathOf(path));
        LabelledSequence[] Join(IReadOnlyList<LabelledSequence> from, int count) => [.. Enumerable.Range(0, count).Select(n =>
        {
            // The files are in the order of the classes: a step of a large prime mixes them.
            LabelledSequence[] parts = [.. Enumerable.Range(joined * n, joined).Select(i => from[(int)((long)i * spread % from.Count)])];
            string[] classes = [.. parts.SelectMany(part => Enumerable.Repeat(part.Label, part.Length))];
            return new LabelledSequence(n, StepLabels.ToText(classes), classes.Length, [.. parts.SelectMany(part => part.Features)], []) { StepClasses = classes };
        })];
        Dataset data = source with
        {
            Name = "joined", Train = Join(source.Train, trainCount), Test = Join(source.Test, testCount), Labels = LabelKind.StepClass, LabelsWhere = "joined:1",
        };
        AnswerSite site = await AnswerSite.MakeAsync(Folder(data), ["--answer", "step-class", "--epochs", "8", "--hidden", "16", "--batch", "8"], []);
        // Three times as often as by chance; the first timesteps of a digit do not show it.
        Assert.That(site.Reports.Eval.GetProperty("steps").GetProperty("accuracy_fixed").GetDouble(), Is.GreaterThan(0.3));
        await CheckStepsAsync(site, [.. data.Test.Take(BoardInputs)]);
    }
}

using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Cli.Tests.Data;
using NUnit.Framework;

namespace Crime.Cli.Tests.Answers;

/// <summary>A network that writes sequences on its way through the verbs: texts, figures, and costs with the expected output length.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class WriterVerbTests
{
    private const string Pairs = "text, 400 training / 60 test pairs: inputs of 1 to 6 characters, outputs of 1 to ";

    private static void CheckData(JsonElement report)
    {
        JsonElement data = report.GetProperty("data"), outputs = data.GetProperty("outputs");
        Assert.That(data.GetProperty("classes").ValueKind, Is.EqualTo(JsonValueKind.Null), "outputs are no classes");
        Assert.That(data.GetProperty("labels").GetString(), Is.EqualTo("outputs"));
        Assert.That(outputs.GetProperty("shortest").GetInt32(), Is.EqualTo(1));
        Assert.That(outputs.GetProperty("words").GetInt32(), Is.InRange(20, 31));
        Assert.That(data.GetProperty("text").GetString(), Does.StartWith(Pairs)
            .And.EndsWith($"{outputs.GetProperty("longest").GetInt32()} words, {outputs.GetProperty("words").GetInt32()} different words"));
    }

    private static void CheckPrediction(JsonElement predicted, JsonElement counted, double gamma, double delta)
    {
        JsonElement output = predicted.GetProperty("output");
        double step = output.GetProperty("us_per_step").GetDouble();
        Assert.That((output.GetProperty("gamma").GetDouble(), output.GetProperty("delta").GetDouble()), Is.EqualTo((gamma, delta)));
        Assert.That(output.GetProperty("il_per_step").GetDouble(), Is.EqualTo(counted.GetProperty("output_il_per_step").GetDouble()).Within(0.01));
        Assert.That(
            predicted.GetProperty("us_per_step").GetDouble(), Is.EqualTo(output.GetProperty("input_us_per_step").GetDouble() + gamma * step).Within(1e-6).Percent);
        Assert.That(
            predicted.GetProperty("us_per_sequence").GetDouble(),
            Is.EqualTo(output.GetProperty("input_us_per_sequence").GetDouble() + delta * step).Within(1e-6).Percent);
    }

    private static void CheckReport(JsonElement report, string page)
    {
        JsonElement output = report.GetProperty("output");
        JsonElement[] lengths = [.. output.GetProperty("lengths").EnumerateArray()];
        Assert.That(lengths.Select(row => row.GetProperty("length").GetInt32()), Is.Unique.And.Ordered.And.SubsetOf(Enumerable.Range(1, 6)));
        Assert.That(lengths.Sum(row => row.GetProperty("inputs").GetInt32()), Is.EqualTo(60));
        double us = output.GetProperty("us_per_step").GetDouble();
        foreach (JsonElement row in lengths)
        {
            // All that the forecast does not know is the number of steps.
            double missing = (row.GetProperty("steps_written").GetDouble() - row.GetProperty("steps_expected").GetDouble()) * us / 1000;
            Assert.That(row.GetProperty("counted_ms").GetDouble(), Is.EqualTo(row.GetProperty("forecast_ms").GetDouble() + missing).Within(2).Percent);
        }
        Assert.That(page, Does.Contain("decoder, IL per step of output").And.Contain("outputs right, fixed").And.Contain("steps written")
            .And.Not.Contain("What is taken for what"));
    }

    [Test]
    public async Task OutputsAreNoClassesAndTheirLengthIsInTheCosts()
    {
        string folder = Checkout.NewFolder();
        CheckData(await CrimeProcess.JsonAsync(folder, "data", "numbers", "--train", "400", "--test", "60", "-o", "pairs"));
        JsonElement shown = await CrimeProcess.JsonAsync(folder, "data", "show", "pairs", "--outputs", "-o", "pairs.png");
        CheckData(shown);
        Assert.That(shown.GetProperty("balance").EnumerateArray().Single().GetProperty("train").GetInt32(), Is.EqualTo(400));
        JsonElement trained = await CrimeProcess.JsonAsync(
            folder, "train", "pairs", "--decoder", "plain", "--hidden", "8", "--embedding", "4", "--epochs", "3", "--learning-rate", "0.02", "-o", "net.safetensors");
        CheckData(trained);
        JsonElement converted = await CrimeProcess.JsonAsync(folder, "convert", "net.safetensors", "--calibrate", "pairs", "-o", "net.crime");
        Assert.That(converted.GetProperty("answer").GetString(), Is.EqualTo("sequence"));
        double gamma = converted.GetProperty("output").GetProperty("gamma").GetDouble(), delta = converted.GetProperty("output").GetProperty("delta").GetDouble();

        JsonElement evaluated = await CrimeProcess.JsonAsync(folder, "eval", "net.crime", "--data", "pairs");
        CheckData(evaluated);
        double share = evaluated.GetProperty("fixed").GetProperty("token_accuracy").GetDouble();
        (_, string text, string error) = await CrimeProcess.RunAsync(folder, "eval", "net.crime", "--data", "pairs");
        Assert.That(error, Does.Contain(Pairs));
        string tokens = (100 * share).ToString("0.00", CultureInfo.InvariantCulture);
        Assert.That(text, Does.Match($@"fixed point: {tokens} % of the tokens right, [\d.]+ % of the outputs right \(95 % interval [\d.]+ to [\d.]+\)")
            .And.Match(@"output length: M = [\d.]+ n [+-] [\d.]+ of the model explains"));

        JsonElement counted = await CrimeProcess.JsonAsync(folder, "ilcount", "net.crime", "--data", "pairs");
        CheckData(counted);
        JsonElement table = counted.GetProperty("table");
        Assert.That(counted.GetProperty("output_il_per_step").GetDouble(), Is.GreaterThan(table.GetProperty("il_per_step").GetDouble()), "the head is computed, too");
        JsonElement predicted = await CrimeProcess.JsonAsync(folder, "predict", "net.crime", "--data", "pairs");
        CheckData(predicted);
        CheckPrediction(predicted, counted, gamma, delta);
        JsonElement report = await CrimeProcess.JsonAsync(folder, "report", "net.crime", "--data", "pairs", "-o", "net.html");
        CheckData(report);
        CheckReport(report, await File.ReadAllTextAsync(Path.Combine(folder, "net.html")));
    }
}

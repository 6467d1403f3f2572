using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The simulator as a person runs it.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SimulationTests
{
    [Test]
    public async Task ASeedGivesTheSameBytes()
    {
        string[] arguments = ["simulate", "duty-cycled", "--policy", "crime", "--seed", "7", "--json"];
        CrimeCommand.Outcome first = await CrimeCommand.RunAsync(arguments), second = await CrimeCommand.RunAsync(arguments);
        JsonElement policy = first.Json().GetProperty("policies").EnumerateArray().Single();
        Assert.That(policy.GetProperty("policy").GetString(), Is.EqualTo("crime"));
        Assert.That(policy.GetProperty("inputs").GetInt32(), Is.GreaterThan(1000));
        Assert.That(second.Out, Is.EqualTo(first.Out));
    }

    [Test]
    public async Task ABadScenarioIsOneLineWithItsNumber()
    {
        string path = Path.Combine(Checkout.NewFolder(), "mine.yaml");
        File.WriteAllText(path, "scenario: mine\nabout: for a test\nduration_s: never\n");
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("simulate", path);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error.TrimEnd(), Does.EndWith("mine.yaml:3: 'duration_s' is 'never'; allowed is a number from 1 to 10000000").And.Not.Contains("\n"));
    }

    [Test]
    public async Task WithoutTheMeasuresAFlashCrowdIsNotSteady()
    {
        string[] arguments = ["simulate", "flash-crowd", "--policy", "crime", "--status-ms", "1000", "--json"];
        foreach (string[] without in (string[][])[[], ["--without", "all"]])
        {
            JsonElement result = (await CrimeCommand.RunAsync([.. arguments, .. without])).Json();
            Assert.That(result.GetProperty("without").GetArrayLength(), Is.EqualTo(without.Length == 0 ? 0 : 6));
            JsonElement crowd = result.GetProperty("policies").EnumerateArray().Single().GetProperty("crowd");
            Assert.That(crowd.GetProperty("is_steady").GetBoolean(), Is.EqualTo(without.Length == 0));
        }
        CrimeCommand.Outcome wrong = await CrimeCommand.RunAsync([.. arguments, "--without", "luck"]);
        Assert.That((wrong.ExitCode, wrong.Error.Contains("luck")), Is.EqualTo((2, true)));
    }

    [Test]
    public async Task AnExperimentHasItsFiguresAndAPageThatLoadsNothing()
    {
        string folder = Checkout.NewFolder();
        JsonElement result = (await CrimeCommand.RunAsync(
            "experiment", "--scenarios", "duty-cycled", "--inputs", "japanese-vowels-lstm", "--seeds", "2", "-o", folder, "--json")).Json();
        Assert.That(result.GetProperty("cells").GetInt32(), Is.EqualTo(2));
        Assert.That(result.GetProperty("table").GetArrayLength(), Is.EqualTo(2));
        foreach (string name in (string[])["cells_25_percent_better", "worst_percent_against_best_single", "percent_over_oracle_total", "percent_over_oracle_worst_cell"])
            Assert.That(result.GetProperty(name).ValueKind, Is.EqualTo(JsonValueKind.Number), name);
        string html = File.ReadAllText(Path.Combine(folder, "experiment.html"));
        Assert.That(Regex.Matches(html, "(src|href)=\"(?!data:)"), Is.Empty);
        Assert.That(Regex.Count(html, "src=\"data:image/svg\\+xml;base64,"), Is.EqualTo(Directory.GetFiles(folder, "*.png").Length).And.GreaterThan(5));
    }
}

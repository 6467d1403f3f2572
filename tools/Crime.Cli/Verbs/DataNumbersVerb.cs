// crime data numbers: pairs of numbers and words for networks that write sequences.

using System.CommandLine;
using Crime.Cli.Data;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Verbs;

internal static class DataNumbersVerb
{
    public static Command Create()
    {
        Option<string> output = DataVerb.Folder();
        Option<bool> force = DataVerb.Force();
        Option<int> seed = Options.Number("--seed", "Chooses the numbers.", 1, 0, int.MaxValue);
        Option<int> train = Options.Number("--train", "Pairs for training.", NumberWords.DefaultTrainCount, 100, 1_000_000);
        Option<int> test = Options.Number("--test", "Pairs for testing.", NumberWords.DefaultTestCount, 10, 1_000_000);
        var json = new Option<bool>("--json") { Description = "Print the result as JSON: files, details, data." };
        var command = new Command(
            "numbers",
            "Writes numbers up to 999 999 and the English words that they are spoken in, as the labels of their lines.\n"
            + "No number is in both parts. Networks that write sequences learn from it ('crime train --decoder').\n\n"
            + "Example:\n  crime data numbers -o numbers")
        {
            output, seed, train, test, force, json,
        };
        command.SetAction(parsed =>
        {
            var target = new DatasetOutput(parsed.GetRequiredValue(output), parsed.GetValue(force));
            Dataset data = NumberWords.Generate(target.Name, parsed.GetValue(seed), parsed.GetValue(train), parsed.GetValue(test));
            return DataVerb.Write(target, data, new { seed = parsed.GetValue(seed) }, "", parsed.GetValue(json));
        });
        return command;
    }
}

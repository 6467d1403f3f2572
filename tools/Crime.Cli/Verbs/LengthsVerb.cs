// crime lengths: the histogram of a data set's lengths, as the simulator draws its inputs from it.

using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Modelling.Datasets;
using Crime.Simulation.Inputs;

namespace Crime.Cli.Verbs;

internal static class LengthsVerb
{
    private const string PairsFile = "test-lengths.csv";

    public static Command Create()
    {
        var data = new Argument<string>("DATA")
        {
            Description = $"Folder of a data set, or one with {PairsFile}: input and output length of a translation in its first two columns.",
        };
        var part = Options.OneOf("--part", "Which sequences.", "test", "all");
        var remark = new Option<string[]>("--remark") { Description = "A line on where the data come from and under which licence; may be given again." };
        var output = new Option<string?>("--output", "-o") { Description = "File to write; standard output unless given." };
        var json = new Option<bool>("--json") { Description = "Print mean and longest length as JSON, for a file that is written." };
        var command = new Command(
            "lengths",
            "Counts how long the sequences of a data set are: what crime simulate draws its inputs from.\n\n"
            + "Example:\n  crime lengths data/japanese-vowels --remark \"Japanese Vowels, test part, CC BY 4.0\" -o japanese-vowels.csv")
        {
            data, part, remark, output, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(data), parsed.GetRequiredValue(part), parsed.GetValue(remark) ?? [], parsed.GetValue(output), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string folder, string part, string[] remarks, string? output, bool json)
    {
        (IReadOnlyList<LengthCount> counts, Dataset? data) = Counts(folder, part == "all");
        string text = LengthDistribution.ToText(counts, remarks);
        if (output == null)
        {
            System.Console.Out.Write(text);
            return 0;
        }
        Output.WriteFile(output, Encoding.UTF8.GetBytes(text));
        var lengths = new LengthDistribution(counts);
        if (json)
            Output.WriteJson(
                new { file = output, mean_length = lengths.MeanLength, max_length = lengths.MaxLength, gamma = lengths.Gamma, delta = lengths.Delta }, data);
        else System.Console.Out.WriteLine($"{output}: {counts.Sum(bar => bar.Count)} lengths up to {lengths.MaxLength}");
        return 0;
    }

    private static (IReadOnlyList<LengthCount> Counts, Dataset? Data) Counts(string folder, bool isAll)
    {
        string pairs = Path.Combine(folder, PairsFile);
        if (File.Exists(pairs)) return (LengthSource.CountPairs(pairs), null);
        Dataset data = LoadedData.Read(folder);
        return (LengthSource.Count(isAll ? data.Train.Concat(data.Test) : data.Test), data);
    }
}

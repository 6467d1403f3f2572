// crime golden: vectors that hold every kernel, on every platform, to the same bits.

using System.CommandLine;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Reference;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class GoldenVerb
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file." };
        var data = new Option<string>("--data") { Description = "Folder of the data set; sequences are drawn from its test part.", Required = true };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var output = new Option<string>("--output", "-o") { Description = "The file to write.", Required = true };
        var count = Options.Number("--count", "Sequences.", 6, 1, 1000);
        var seed = Options.Number("--seed", "Chooses the sequences.", 1, 0, int.MaxValue);
        var json = new Option<bool>("--json") { Description = "Print what was written as JSON." };
        var command = new Command(
            "golden",
            "Writes golden vectors: inputs, the reference's states at every step, and logits, with their provenance.\n\n"
            + "Example:\n  crime golden vowels.crime --data data/japanese-vowels -o vowels.golden.json")
        {
            model, data, testLines, output, count, seed, json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output);
            ModelFile file = ModelLoading.Load(parsed.GetRequiredValue(model));
            Dataset read = LoadedData.Read(parsed.GetRequiredValue(data), parsed.GetValue(testLines));
            GoldenFile golden = GoldenFile.Make(file, read, parsed.GetValue(count), parsed.GetValue(seed));
            Output.WriteFile(path, golden.Write());
            if (parsed.GetValue(json)) Output.WriteJson(golden with { Vectors = [] }, read);
            else AnsiConsole.WriteLine($"{path}: {golden.Vectors.Count} sequences of {golden.Data} through {golden.Model}, inputs {golden.InputHash}");
            return 0;
        });
        return command;
    }
}

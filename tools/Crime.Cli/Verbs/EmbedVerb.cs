// crime embed: writes source of the bench, so that a board can be checked without any file on it.

using System.CommandLine;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using Crime.Modelling.Reference;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class EmbedVerb
{
    public static Command Create()
    {
        var golden = new Argument<string>("GOLDEN.golden.json") { Description = $"The golden vectors; {CodeSweepSource.Name} for the code of the bench's sweep." };
        var model = new Option<string?>("--model", "-m") { Description = "The model file that the vectors were made with." };
        var output = new Option<string>("--output", "-o") { Description = "The C# file to write.", Required = true };
        var json = new Option<bool>("--json") { Description = "Print what was written as JSON." };
        var command = new Command(
            "embed",
            "Writes golden vectors and their model as C# for the bench of a board, or the code of its sweep over code sizes.\n\n"
            + "Examples:\n  crime embed tests/golden/gestures.golden.json -m gateway/assets/gestures.crime -o firmware/apps/Bench/Golden/Gestures.g.cs\n"
            + $"  crime embed {CodeSweepSource.Name} -o firmware/apps/Bench.Kernels/Code/CodeBlocks.g.cs")
        {
            golden, model, output, json,
        };
        command.SetAction(parsed =>
            Run(parsed.GetRequiredValue(golden), parsed.GetValue(model), parsed.GetRequiredValue(output), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string goldenPath, string? modelPath, string outputPath, bool json)
    {
        if (goldenPath == CodeSweepSource.Name)
        {
            if (modelPath != null) throw new UserInputException($"--model {modelPath}: {CodeSweepSource.Name} has no model; leave --model out");
            string code = CodeSweepSource.Write();
            Output.WriteFile(outputPath, Encoding.UTF8.GetBytes(code));
            if (json) Output.WriteJson(new { path = outputPath, letters = code.Length });
            else AnsiConsole.WriteLine($"{outputPath}: the code of the sweep");
            return 0;
        }
        if (modelPath == null) throw new UserInputException("--model is missing: give the model file that the golden vectors were made with");
        GoldenFile golden = GoldenFile.Load(goldenPath);
        string source = GoldenSource.Write(golden, ModelLoading.Read(modelPath), modelPath);
        Output.WriteFile(outputPath, Encoding.UTF8.GetBytes(source));
        if (json) Output.WriteJson(new { path = outputPath, model = golden.Model, vectors = golden.Vectors.Count, letters = source.Length });
        else AnsiConsole.WriteLine($"{outputPath}: {golden.Vectors.Count} vectors of {golden.Model}");
        return 0;
    }
}

// crime gestures: the data set that the project makes itself.

using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class GesturesVerb
{
    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = "Folder to write the two .ts files to.", Required = true };
        var seed = Options.Number("--seed", "Chooses the gestures.", 1, 0, int.MaxValue);
        var train = Options.Number("--train", "Sequences for training.", GestureGenerator.DefaultTrainCount, 6, 1_000_000);
        var test = Options.Number("--test", "Sequences for testing.", GestureGenerator.DefaultTestCount, 6, 1_000_000);
        var json = new Option<bool>("--json") { Description = "Print what was written as JSON." };
        var command = new Command(
            "gestures",
            "Writes a data set of motion gestures of 10 to 200 timesteps, made from a seed: what the demo runs on.\n\n"
            + "Example:\n  crime gestures -o gestures")
        {
            output, seed, train, test, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(output),
            GestureGenerator.Generate(parsed.GetValue(seed), parsed.GetValue(train), parsed.GetValue(test)),
            parsed.GetValue(json)));
        return command;
    }

    private static int Run(string folder, Dataset data, bool json)
    {
        try
        {
            Directory.CreateDirectory(folder);
            TsFile.Write(Path.Combine(folder, "GESTURES_TRAIN.ts"), "gestures", data.Train, GestureGenerator.ClassNames);
            TsFile.Write(Path.Combine(folder, "GESTURES_TEST.ts"), "gestures", data.Test, GestureGenerator.ClassNames);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{folder}: cannot be written: {e.Message}", e);
        }
        int[] lengths = data.Train.Concat(data.Test).Select(sequence => sequence.Length).Order().ToArray();
        if (json)
        {
            Output.WriteJson(new
            {
                train = data.Train.Count,
                test = data.Test.Count,
                classes = GestureGenerator.ClassNames,
                length_min = lengths[0],
                length_median = lengths[lengths.Length / 2],
                length_max = lengths[^1],
            });
            return 0;
        }
        AnsiConsole.WriteLine(
            $"{folder}: {data.Train.Count} + {data.Test.Count} gestures of {lengths[0]} to {lengths[^1]} timesteps, "
            + $"half of them up to {lengths[lengths.Length / 2]}");
        return 0;
    }
}

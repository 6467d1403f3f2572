// crime recording: sequences of a data set as the file that a board replays.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;

namespace Crime.Cli.Verbs;

internal static class RecordingVerb
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "Folder of the data set; its test part is written." };
        var model = new Option<string>("--model") { Description = "The .crime file of the board: it has the format of the numbers.", Required = true };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var output = new Option<string>("--output", "-o") { Description = "The file to write, as in inputs.recording.", Required = true };
        Option<int> count = Options.Number("--count", "Sequences in random order; 0 for all in their order.", 0, 0, 1_000_000);
        Option<int> seed = Options.Number("--seed", "Chooses the sequences.", 1, 0, int.MaxValue);
        Option<bool> force = DataVerb.Force();
        var json = new Option<bool>("--json")
        {
            Description = "Print the result as JSON: file, bytes, sequences, longest, labels (true class of each sequence), data.",
        };
        var command = new Command(
            "recording",
            "Writes the inputs that a board replays (I:\\inputs.recording), in the format of its model.\n\n"
            + "Example:\n  crime recording gestures --model gateway/assets/gestures.crime -o inputs.recording --count 40")
        {
            data, model, testLines, output, count, seed, force, json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output);
            Output.CheckNew(path, parsed.GetValue(force));
            string modelPath = parsed.GetRequiredValue(model);
            ModelFile file = ModelLoading.Load(modelPath);
            Dataset read = LoadedData.Read(
                parsed.GetRequiredValue(data), parsed.GetValue(testLines), hasOutputs: file.Answer == AnswerKind.Sequence);
            new ModelInput(file).CheckFits(read);
            if (read.Test.Count == 0) throw new UserInputException($"data set '{read.Name}' has no test sequences");
            int asked = parsed.GetValue(count);
            IReadOnlyList<LabelledSequence> sequences = asked == 0 ? read.Test : BoardInputs.Deal(read, 1, asked, parsed.GetValue(seed))[0];
            byte[] bytes = RecordingWriter.Write(file, sequences);
            Output.WriteFile(path, bytes);
            int longest = sequences.Max(sequence => sequence.Length);
            if (parsed.GetValue(json))
                Output.WriteJson(
                    new
                    {
                        file = path,
                        bytes = bytes.Length,
                        model = file.Name,
                        sequences = sequences.Count,
                        longest,
                        labels = sequences.Select(sequence => sequence.Label),
                    },
                    read);
            else Console.Out.WriteLine($"{path}: {sequences.Count} sequences of up to {longest} timesteps for model '{file.Name}', {bytes.Length} bytes");
            return 0;
        });
        return command;
    }
}

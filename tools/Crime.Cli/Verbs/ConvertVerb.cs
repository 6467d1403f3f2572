// crime convert: a trained network becomes a model file.

using System.CommandLine;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.Quantisation;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class ConvertVerb
{
    public static Command Create()
    {
        var input = new Argument<string>("IN.safetensors") { Description = "The trained network, with PyTorch's state_dict names." };
        var output = new Option<string>("--output", "-o") { Description = "The model file to write.", Required = true };
        var calibrate = new Option<string?>("--calibrate") { Description = "Folder of a data set; its training part decides the Q-formats." };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var command = new Command(
            "convert",
            "Converts a trained network into a .crime model file for boards and gateways, and reports the Q-formats chosen.\n\n"
            + "Example:\n  crime convert vowels.safetensors -o vowels.crime --calibrate data/japanese-vowels")
        {
            input, output, calibrate, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), parsed.GetValue(calibrate), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string inputPath, string outputPath, string? calibratePath, bool json)
    {
        TrainedModel trained = ModelImport.Load(inputPath);
        Calibration calibration = calibratePath == null
            ? trained.Calibration ?? Calibration.FromDefaults
            : Calibration.Measure(ModelLoading.FloatOnly(trained), DatasetFolder.Load(calibratePath));
        QuantisedModel quantised = Quantiser.Quantise(trained, calibration);
        byte[] bytes = ModelFileWriter.Write(trained, quantised);
        ModelFile model = ModelLoading.Parse(bytes, outputPath);
        Output.WriteFile(outputPath, bytes);

        int[] rowBits = quantised.Layers.SelectMany(layer => layer.RowFractionBits).ToArray();
        int[] weightBits = quantised.Layers.SelectMany(layer => layer.RowWeightBits).ToArray();
        if (json)
        {
            Output.WriteJson(new
            {
                model = model.Name,
                id = model.Id.ToString("x8"),
                bytes = bytes.Length,
                network = trained.Describe(),
                inputs = model.InputCount,
                classes = model.ClassCount,
                vocabulary = model.VocabularyCount,
                parameters = trained.ParameterCount,
                calibration = calibration.Source,
                max_input = calibration.MaxInput,
                max_cell = calibration.MaxCells,
                longest_length = calibration.LongestLength,
                input_format = Format(quantised.InputFractionBits),
                cell_formats = quantised.Layers.Select(layer => Format(layer.CellFractionBits)),
                logit_fraction_bits = quantised.LogitFractionBits,
                row_fraction_bits_min = rowBits.Min(),
                row_fraction_bits_max = rowBits.Max(),
                weight_bits_min = weightBits.Min(),
                weight_bits_mean = weightBits.Average(),
                weight_bits_max = weightBits.Max(),
            });
            return 0;
        }

        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        void Row(string name, string value) => table.AddRow(new Text(name), new Text(value));
        Row("model", $"{model.Name} (id {model.Id:x8})");
        Row("network", $"{model.InputCount} {(model.Input == InputKind.Tokens ? "embedding dimensions" : "features")}, "
            + $"{trained.Describe()}, {model.ClassCount} classes, {trained.ParameterCount} parameters");
        Row("calibrated with", $"{calibration.Source}: inputs up to {calibration.MaxInput:0.00}, cell states up to {calibration.MaxCells.Max():0.00}");
        Row("inputs", Format(quantised.InputFractionBits));
        Row("cell state", string.Join(", ", quantised.Layers.Select(layer => Format(layer.CellFractionBits))) + $" (with a margin of {Calibration.CellMargin:0.0})");
        Row("gate rows", $"{rowBits.Min()} to {rowBits.Max()} fraction bits in the accumulator; "
            + $"largest weights of {weightBits.Min()} to {weightBits.Max()} bits");
        Row("logits", $"{quantised.LogitFractionBits} fraction bits");
        Row("written", $"{outputPath}, {bytes.Length} bytes");
        AnsiConsole.Write(table);
        return 0;
    }

    private static string Format(int fractionBits) => $"Q{15 - fractionBits}.{fractionBits}";
}

// crime convert: a trained network becomes a model file.

using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Limits;
using Crime.Modelling.Quantisation;

namespace Crime.Cli.Verbs;

internal static class ConvertVerb
{
    public static Command Create()
    {
        var input = new Argument<string>("IN") { Description = "The trained network: ONNX, Keras (.keras, .h5), or safetensors with PyTorch's state_dict names." };
        var output = new Option<string>("--output", "-o") { Description = "The model file to write.", Required = true };
        var calibrate = new Option<string?>("--calibrate")
        {
            Description = "Folder of a data set; its training part decides the Q-formats, its test part tells the accuracy.\n"
                + "A fine-tuned network keeps the formats it was tuned for, unless --percentile is given.",
        };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        Option<double> percentile = Options.Real(
            "--percentile", "Share of the calibration's values that the Q-formats hold, in percent", 100, value => value is > 0 and <= 100, "above 0 and up to 100");
        var weights = Options.OneOf("--weights", "Bits in which a weight is stored.", "16", "8", "6", "4");
        Option<double> prune = Options.Real(
            "--prune", "Share of each layer's pairs of weights to set to zero, the smallest first", 0, value => value is >= 0 and < 1, "from 0 and below 1");
        var cellBits = Options.OneOf(
            "--cell-bits", "Bits of an LSTM's cell state on boards. auto: for each layer 16 where they hold the calibrated range and half as\n"
            + "much again, and otherwise 32, which hold every state and cost more instructions per timestep.", "auto", "16", "32");
        var check = new Option<string?>("--check")
        {
            Description = "File with one input and the output of the original network: .npz or .json with 'input' and 'output', or ONNX's\n"
                + "input_0.pb beside output_0.pb. A difference is an error.",
        };
        var said = new ImportOptionSet();
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var command = new Command(
            "convert",
            "Converts a trained network into a .crime model file for boards and gateways, and reports what was chosen and what it\n"
            + "costs in accuracy.\n\n"
            + "Examples:\n  crime convert vowels.safetensors -o vowels.crime --calibrate data/japanese-vowels\n"
            + "  crime convert vowels.safetensors -o vowels.crime --calibrate data/japanese-vowels --weights 8 --prune 0.5\n"
            + "  crime convert vowels.safetensors -o vowels.crime --head last --check sample.npz\n"
            + "  crime convert vowels.keras -o vowels.crime --check sample.npz\n"
            + "  crime convert weather.onnx -o weather.crime --answer value --unit C --scale 12.5 --offset 9")
        {
            input, output, calibrate, testLines, percentile, weights, prune, cellBits, check, json,
        };
        said.AddTo(command);
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(input), said.Read(parsed), parsed.GetValue(check),
            parsed.GetRequiredValue(output), parsed.GetValue(calibrate), parsed.GetValue(testLines), new ConversionOptions(
                int.Parse(parsed.GetRequiredValue(weights), CultureInfo.InvariantCulture), parsed.GetValue(prune), parsed.GetValue(percentile),
                WidthOf(parsed.GetRequiredValue(cellBits))),
            parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string inputPath, ImportOptions said, string? checkPath, string outputPath, string? calibratePath, string? testLines,
        ConversionOptions options, bool json, CancellationToken cancellation)
    {
        ImportedModel imported = ModelImport.Load(inputPath, said);
        TrainedModel trained = imported.Model;
        RequestLimits.Of(trained.Input, trained.InputCount, trained.VocabularyCount).CheckUsable(inputPath, trained.ObstacleForBoards);
        CheckResult? check = checkPath == null ? null : ModelCheck.Compare(said, options => ModelImport.Load(inputPath, options), checkPath);
        if (calibratePath == null && (testLines != null || options.Percentile < 100))
            throw new UserInputException($"{(testLines != null ? "--test-lines" : "--percentile")} needs --calibrate: it is about the data set");
        if (trained.ObstacleForBoards is { } obstacle && !options.IsPlain)
            throw new UserInputException($"--weights and --prune are for boards, and boards cannot run this model: {obstacle}");
        CheckCellWidth(trained, options);
        Dataset? data = calibratePath == null ? null : LoadedData.Read(calibratePath, testLines, hasOutputs: trained.Decoder != null);
        TestAnswers? answers = data == null || trained.Decoder != null ? null : AnswersOf(imported, data);
        var (conversion, before, cellCost) = await Output.WithProgress(
            "converting",
            Conversion.StepsOf(data, options),
            done =>
            {
                Conversion final = Conversion.Make(trained, data, options, done, cancellation, answers);
                // What narrow weights and pruning cost is the difference to going without.
                EvaluationResult? plain = options.IsPlain || final.Accuracy == null
                    ? null
                    : Conversion.Make(trained, data, options.Plain, count => done(final.Accuracy.Sequences + count), cancellation, answers).Accuracy;
                return (final, plain, CellCost.Measure(final));
            });
        Output.WriteFile(outputPath, conversion.Bytes);

        var report = new ConvertReport(imported, conversion, before, outputPath, check)
        {
            CellCost = cellCost,
            LongestInput = data == null ? 0 : new DatasetSummary(data).LongestLength,
            Uncompared = answers is { Data.Test.Count: > 0 } ? answers.ProblemWith(conversion.Model) : null,
        };
        if (json) report.WriteJson(data);
        else report.Print();
        return 0;
    }

    private static CellWidth WidthOf(string cellBits) => cellBits switch
    {
        "16" => CellWidth.Narrow,
        "32" => CellWidth.Wide,
        _ => CellWidth.Auto,
    };

    private static void CheckCellWidth(TrainedModel trained, ConversionOptions options)
    {
        if (options.CellWidth == CellWidth.Auto) return;
        if (trained.ObstacleForBoards is { } obstacle) throw new UserInputException($"--cell-bits is for boards, and boards cannot run this model: {obstacle}");
        if (!trained.Layers.Any(layer => layer.Shape.HasCellState))
            throw new UserInputException("--cell-bits is for LSTM layers, and this network has none: leave it out");
    }

    /// <summary>Returns the answers of a data set as the network's metadata read them: a forecast of a channel, and normal classes.</summary>
    private static TestAnswers AnswersOf(ImportedModel imported, Dataset data)
    {
        bool isForecast = imported is { Forecast: not null, Model.Answer: AnswerKind.Values } && data.Labels != LabelKind.Values;
        return new TestAnswers(isForecast ? imported.Forecast!.Apply(data) : data) { NormalClasses = imported.NormalClasses };
    }
}

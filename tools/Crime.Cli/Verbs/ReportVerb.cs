// crime report: what a model is worth on a data set, as one page with pictures.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Cli.Prediction;
using Crime.Cli.Report;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Limits;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using Crime.VirtualBoard;

namespace Crime.Cli.Verbs;

internal static class ReportVerb
{
    private const int CountedKernels = 3;
    private const int CountedSequences = 20;

    // Outputs of a network that writes, whose lengths differ from input to input.
    private const int TimedOutputs = 200;
    private const string BoardName = "esp32-devkitc";

    // The costs of a gateway that predict assumes by default.
    private static readonly GatewayCost s_gateway = new(PredictVerb.GatewayUsPerStep, PredictVerb.GatewayStartUs, 0);

    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file." };
        var data = new Option<string>("--data") { Description = "Folder of the data set; its test part is used.", Required = true };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var output = new Option<string>("--output", "-o") { Description = "The page to write.", Required = true };
        var battery = new BatteryOptions();
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON. " + BatteryOptions.JsonKeys };
        var command = new Command(
            "report",
            "Writes one self-contained HTML page: accuracy, confusion, error and saturation per timestep, size, and cost against length.\n"
            + "For a network that writes sequences: the shares of tokens and outputs that are right, and the forecast beside counted times.\n"
            + "With --battery also the days that it lasts, as crime predict computes them for the same board and the compiled kernel.\n\n"
            + "Examples:\n  crime report vowels.crime --data data/japanese-vowels -o vowels.html\n"
            + "  crime report vowels.crime --data data/japanese-vowels -o vowels.html --battery 2500 --inputs-per-hour 120\n"
            + "  crime report watch.crime --data data/japanese-vowels -o watch.html --normal 1,2,3")
        {
            model, data, testLines, output, json,
        };
        battery.AddTo(command);
        var answers = new AnswerOptions();
        answers.AddTo(command);
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetValue(testLines),
            file => answers.Read(parsed, parsed.GetRequiredValue(data), parsed.GetValue(testLines), file),
            parsed.GetRequiredValue(output), battery.Read(parsed), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string modelPath, string dataPath, string? testLines, Func<ModelFile, TestAnswers> load, string outputPath, BatteryUse? use, bool json,
        CancellationToken cancellation)
    {
        ModelFile model = ModelLoading.Load(modelPath);
        if (!model.HasFixedPoint || !model.HasFloat)
            throw new UserInputException($"{modelPath}: a report compares boards and gateways; this model is for one of them only");
        if (model.Answer == AnswerKind.Sequence)
        {
            Dataset outputs = LoadedData.Read(dataPath, testLines, hasOutputs: true);
            return await RunWriter(model, ModelLoading.ReadModel(modelPath), outputs, outputPath, use, json, cancellation);
        }
        TestAnswers answers = load(model);
        Dataset data = answers.Data;
        EvaluationResult result = await Output.WithProgress(
            "evaluating", data.Test.Count, done => new Evaluator(model).Evaluate(answers, true, true, limit: 0, done, cancellation));
        StepAnalysis steps = await Output.WithProgress(
            "following step by step", data.Test.Count, done => StepAnalysis.Run(model, answers, done, cancellation));
        byte[] bytes = ModelLoading.ReadModel(modelPath);
        IlReport il = await Output.WithProgress(
            "counting instructions", CountedKernels, done => IlReport.Make(bytes, model, CountedInputs.From(data, model, CountedSequences), done));
        BatteryForecast? life = use == null ? null : await Output.WithProgress("predicting battery life", 1, _ => Predict(bytes, model, data, use));
        BoardProfile profile = BoardProfile.Bundled(BoardName);
        int imageSize = ModelContainer.BoardImage(bytes).Length;

        Output.WriteFile(outputPath, Page(model, data, result, steps, il, profile, imageSize, life));
        if (json)
        {
            Output.WriteJson(new
            {
                page = outputPath,
                evaluation = result,
                requests = Requests(model, data),
                image_bytes = imageSize,
                max_hidden_error = steps.ErrorMax.Max(),
                kernels = KernelsJson(il, profile),
                battery = life == null ? null : BatteryText.Json(life),
            }, data);
            return 0;
        }
        Console.Out.WriteLine($"{outputPath}: {EvaluationText.Line(result)}");
        if (life != null) Console.Out.WriteLine(BatteryText.Lines(life).First());
        return 0;
    }

    private static async Task<int> RunWriter(
        ModelFile model, byte[] bytes, Dataset data, string outputPath, BatteryUse? use, bool json, CancellationToken cancellation)
    {
        WriterResult result = await Output.WithProgress(
            "evaluating", data.Test.Count, done => new WriterEvaluator(model).Evaluate(data, limit: 0, done, cancellation));
        CountedInputs inputs = CountedInputs.From(data, model, CountedSequences);
        IlReport il = await Output.WithProgress("counting instructions", CountedKernels, done => IlReport.Make(bytes, model, inputs, done));
        CostProfile profile = CostProfile.Load(BoardName);
        WriterReport report = await Output.WithProgress("forecasting", 1, _ =>
        {
            Forecast forecast = Forecast.Make(bytes, model, CountedKernel.Compiled, inputs, profile, s_gateway, use);
            IReadOnlyList<short[]> timed = CountedInputs.From(data, model, TimedOutputs).Sequences;
            return new WriterReport(model, result, il, forecast, WrittenTimes.Count(bytes, model, forecast, timed, profile));
        });
        int imageSize = ModelContainer.BoardImage(bytes).Length;
        var page = new ReportPage($"{model.Name} on {data.Name}", NetworkText.Of(model.Input, model.InputCount, model.Layers) + "; " + WriterText.Describe(model));
        report.AddTo(page, [("model file, bytes", Number(model.Size)), ("image for boards, bytes", Number(imageSize))]);
        if (Requests(model, data) is { } requests) page.Text($"Requests: {requests}.");
        if (report.Forecast.Battery is { } life) AddBattery(page, life);
        Output.WriteFile(outputPath, Finish(page, model));
        if (json)
        {
            Output.WriteJson(new
            {
                page = outputPath,
                evaluation = result,
                requests = Requests(model, data),
                image_bytes = imageSize,
                kernels = KernelsJson(il, BoardProfile.Bundled(BoardName)),
                output = report.Json(),
                battery = report.Forecast.Battery is { } days ? BatteryText.Json(days) : null,
            }, data);
            return 0;
        }
        Console.Out.WriteLine($"{outputPath}: {report.Line()}");
        if (report.Forecast.Battery is { } battery) Console.Out.WriteLine(BatteryText.Lines(battery).First());
        return 0;
    }

    private static object KernelsJson(IlReport il, BoardProfile profile) => il.ByName().Select(kernel => new
    {
        name = kernel.Name, il_per_step = kernel.Count.IlPerStep, us_per_step = kernel.Count.IlPerStep * profile.UsPerIl,
    });

    private static byte[] Finish(ReportPage page, ModelFile model) => page.Finish($"Made by crime report from model {model.Id:x8}, file {model.Checksum:x8}.");

    private static string? Requests(ModelFile model, Dataset data) =>
        RequestLimits.Of(model).Describe(new DatasetSummary(data).LongestLength, isForBoards: true);

    private static BatteryForecast? Predict(byte[] bytes, ModelFile model, Dataset data, BatteryUse use) => Forecast.Make(
        bytes, model, CountedKernel.Compiled, CountedInputs.From(data, model, CountedSequences), CostProfile.Load(BoardName), s_gateway, use).Battery;

    private static byte[] Page(
        ModelFile model, Dataset data, EvaluationResult result, StepAnalysis steps, IlReport il, BoardProfile profile, int imageSize,
        BatteryForecast? life)
    {
        var page = new ReportPage($"{model.Name} on {data.Name}", NetworkText.Of(model.Input, model.InputCount, model.Layers));
        page.Table(
        [
            ("test sequences", Number(result.Sequences)),
            .. EvaluationText.Rows(result),
            ("inputs cut off at the end of their format", EvaluationText.CutOffInputs(result) ?? "0"),
            ("model file, bytes", Number(model.Size)),
            ("image for boards, bytes", Number(imageSize)),
        ]);
        if (Requests(model, data) is { } requests) page.Text($"Requests: {requests}.");
        if (result.Hint is { } hint) page.Text(char.ToUpperInvariant(hint[0]) + hint[1..] + ".");
        if (steps.Confusion.Length > 0)
        {
            page.Section("What is taken for what");
            page.Figure(
                ReportPlots.Confusion(steps.Confusion, model.ClassNames),
                $"Confusion matrix of the fixed-point network on the {(result.Steps == null ? "" : "timesteps of the ")}test part; "
                + "colour is the share of the true class.");
        }
        page.Section("Error and saturation", "The fixed-point network beside the float one, timestep by timestep. Late timesteps rest on few sequences.");
        page.Figure(ReportPlots.Error(steps.ErrorMean, steps.ErrorMax), "Difference of the hidden state of the last layer, by timestep.");
        page.Figure(ReportPlots.Saturations(steps.GateSaturationsPerThousand, steps.CellSaturationsPerThousand), "Values at the end of their range, by timestep.");
        int computeMw = BoardPower.Associated(profile).ComputeMw;
        page.Section(
            "Cost on the board",
            $"Executed IL instructions, counted, times {profile.UsPerIl.ToString(CultureInfo.InvariantCulture)} µs ({profile.Name}, an estimate until "
            + $"the bench has run on your board), and {computeMw} mW that computing adds to the idle baseline.");
        var kernels = il.ByName();
        page.Table(kernels.Select(kernel => ($"{kernel.Name} kernel, IL per timestep", Number(kernel.Count.IlPerStep))));
        int[] lengths = data.Test.Select(sequence => sequence.Length).Order().ToArray();
        var time = kernels.Select(kernel => (kernel.Name, Ms: new LineOver(kernel.Count.IlPerStep * profile.UsPerIl / 1000, 0))).ToArray();
        var energy = time.Select(line => (line.Name, line.Ms.Energy(computeMw))).ToArray();
        double median = lengths[lengths.Length / 2];
        page.Figure(ReportPlots.Cost("time, ms", lengths[^1], time, median), "Time of an inference on the board against the length of its input.");
        page.Figure(ReportPlots.Cost("energy, mJ", lengths[^1], energy, median), "Energy of an inference above the idle baseline, against the length of its input.");
        if (life != null) AddBattery(page, life);
        return Finish(page, model);
    }

    private static void AddBattery(ReportPage page, BatteryForecast life)
    {
        page.Section(
            "Battery life", "The idle baseline of each radio mode, the energy of inputs above it, and the background energy. " + BatteryText.Assumptions(life) + ".");
        page.Table(life.Rows.Select(row => ($"{row.Radio}, mapping={row.Mapping}", row.Days == null ? BatteryText.Days(row) : BatteryText.Days(row) + " days")));
        page.Figure(ReportPlots.BatteryLife(life), BatteryText.Title(life) + ".");
        foreach (string line in BatteryText.Lines(life).SkipLast(1)) page.Text(line);
    }

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}

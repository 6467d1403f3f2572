// crime report: what a model is worth on a data set, as one page with pictures.

using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Report;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.VirtualBoard;

namespace Crime.Cli.Verbs;

internal static class ReportVerb
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file." };
        var data = new Option<string>("--data") { Description = "Folder of the data set; its test part is used.", Required = true };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var output = new Option<string>("--output", "-o") { Description = "The page to write.", Required = true };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
        var command = new Command(
            "report",
            "Writes one self-contained HTML page: accuracy, confusion, error and saturation per timestep, size, and cost against length.\n\n"
            + "Example:\n  crime report vowels.crime --data data/japanese-vowels -o vowels.html")
        {
            model, data, testLines, output, json,
        };
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetValue(testLines),
            parsed.GetRequiredValue(output), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string modelPath, string dataPath, string? testLines, string outputPath, bool json, CancellationToken cancellation)
    {
        ModelFile model = ModelLoading.Load(modelPath);
        if (!model.HasFixedPoint || !model.HasFloat) throw new UserInputException($"{modelPath}: a report compares boards and gateways; this model is for one of them only");
        Dataset data = DatasetFolder.Load(dataPath, testLines);
        EvaluationResult result = await Output.WithProgress(
            "evaluating", data.Test.Count, done => new Evaluator(model).Evaluate(data, true, true, limit: 0, done, cancellation));
        StepAnalysis steps = await Output.WithProgress(
            "following step by step", data.Test.Count, done => StepAnalysis.Run(model, data, done, cancellation));
        KernelCost[] kernels = await Output.WithProgress("counting instructions", 1, _ => KernelCost.Of(model, data));
        BoardProfile profile = BoardProfile.Bundled("esp32-devkitc");
        int imageSize = ModelContainer.BoardImage(System.IO.File.ReadAllBytes(modelPath)).Length;

        Output.WriteFile(outputPath, Page(model, data, result, steps, kernels, profile, imageSize));
        if (json)
        {
            Output.WriteJson(new
            {
                page = outputPath,
                evaluation = result,
                image_bytes = imageSize,
                max_hidden_error = steps.ErrorMax.Max(),
                kernels = kernels.Select(kernel => new
                {
                    name = kernel.Name, il_per_step = kernel.IlPerStep, us_per_step = kernel.IlPerStep * profile.UsPerIl,
                }),
            });
            return 0;
        }
        Console.Out.WriteLine($"{outputPath}: {Percent(result.AccuracyFixed)} fixed, {Percent(result.AccuracyFloat)} float, same class {Percent(result.Agreement)}");
        return 0;
    }

    private static byte[] Page(
        ModelFile model, Dataset data, EvaluationResult result, StepAnalysis steps, KernelCost[] kernels, BoardProfile profile, int imageSize)
    {
        var page = new ReportPage($"{model.Name} on {data.Name}", NetworkText.Of(model.Input, model.InputCount, model.Layers));
        page.Table(
        [
            ("test sequences", Number(result.Sequences)),
            ("accuracy, float (gateway)", Percent(result.AccuracyFloat)),
            ("accuracy, fixed point (board)", Percent(result.AccuracyFixed)),
            ("same class", Percent(result.Agreement)),
            ("largest logit difference", result.MaxLogitDifference!.Value.ToString("0.0000", CultureInfo.InvariantCulture)),
            ("model file, bytes", Number(model.Size)),
            ("image for boards, bytes", Number(imageSize)),
        ]);
        page.Section("What is taken for what");
        page.Figure(ReportPlots.Confusion(steps.Confusion, model.ClassNames), "Confusion matrix of the fixed-point network on the test part; colour is the share of the true class.");
        page.Section("Error and saturation", "The fixed-point network beside the float one, timestep by timestep. Late timesteps rest on few sequences.");
        page.Figure(ReportPlots.Error(steps.ErrorMean, steps.ErrorMax), "Difference of the hidden state of the last layer, by timestep.");
        page.Figure(ReportPlots.Saturations(steps.GateSaturationsPerThousand, steps.CellSaturationsPerThousand), "Values at the end of their range, by timestep.");
        page.Section(
            "Cost on the board",
            $"Executed IL instructions, counted, times {profile.UsPerIl.ToString(CultureInfo.InvariantCulture)} µs ({profile.Name}, an estimate until "
            + $"the bench has run on your board), and {profile.ComputeMw.ToString("0", CultureInfo.InvariantCulture)} mW while computing.");
        page.Table(kernels.Select(kernel => ($"{kernel.Name} kernel, IL per timestep", Number(kernel.IlPerStep))));
        int[] lengths = data.Test.Select(sequence => sequence.Length).Order().ToArray();
        var time = kernels.Select(kernel => (kernel.Name, 0.0, kernel.IlPerStep * profile.UsPerIl / 1000)).ToArray();
        var energy = time.Select(line => (line.Name, line.Item2, line.Item3 * profile.ComputeMw / 1000)).ToArray();
        page.Figure(ReportPlots.Cost("time, ms", lengths[^1], time, lengths[lengths.Length / 2]), "Time of an inference on the board against the length of its input.");
        page.Figure(ReportPlots.Cost("energy, mJ", lengths[^1], energy, lengths[lengths.Length / 2]), "Energy of an inference on the board against the length of its input.");
        return page.Finish($"Made by crime report from model {model.Id:x8}, file {model.Checksum:x8}.");
    }

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(double? share) => (100 * share!.Value).ToString("0.00", CultureInfo.InvariantCulture) + " %";
}

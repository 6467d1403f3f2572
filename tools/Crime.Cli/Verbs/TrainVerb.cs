// crime train: a small network from a data set.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.Training;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class TrainVerb
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "Folder of the data set." };
        var output = new Option<string>("--output", "-o") { Description = "The safetensors file to write.", Required = true };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var hidden = Options.Number("--hidden", "Hidden units.", 16, 1, ModelFormat.MaxHidden);
        var epochs = Options.Number("--epochs", "Passes over the training part.", 60, 1, 100_000);
        var batch = Options.Number("--batch", "Sequences per step of the optimiser.", 16, 1, 4096);
        var seed = Options.Number("--seed", "Decides start values and order; the same seed gives the same bytes.", 1, 0, int.MaxValue);
        var truncate = Options.Number("--truncate", "Steps to go back through time at most; 0 for all.", 0, 0, int.MaxValue);
        var threads = Options.Number("--threads", "Threads; they do not change the result.", Environment.ProcessorCount, 1, 1024);
        var rate = new Option<double>("--learning-rate") { Description = "Largest step size (0 to 1)", DefaultValueFactory = _ => 0.01 };
        rate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 1)) result.AddError("--learning-rate takes a number above 0 and up to 1");
        });
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command(
            "train",
            "Trains a single-layer LSTM classifier: Adam, back-propagation through time, best epoch by a tenth held back.\n"
            + "Small on purpose; large models are trained in PyTorch and converted.\n\n"
            + "Example:\n  crime train data/japanese-vowels -o vowels.safetensors --hidden 16")
        {
            data, output, testLines, hidden, epochs, batch, rate, seed, truncate, threads, json,
        };
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(data), parsed.GetValue(testLines), parsed.GetRequiredValue(output),
            new TrainingOptions
            {
                HiddenCount = parsed.GetValue(hidden),
                Epochs = parsed.GetValue(epochs),
                BatchSize = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate),
                Seed = parsed.GetValue(seed),
                TruncateSteps = parsed.GetValue(truncate),
                Threads = parsed.GetValue(threads),
            },
            parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string dataPath, string? testLines, string outputPath, TrainingOptions options, bool json, CancellationToken cancellation)
    {
        Dataset data = DatasetFolder.Load(dataPath, testLines);
        var trainer = new LstmTrainer(data, options);
        string name = Path.GetFileNameWithoutExtension(outputPath);
        var stopwatch = Stopwatch.StartNew();
        TrainedModel model = await Output.WithProgress(
            "training", options.Epochs, report => trainer.Train(name, progress => report(progress.Epoch), cancellation));
        double seconds = stopwatch.Elapsed.TotalSeconds;
        EvaluationResult test = new Evaluator(ModelLoading.FloatOnly(model)).Evaluate(
            data, useFloat: true, useFixed: false, limit: 0, progress: null, cancellation);
        int right = (int)Math.Round(test.AccuracyFloat!.Value * test.Sequences);
        Output.WriteFile(outputPath, PyTorchImporter.Export(model, Provenance(data, options, right, test.Sequences)).Write());

        if (json)
        {
            Output.WriteJson(new
            {
                model = model.Name,
                parameters = model.ParameterCount,
                epochs = options.Epochs,
                seconds = Math.Round(seconds, 2),
                test_accuracy = test.AccuracyFloat,
                test_correct = right,
                test_sequences = test.Sequences,
            });
            return 0;
        }
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{outputPath}: {model.ParameterCount} parameters, {100 * test.AccuracyFloat!.Value:0.00} % of {test.Sequences} test sequences right, {seconds:0.0} s"));
        return 0;
    }

    /// <summary>Who made the model from what. No time of day: the same seed gives the same bytes.</summary>
    private static Dictionary<string, string> Provenance(Dataset data, TrainingOptions options, int right, int tested)
    {
        var hash = new Crc32();
        foreach (LabelledSequence sequence in data.Train)
        {
            hash.Append(Encoding.UTF8.GetBytes(sequence.Label));
            hash.Append(MemoryMarshal.AsBytes<float>(sequence.Features));
            hash.Append(MemoryMarshal.AsBytes<int>(sequence.CodePoints));
        }
        string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
        return new Dictionary<string, string>
        {
            ["maker"] = $"crime train {typeof(TrainVerb).Assembly.GetName().Version!.ToString(3)}",
            ["task"] = data.Name,
            ["train_sequences"] = Text(data.Train.Count),
            ["train_crc32"] = hash.GetCurrentHashAsUInt32().ToString("x8"),
            ["seed"] = Text(options.Seed),
            ["epochs"] = Text(options.Epochs),
            ["batch"] = Text(options.BatchSize),
            ["learning_rate"] = Text(options.LearningRate),
            ["weight_decay"] = Text(options.WeightDecay),
            ["truncate_steps"] = Text(options.TruncateSteps),
            ["standardise"] = "z = (x - mean) / std, float32; population std over all frames of the training part",
            ["test_accuracy"] = Text(right / (double)tested),
            ["test_correct"] = $"{right}/{tested}",
        };
    }
}

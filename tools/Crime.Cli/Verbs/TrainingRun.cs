// One run of crime train: loads, trains, fine-tunes, measures on the test part, writes, reports.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.Limits;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Training;
using Spectre.Console;

namespace Crime.Cli.Verbs;

/// <summary>What was asked for, and the work.</summary>
internal sealed class TrainingRun
{
    public required string DataPath { get; init; }

    public required string? TestLinesPath { get; init; }

    /// <summary>The model to train further; null for a new one.</summary>
    public required string? FromPath { get; init; }

    public required string OutputPath { get; init; }

    /// <summary>Options of a new model's training; epochs and learning rate as they are by default.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Epochs asked for; null for the default.</summary>
    public required int? Epochs { get; init; }

    /// <summary>Learning rate asked for; null for the default.</summary>
    public required double? LearningRate { get; init; }

    /// <summary>Bits of the weights to fine-tune for; null for none.</summary>
    public required int? WeightBits { get; init; }

    private string Name => Path.GetFileNameWithoutExtension(OutputPath);

    /// <summary>Runs.</summary>
    /// <exception cref="UserInputException">A file cannot be read, the data do not fit, or there is nothing to learn or test.</exception>
    public async Task<int> Run(bool json, CancellationToken cancellation)
    {
        // Now, not after minutes of training.
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(OutputPath))))
            throw new UserInputException($"{OutputPath}: cannot be written: there is no such folder");
        if (ModelNames.Problem(Name) is { } problem) throw new UserInputException($"{OutputPath}: the file's name names the model: {problem}");
        Dataset dataset = DatasetFolder.Load(DataPath, TestLinesPath);
        if (dataset.Test.Count == 0) throw new UserInputException($"data set '{dataset.Name}' has no test sequences");
        TrainedModel? from = FromPath == null ? null : ModelImport.Load(FromPath);
        TrainingData data = from == null ? new TrainingData(dataset) : new TrainingData(dataset, from);
        LoadedData.Report(DataPath, dataset);
        string? requests = RequestLimits.Of(dataset.IsText ? InputKind.Tokens : InputKind.Features, dataset.FeatureCount, data.VocabularyCount)
            .Describe(new DatasetSummary(dataset).LongestLength, isForBoards: true);
        if (requests != null) Console.Error.WriteLine("requests: " + requests);
        TrainingOptions fineTuning = Options.ForFineTuning(data.Train.Count);
        TrainingOptions first = Asked(from == null ? Options : fineTuning);

        var stopwatch = Stopwatch.StartNew();
        TrainedModel model = from switch
        {
            null => await Train("training", first, report => new Trainer(data, first).Train(Name, report, cancellation)),
            _ when WeightBits == null => await Train("fine-tuning", first, report => new Trainer(data, first).FineTune(from, Name, report, cancellation)),
            _ => from,
        };
        TrainingSequence[] test = data.Test.ToArray();
        var scores = new Scores(test.Length) { Float = new Trainer(data, Options).CountRight(model, test) };
        if (WeightBits is int bits)
        {
            var trainer = new Trainer(data, from == null ? fineTuning : first);
            TrainedModel tuned = await Train(
                "fine-tuning", trainer.Options, report => trainer.FineTuneFixed(model, Name, bits, report, cancellation));
            scores.FixedBefore = trainer.CountRightFixed(model, tuned.Calibration!, bits, test);
            scores.Fixed = trainer.CountRightFixed(tuned, tuned.Calibration!, bits, test);
            scores.FloatBefore = scores.Float;
            scores.Float = trainer.CountRight(tuned, test);
            model = tuned;
        }
        double seconds = stopwatch.Elapsed.TotalSeconds;
        Dictionary<string, string> provenance = Provenance(dataset, from == null || WeightBits == null ? first : null, scores);
        if (WeightBits != null) AddFineTuning(provenance, from == null ? fineTuning : first, scores);
        Output.WriteFile(OutputPath, PyTorchImporter.Export(model, provenance).Write());
        Report(model, dataset, scores, seconds, requests, json);
        return 0;
    }

    private TrainingOptions Asked(TrainingOptions options) =>
        options with { Epochs = Epochs ?? options.Epochs, LearningRate = LearningRate ?? options.LearningRate };

    private static Task<TrainedModel> Train(string title, TrainingOptions options, Func<Action<TrainingProgress>, TrainedModel> work) =>
        Output.WithProgress(title, options.Epochs, report => work(progress => report(progress.Epoch)));

    private void Report(TrainedModel model, Dataset dataset, Scores scores, double seconds, string? requests, bool json)
    {
        if (json)
        {
            Output.WriteJson(new
            {
                model = model.Name,
                network = model.Describe(),
                parameters = model.ParameterCount,
                weight_bits = WeightBits,
                requests,
                seconds = Math.Round(seconds, 2),
                test_accuracy = scores.Share(scores.Float),
                test_correct = scores.Float,
                test_sequences = scores.Tested,
                fixed_test_accuracy = scores.Share(scores.Fixed),
                float_test_accuracy_before_qat = scores.Share(scores.FloatBefore),
                fixed_test_accuracy_before_qat = scores.Share(scores.FixedBefore),
            }, dataset);
            return;
        }
        string Percent(int? right) => string.Create(CultureInfo.InvariantCulture, $"{100 * scores.Share(right):0.00} %");
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{OutputPath}: {model.ParameterCount} parameters, {Percent(scores.Float)} of {scores.Tested} test sequences right, {seconds:0.0} s"));
        if (WeightBits != null)
            AnsiConsole.WriteLine($"with {WeightBits}-bit weights in fixed point {Percent(scores.Fixed)}; "
                + $"before fine-tuning {Percent(scores.FixedBefore)}, the float network {Percent(scores.FloatBefore)}");
    }

    /// <summary>Who made the model from what. No time of day: the same seed gives the same bytes.</summary>
    private Dictionary<string, string> Provenance(Dataset data, TrainingOptions? options, Scores scores)
    {
        var hash = new Crc32();
        foreach (LabelledSequence sequence in data.Train)
        {
            hash.Append(Encoding.UTF8.GetBytes(sequence.Label));
            hash.Append(MemoryMarshal.AsBytes<float>(sequence.Features));
            hash.Append(MemoryMarshal.AsBytes<int>(sequence.CodePoints));
        }
        var provenance = new Dictionary<string, string>
        {
            ["maker"] = $"crime train {typeof(TrainVerb).Assembly.GetName().Version!.ToString(3)}",
            ["task"] = data.Name,
            ["train_sequences"] = Text(data.Train.Count),
            ["train_crc32"] = hash.GetCurrentHashAsUInt32().ToString("x8"),
            ["seed"] = Text(Options.Seed),
            ["batch"] = Text(Options.BatchSize),
            ["truncate_steps"] = Text(Options.TruncateSteps),
            ["test_accuracy"] = Text(scores.Float / (double)scores.Tested),
            ["test_correct"] = $"{scores.Float}/{scores.Tested}",
        };
        if (!data.IsText) provenance["standardise"] = "z = (x - mean) / std, float32; population std over all frames of the training part";
        if (FromPath != null) provenance["from"] = $"{Path.GetFileName(FromPath)}, CRC-32 {Crc32.HashToUInt32(File.ReadAllBytes(FromPath)):x8}";
        if (options == null) return provenance;
        provenance["epochs"] = Text(options.Epochs);
        provenance["learning_rate"] = Text(options.LearningRate);
        provenance["weight_decay"] = Text(options.WeightDecay);
        return provenance;
    }

    private void AddFineTuning(Dictionary<string, string> provenance, TrainingOptions options, Scores scores)
    {
        provenance["qat_weight_bits"] = Text(WeightBits!.Value);
        provenance["qat_epochs"] = Text(options.Epochs);
        provenance["qat_learning_rate"] = Text(options.LearningRate);
        provenance["qat_test_correct"] = $"{scores.Fixed}/{scores.Tested}";
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>Test sequences classified right; null for what was not measured.</summary>
    private sealed class Scores(int tested)
    {
        public int Tested => tested;

        public int Float { get; set; }

        public int? Fixed { get; set; }

        public int? FloatBefore { get; set; }

        public int? FixedBefore { get; set; }

        public double? Share(int? right) => right / (double)tested;
    }
}

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
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.Limits;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Ranges;
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

    /// <summary>The answer asked for; null for that of the model to train further, or a class.</summary>
    public required TrainingAnswer? Answer { get; init; }

    /// <summary>Units of values; empty for none.</summary>
    public required IReadOnlyList<string> Units { get; init; }

    /// <summary>Normal classes of an anomaly.</summary>
    public required IReadOnlyList<string> NormalClasses { get; init; }

    /// <summary>Quantile of an anomaly's threshold; null for the default.</summary>
    public required double? Quantile { get; init; }

    /// <summary>The channel to forecast; null for the values of the data.</summary>
    public required ForecastTarget? Forecast { get; init; }

    private string Name => Path.GetFileNameWithoutExtension(OutputPath);

    /// <summary>Runs.</summary>
    /// <exception cref="UserInputException">A file cannot be read, the data do not fit, or there is nothing to learn or test.</exception>
    public async Task<int> Run(bool json, CancellationToken cancellation)
    {
        CheckOutput(OutputPath);
        TrainedModel? from = FromPath == null ? null : ModelImport.Load(FromPath);
        TrainingTask task = TaskOf(from);
        Dataset dataset = DatasetFolder.LoadAny(DataPath, TestLinesPath);
        if (Forecast != null) dataset = Forecast.Apply(dataset);
        if (dataset.Test.Count == 0) throw new UserInputException($"data set '{dataset.Name}' has no test sequences");
        TrainingData data = from == null ? new TrainingData(dataset, task) : new TrainingData(dataset, from, task);
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
        if (task.Answer is not (TrainingAnswer.Class or TrainingAnswer.Logit))
        {
            WriteNumbers(model, dataset, data, first, stopwatch.Elapsed.TotalSeconds, requests, json);
            return 0;
        }
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

    /// <summary>Checks the path of the trained network before the training, which takes minutes.</summary>
    /// <exception cref="UserInputException">Its folder is not there, or its name cannot be that of a model.</exception>
    internal static void CheckOutput(string path)
    {
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))) throw new UserInputException($"{path}: cannot be written: there is no such folder");
        if (ModelNames.Problem(Path.GetFileNameWithoutExtension(path)) is { } problem)
            throw new UserInputException($"{path}: the file's name names the model: {problem}");
    }

    /// <summary>Returns the answer to learn, with its settings.</summary>
    /// <exception cref="UserInputException">An option belongs to another answer, or the model to train further has another.</exception>
    private TrainingTask TaskOf(TrainedModel? from)
    {
        TrainingAnswer answer = from != null ? TrainingTask.AnswerOf(from) : Answer ?? TrainingAnswer.Class;
        if (Answer is { } asked && asked != answer)
            throw new UserInputException($"--answer says another answer than {FromPath} has: {Name(answer)}; a further training keeps the answer, so leave --answer out");
        static string Name(TrainingAnswer answer) => answer == TrainingAnswer.StepClass ? "step-class" : answer.ToString().ToLowerInvariant();
        void Refuse(bool isGiven, string option, TrainingAnswer owner)
        {
            if (isGiven && answer != owner) throw new UserInputException($"{option} is for --answer {Name(owner)}, and the answer here is {Name(answer)}");
        }
        Refuse(Units.Count > 0, "--unit", TrainingAnswer.Value);
        Refuse(Forecast != null, "--forecast", TrainingAnswer.Value);
        Refuse(NormalClasses.Count > 0, "--normal", TrainingAnswer.Anomaly);
        Refuse(Quantile != null, "--quantile", TrainingAnswer.Anomaly);
        Refuse(WeightBits != null, "--qat", TrainingAnswer.Class);
        if (from != null && Units.Count > 0) throw new UserInputException("--unit cannot be given with --from: that model has its own");
        return new TrainingTask(answer) { Units = Units, NormalClasses = NormalClasses, Quantile = Quantile ?? TrainingTask.DefaultQuantile };
    }

    /// <summary>Measures, writes and reports a network whose answer is no class of a sequence.</summary>
    private void WriteNumbers(
        TrainedModel model, Dataset dataset, TrainingData data, TrainingOptions options, double seconds, string? requests, bool json)
    {
        var answers = new TestAnswers(dataset) { NormalClasses = NormalClasses };
        // Gateways get inputs in this format: the figures are theirs.
        var file = ModelLoading.Parse(ModelFileWriter.Write(model, quantised: null, Calibration.Measure(ModelLoading.FloatOnly(model), dataset)), model.Name);
        EvaluationResult result = new Evaluator(file).Evaluate(answers, useFloat: true, useFixed: false, limit: 0, null, CancellationToken.None);
        Dictionary<string, string> provenance = Provenance(dataset, options, null);
        if (Forecast != null)
        {
            provenance["forecast_steps"] = Text(Forecast.Steps);
            provenance["forecast_channel"] = Text(Forecast.Channel);
        }
        if (NormalClasses.Count > 0)
        {
            provenance["normal"] = JsonSerializer.Serialize(NormalClasses);
            provenance["quantile"] = Text(data.Task.Quantile);
        }
        Output.WriteFile(OutputPath, PyTorchImporter.Export(model, provenance).Write());
        if (json)
        {
            Output.WriteJson(new
            {
                model = model.Name,
                network = model.Describe(),
                parameters = model.ParameterCount,
                requests,
                seconds = Math.Round(seconds, 2),
                threshold = result.Anomaly?.Threshold,
                threshold_sequences = data.HeldOut.Count > 0 ? data.HeldOut.Count : (int?)null,
                test = result,
            }, dataset);
            return;
        }
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{OutputPath}: {model.ParameterCount} parameters, {seconds:0.0} s; {EvaluationText.Line(result)}"));
        if (result.Anomaly is { } anomaly)
            AnsiConsole.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"threshold {anomaly.Threshold:0.####}: quantile {data.Task.Quantile} of {data.HeldOut.Count} normal sequences that the training has not seen"));
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
    private Dictionary<string, string> Provenance(Dataset data, TrainingOptions? options, Scores? scores)
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
        };
        if (scores != null)
        {
            provenance["test_accuracy"] = Text(scores.Float / (double)scores.Tested);
            provenance["test_correct"] = $"{scores.Float}/{scores.Tested}";
        }
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

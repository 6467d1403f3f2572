// One run of crime train --decoder: loads pairs, trains, measures on the test part, writes, reports.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Training;
using Crime.Modelling.Training.Decoding;

namespace Crime.Cli.Verbs;

/// <summary>A training of a network that writes sequences.</summary>
internal sealed class WriterTrainingRun
{
    /// <summary>Names of the decoders of --decoder, and their attention.</summary>
    public static IReadOnlyDictionary<string, AttentionKind> Decoders { get; } = new Dictionary<string, AttentionKind>
    {
        ["plain"] = AttentionKind.None, ["luong-dot"] = AttentionKind.LuongDot, ["luong"] = AttentionKind.LuongGeneral, ["bahdanau"] = AttentionKind.Bahdanau,
    };

    public required string DataPath { get; init; }

    public required string? TestLinesPath { get; init; }

    public required string OutputPath { get; init; }

    public required TrainingOptions Options { get; init; }

    public required AttentionKind Attention { get; init; }

    public required int BeamWidth { get; init; }

    private string Name => Path.GetFileNameWithoutExtension(OutputPath);

    /// <summary>Runs.</summary>
    /// <exception cref="UserInputException">A file cannot be read or written, or the data do not fit.</exception>
    public async Task<int> Run(bool json, CancellationToken cancellation)
    {
        TrainingRun.CheckOutput(OutputPath);
        Dataset dataset = LoadedData.Read(DataPath, TestLinesPath, hasOutputs: true);
        var data = new WriterData(dataset);
        var stopwatch = Stopwatch.StartNew();
        TrainedModel model = await Output.WithProgress("training", Options.Epochs, report =>
            new WriterTrainer(data, Options, Attention).Train(Name, BeamWidth, progress => report(progress.Epoch), cancellation));
        double seconds = stopwatch.Elapsed.TotalSeconds;
        WriterResult result = new WriterEvaluator(ModelLoading.FloatOnly(model)).Evaluate(dataset, limit: 0, progress: null, cancellation);
        Output.WriteFile(OutputPath, PyTorchImporter.Export(model, Provenance(data, result)).Write());
        if (json)
        {
            Output.WriteJson(
                new { model = model.Name, network = WriterText.Describe(model), parameters = model.ParameterCount, seconds = Math.Round(seconds, 2), result }, dataset);
            return 0;
        }
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{OutputPath}: {WriterText.Describe(model)}, {model.ParameterCount} parameters, {seconds:0.0} s"));
        foreach (string line in WriterText.Of(result)) Console.Out.WriteLine(line);
        return 0;
    }

    private Dictionary<string, string> Provenance(WriterData data, WriterResult result)
    {
        string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
        return new Dictionary<string, string>
        {
            ["maker"] = $"crime train {typeof(TrainVerb).Assembly.GetName().Version!.ToString(3)}",
            ["task"] = data.Name,
            ["train_sequences"] = Text(data.Train.Count),
            ["seed"] = Text(Options.Seed),
            ["batch"] = Text(Options.BatchSize),
            ["epochs"] = Text(Options.Epochs),
            ["learning_rate"] = Text(Options.LearningRate),
            ["weight_decay"] = Text(Options.WeightDecay),
            ["test_token_accuracy"] = Text(result.Greedy.TokenAccuracy),
            ["test_sequence_accuracy"] = Text(result.Greedy.SequenceAccuracy),
        };
    }
}

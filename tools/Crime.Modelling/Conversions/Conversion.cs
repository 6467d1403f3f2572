// Converts a trained network to a model file: prunes, calibrates, quantises, writes, reads the file back and evaluates it.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Conversions;

/// <summary>Options of a conversion.</summary>
/// <param name="WeightBits">Bits in which a weight is stored: 16, 8, 6 or 4.</param>
/// <param name="PruneFraction">Share of the weight pairs of each layer that are set to zero, 0 to 1.</param>
/// <param name="Percentile">Share of the calibration values that the formats hold, above 0 to 100 percent.</param>
/// <param name="CellWidth">Width of the cell states.</param>
public sealed record ConversionOptions(
    int WeightBits = Quantiser.FullWeightBits, double PruneFraction = 0, double Percentile = 100, CellWidth CellWidth = CellWidth.Auto)
{
    /// <summary>True when all weights keep 16 bits.</summary>
    public bool IsPlain => WeightBits == Quantiser.FullWeightBits && PruneFraction == 0;

    /// <summary>The same options without narrow weights and pruning.</summary>
    public ConversionOptions Plain => new(Percentile: Percentile, CellWidth: CellWidth);
}

/// <summary>A converted model, its file and its accuracy.</summary>
public sealed class Conversion
{
    /// <summary>Options of the conversion.</summary>
    public required ConversionOptions Options { get; init; }

    /// <summary>The trained network after pruning.</summary>
    public required TrainedModel Trained { get; init; }

    /// <summary>Ranges of the inputs and the cell states.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Fixed-point weights; null for a model that only gateways run.</summary>
    public required QuantisedModel? Quantised { get; init; }

    /// <summary>
    /// Cell states that constant inputs reach, one per layer; null where the calibration measured the states, and for a model that only gateways run.
    /// </summary>
    public IReadOnlyList<float>? CellReach { get; init; }

    /// <summary>The cell formats beside the states, one per layer; null for a layer without a cell state, and for all of a model that only gateways run.</summary>
    public IReadOnlyList<CellFit?> CellFits => Quantised == null
        ? [.. Trained.Layers.Select(_ => default(CellFit))]
        : [.. Quantised.Layers.Select((layer, index) => layer.Shape.HasCellState ? CellFit.Of(layer, index, Calibration, CellReach?[index]) : null)];

    /// <summary>The bytes of the model file.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The model file, read back from its bytes.</summary>
    public required ModelFile Model { get; init; }

    /// <summary>Accuracy of float and fixed-point weights on the test part; null without data or without a test part.</summary>
    public EvaluationResult? Accuracy { get; init; }

    /// <summary>Returns the number of test sequences that <see cref="Make"/> reports at its end.</summary>
    public static int StepsOf(Dataset? data, ConversionOptions options) => (data?.Test.Count ?? 0) * (options.IsPlain ? 1 : 2);

    /// <summary>Converts a model.</summary>
    /// <param name="trained">The network; not changed.</param>
    /// <param name="data">The training part calibrates, the test part measures the accuracy; null for default ranges.</param>
    /// <param name="options">Options of the conversion.</param>
    /// <param name="progress">Called with the number of test sequences done.</param>
    /// <param name="cancellation">Ends the evaluation early.</param>
    /// <param name="answers">The answers to compare with; null for those of the data.</param>
    /// <exception cref="UserInputException">The data do not fit the model, or a row cannot keep enough bits.</exception>
    public static Conversion Make(
        TrainedModel trained, Dataset? data, ConversionOptions options, Action<int>? progress = null, CancellationToken cancellation = default,
        TestAnswers? answers = null)
    {
        trained = ValueHead.Balance(trained);
        answers ??= data == null ? null : new TestAnswers(data);
        if (options.PruneFraction > 0) trained = Pruner.Prune(trained, options.PruneFraction);
        // Fine-tuned weights are whole steps only in the formats that they were tuned for.
        Calibration calibration = options.Percentile == 100 && trained.Calibration is { } tunedFor
            ? tunedFor
            : data == null
                ? Calibration.FromDefaults
                : Calibration.Measure(ModelLoading.FloatOnly(trained), data, percentile: options.Percentile);
        QuantisedModel? quantised = trained.FitsBoards ? Quantiser.Quantise(trained, calibration, options.WeightBits, options.CellWidth) : null;
        byte[] bytes = GoldenSection.Add(ModelFileWriter.Write(trained, quantised, calibration));
        ModelFile model = ModelLoading.Parse(bytes, trained.Name);
        return new Conversion
        {
            Options = options,
            Trained = trained,
            Calibration = calibration,
            Quantised = quantised,
            CellReach = calibration.IsDefault && quantised != null ? CellProbe.Reach(trained, calibration.MaxInput) : null,
            Bytes = bytes,
            Model = model,
            // Answers of another kind than the model's show nothing.
            Accuracy = answers is { Data.Test.Count: > 0 } && answers.ProblemWith(model) == null
                ? new Evaluator(model).Evaluate(answers, useFloat: true, useFixed: quantised != null, limit: 0, progress, cancellation)
                : null,
        };
    }
}

// The way from a trained network to a model file, in one place: prune, calibrate, quantise, write, read back, evaluate.

using System;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;

namespace Crime.Modelling.Quantisation;

/// <summary>What a person can choose when a model is converted.</summary>
/// <param name="WeightBits">Bits in which a weight is stored: 16, 8, 6 or 4.</param>
/// <param name="PruneFraction">Share of each layer's pairs of weights to zero, 0 to 1.</param>
/// <param name="Percentile">Share of the calibration's values that the formats hold, in percent.</param>
public sealed record ConversionOptions(int WeightBits = Quantiser.FullWeightBits, double PruneFraction = 0, double Percentile = 100)
{
    /// <summary>Whether weights are kept, all and in full.</summary>
    public bool IsPlain => WeightBits == Quantiser.FullWeightBits && PruneFraction == 0;

    /// <summary>The same without narrow weights and pruning.</summary>
    public ConversionOptions Plain => new(Percentile: Percentile);
}

/// <summary>A converted model and what is known of it.</summary>
public sealed class Conversion
{
    /// <summary>What was chosen.</summary>
    public required ConversionOptions Options { get; init; }

    /// <summary>The network, pruned.</summary>
    public required TrainedModel Trained { get; init; }

    /// <summary>Ranges of its inputs and cell states.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Its fixed-point weights; null for a model that only gateways run.</summary>
    public required QuantisedModel? Quantised { get; init; }

    /// <summary>The model file.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The same, read back.</summary>
    public required ModelFile Model { get; init; }

    /// <summary>Float against fixed on the data's test part; null without data or test part.</summary>
    public EvaluationResult? Accuracy { get; init; }

    /// <summary>How far <see cref="Make"/> will count.</summary>
    public static int StepsOf(Dataset? data, ConversionOptions options) => (data?.Test.Count ?? 0) * (options.IsPlain ? 1 : 2);

    /// <summary>Converts a model.</summary>
    /// <param name="trained">The network; not changed.</param>
    /// <param name="data">Its training part calibrates, its test part tells the accuracy; null for default ranges.</param>
    /// <param name="options">What was chosen.</param>
    /// <param name="progress">Called with the number of test sequences done.</param>
    /// <param name="cancellation">Ends the evaluation early.</param>
    /// <exception cref="UserInputException">The data do not fit the model, or a row cannot keep enough bits.</exception>
    public static Conversion Make(
        TrainedModel trained, Dataset? data, ConversionOptions options, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        if (options.PruneFraction > 0) trained = Pruner.Prune(trained, options.PruneFraction);
        // Fine-tuned weights are whole steps only in the formats that they were tuned for.
        Calibration calibration = options.Percentile == 100 && trained.Calibration is { } tunedFor
            ? tunedFor
            : data == null
                ? Calibration.FromDefaults
                : Calibration.Measure(ModelLoading.FloatOnly(trained), data, percentile: options.Percentile);
        QuantisedModel? quantised = trained.FitsBoards ? Quantiser.Quantise(trained, calibration, options.WeightBits) : null;
        byte[] bytes = ModelFileWriter.Write(trained, quantised, calibration);
        ModelFile model = ModelLoading.Parse(bytes, trained.Name);
        return new Conversion
        {
            Options = options,
            Trained = trained,
            Calibration = calibration,
            Quantised = quantised,
            Bytes = bytes,
            Model = model,
            Accuracy = data is { Test.Count: > 0 }
                ? new Evaluator(model).Evaluate(data, useFloat: true, useFixed: quantised != null, limit: 0, progress, cancellation)
                : null,
        };
    }
}

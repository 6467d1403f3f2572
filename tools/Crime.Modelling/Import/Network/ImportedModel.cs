// A trained network as it was imported, and what the import took it for.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Import.Network;

/// <summary>A function at the end of a network that changes no decision: the model leaves it out.</summary>
/// <param name="Name">ONNX's name of the function.</param>
/// <param name="Scale">The positive number that its results are multiplied with.</param>
/// <param name="Shift">The number that is added to them then.</param>
internal sealed record NetworkEnd(string Name, double Scale, double Shift)
{
    /// <summary>Returns the values after the function.</summary>
    public double[] Apply(double[] values)
    {
        double largest = values.Max(), sum = values.Sum(value => Math.Exp(value - largest));
        return Array.ConvertAll(values, value => Shift + Scale * Name switch
        {
            "Softmax" => Math.Exp(value - largest) / sum,
            "LogSoftmax" => value - largest - Math.Log(sum),
            "Sigmoid" => 1 / (1 + Math.Exp(-value)),
            "Tanh" => Math.Tanh(value),
            "Exp" => Math.Exp(value),
            "Log" => Math.Log(value),
            "Softplus" => Math.Log(1 + Math.Exp(value)),
            "Softsign" => value / (1 + Math.Abs(value)),
            _ => throw new InvalidOperationException($"{Name} is no function at the end"),
        });
    }
}

/// <summary>A trained network and what the import took it for.</summary>
public sealed class ImportedModel
{
    /// <summary>The network.</summary>
    public required TrainedModel Model { get; init; }

    /// <summary>Input of the head, as in "h_n of the last layer".</summary>
    public required string Head { get; init; }

    /// <summary>True when the file does not say what the head sees, and nobody has said it: the usual was taken.</summary>
    public bool IsHeadAssumed { get; init; }

    /// <summary>Names of the functions at the end that the model leaves out, because they change no decision.</summary>
    public IReadOnlyList<string> Ends => [.. EndSteps.Select(end => end.Name), .. IsDecision ? ["ArgMax"] : Array.Empty<string>()];

    /// <summary>True when the network has one output, the logit of the second of two classes.</summary>
    public bool IsLogit { get; init; }

    /// <summary>The forecast that the network was trained for, as its metadata say; null for none.</summary>
    public ForecastTarget? Forecast { get; init; }

    /// <summary>The classes of its data that are normal, as its metadata say; empty for other answers than an anomaly.</summary>
    public IReadOnlyList<string> NormalClasses { get; init; } = [];

    /// <summary>The axes of the network's input, as in "batch, time, feature"; null when the file does not say.</summary>
    public string? InputAxes { get; init; }

    /// <summary>The axes of the network's output, as in "batch, time, feature"; null when the file does not say.</summary>
    public string? OutputAxes { get; init; }

    /// <summary>The functions at the end, in order.</summary>
    internal IReadOnlyList<NetworkEnd> EndSteps { get; init; } = [];

    /// <summary>The normalisation within the network itself, means and deviations; null for none. That of the metadata is before it.</summary>
    internal (float[] Mean, float[] Deviation)? GraphNormalisation { get; init; }

    /// <summary>True when the network gives the number of the class.</summary>
    internal bool IsDecision { get; init; }

    /// <summary>Returns the same with what a state dict adds.</summary>
    /// <param name="isHeadAssumed">True when nothing says what the head sees.</param>
    /// <param name="calibration">The ranges that the training ran with; null where it did without.</param>
    internal ImportedModel OfStateDict(bool isHeadAssumed, Calibration? calibration) => new()
    {
        Model = Model.WithCalibration(calibration), Head = Head, IsHeadAssumed = isHeadAssumed, IsLogit = IsLogit, EndSteps = EndSteps,
        Forecast = Forecast, NormalClasses = NormalClasses,
    };

    /// <summary>Returns the same with another model.</summary>
    internal ImportedModel WithModel(TrainedModel model) => new() { Model = model, Head = Head, IsHeadAssumed = IsHeadAssumed, EndSteps = EndSteps };

    /// <summary>Returns the same with the meanings of the axes of input and output.</summary>
    internal ImportedModel WithAxes(string input, string output) => new()
    {
        Model = Model, Head = Head, IsHeadAssumed = IsHeadAssumed, IsLogit = IsLogit, InputAxes = input, OutputAxes = output, EndSteps = EndSteps,
        IsDecision = IsDecision, Forecast = Forecast, NormalClasses = NormalClasses,
        GraphNormalisation = GraphNormalisation,
    };

    /// <summary>Returns the name of what a head sees.</summary>
    public static string Describe(HeadInput head) => head switch
    {
        HeadInput.LastStep => "the output of the last layer at the last timestep",
        HeadInput.FirstStep => "the output of the last layer at the first timestep",
        _ => "h_n of the last layer",
    };
}

// Compares an imported network with the original on a sample: the numbers of the float engine, through the functions at the end
// that the model leaves out, with those that the original gave.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Import.Network;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Import.Checking;

/// <summary>The result of a comparison.</summary>
/// <param name="Sequences">Sequences compared.</param>
/// <param name="MaxDifference">Largest difference of an output.</param>
/// <param name="End">A function that the original applies at its end, as its output shows; null for none.</param>
public sealed record CheckResult(int Sequences, double MaxDifference, string? End);

/// <summary>Compares an imported network with the original.</summary>
public static class ModelCheck
{
    // Two engines of single precision differ by some 1e-6 after a hundred timesteps. Another head differs by 1e-2 and more.
    private const double Tolerance = 1e-4;

    private static readonly string[] s_heads = ["hidden", "last", "mean", "max", "cell", "every", "first"];
    private static readonly string[] s_activations = ["none", "relu", "tanh"];
    private static readonly string[] s_nonlinearities = ["tanh", "relu"];
    private static readonly string?[] s_ends = [null, "Softmax", "LogSoftmax", "Sigmoid"];

    /// <summary>Compares a network with a sample, and names the options that would make them equal where they differ.</summary>
    /// <param name="options">The user's statements about the network.</param>
    /// <param name="load">Reads the network with other options.</param>
    /// <param name="path">A file with an input of the original and its output.</param>
    /// <exception cref="UserInputException">They differ, or the sample does not fit the network.</exception>
    public static CheckResult Compare(ImportOptions options, Func<ImportOptions, ImportedModel> load, string path)
    {
        ImportedModel model = load(options);
        try
        {
            return Compare(model, path);
        }
        catch (UserInputException e) when (model.InputAxes == null)
        {
            var others =
                from head in s_heads
                from activation in s_activations
                from nonlinearity in s_nonlinearities
                select (Options: options with { Head = head, Activation = activation, Nonlinearity = nonlinearity },
                    Text: $"--head {head}"
                        + $"{(activation == "none" ? "" : $" --activation {activation}")}{(nonlinearity == "tanh" ? "" : $" --nonlinearity {nonlinearity}")}");
            string? equal = others.FirstOrDefault(other => IsEqual(() => load(other.Options), path)).Text;
            if (equal != null) throw new UserInputException($"{e.Message}: with {equal} they are equal", e);
            throw;
        }
    }

    /// <summary>Compares a network with a sample.</summary>
    /// <param name="model">The network.</param>
    /// <param name="path">A file with an input of the original and its output: .npz, .json or ONNX's .pb.</param>
    /// <returns>The largest difference.</returns>
    /// <exception cref="UserInputException">They differ, or the sample does not fit the network.</exception>
    public static CheckResult Compare(ImportedModel model, string path)
    {
        Sample sample = SampleFile.Load(path);
        double[][] sequences;
        try
        {
            sequences = SampleLayout.SequencesOf(model, sample);
        }
        catch (UserInputException e)
        {
            throw new UserInputException($"{path}: {e.Message}", e);
        }
        double[][] outputs = Run(model, sequences);
        double[] expected = SampleLayout.OutputsOf(model, sample, sequences.Length);
        if (sample.Output.Values.Length != outputs.Sum(row => row.Length))
            throw new UserInputException($"{path}: the sample's output has shape {sample.Output.ShapeText}; "
                + $"{outputs.Length} x {outputs[0].Length} numbers were expected: the original gives something else than the model"
                + (model.InputAxes == null ? ": --head says what the head sees, every for an answer per timestep" : ""));
        // A graph shows what is at its end. A state dict does not, and its sample may come from before or after it.
        IEnumerable<string?> ends = model.InputAxes == null ? s_ends : [null];
        int width = model.IsDecision || model.IsLogit ? 1 : model.Model.OutputCount;
        CheckResult best = ends.Select(end => new CheckResult(sequences.Length, Difference(outputs, end, expected, width), end))
            .MinBy(result => result.MaxDifference)!;
        double largest = Math.Max(1, expected.Max(Math.Abs));
        if (best.MaxDifference <= Tolerance * largest) return best;
        string remedy = model.InputAxes == null ? "--head, --activation and --nonlinearity say otherwise, and an ONNX export says all" : "please report the file";
        throw new UserInputException(
            $"{path}: the model gives {Text(outputs[0])} for the first sequence, the original {Text(expected.Take(outputs[0].Length))} "
            + $"(largest difference {best.MaxDifference.ToString("g2", CultureInfo.InvariantCulture)}): the file was taken for another network than it is. "
            + $"Its head was taken to see {model.Head}; {remedy}");
    }

    private static bool IsEqual(Func<ImportedModel> load, string path)
    {
        try
        {
            Compare(load(), path);
            return true;
        }
        catch (UserInputException)
        {
            return false;
        }
    }

    private static double[][] Run(ImportedModel model, double[][] sequences)
    {
        ModelFile file = ModelLoading.FloatOnly(model.Model);
        var engine = new FloatNetwork(new FloatModel(file));
        var floats = engine.Model;
        return [.. sequences.Select(sequence =>
        {
            int classes = floats.OutputCount;
            var logits = new float[floats.LogitCount(sequence.Length / floats.ValuesPerStep)];
            if (model.Model.Input == InputKind.Tokens) engine.Run([.. sequence.Select(token => (short)(ushort)token)], 0, logits);
            else engine.Run(Standardised(model, sequence), logits);
            return Enumerable.Range(0, logits.Length / classes).SelectMany(n => ValuesOf(model, logits.AsSpan(n * classes, classes))).ToArray();
        })];
    }

    private static double[] ValuesOf(ImportedModel model, ReadOnlySpan<float> logits)
    {
        double[] values = model.IsLogit ? [logits[1]] : [.. logits.ToArray().Select(logit => (double)logit)];
        foreach (NetworkEnd end in model.EndSteps) values = end.Apply(values);
        return model.IsDecision ? [Array.IndexOf(values, values.Max())] : values;
    }

    /// <summary>Returns the features as the first layer reads them. The original's input is past the normalisation of the metadata.</summary>
    private static float[] Standardised(ImportedModel model, double[] sequence)
    {
        int width = model.Model.InputCount;
        return [.. sequence.Select((value, n) => model.GraphNormalisation is var (mean, deviation)
            ? ((float)value - mean[n % width]) / deviation[n % width]
            : (float)value)];
    }

    private static double Difference(double[][] outputs, string? end, double[] expected, int width)
    {
        int at = 0;
        double worst = 0;
        foreach (double[] vector in outputs.SelectMany(row => row.Chunk(width)))
            foreach (double value in end == null ? vector : new NetworkEnd(end, 1, 0).Apply(vector))
            {
                double difference = Math.Abs(value - expected[at++]);
                worst = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(worst, difference);
            }
        return worst;
    }

    private static string Text(IEnumerable<double> values) =>
        "[" + string.Join(", ", values.Take(4).Select(value => value.ToString("0.0000", CultureInfo.InvariantCulture))) + (values.Count() > 4 ? ", ...]" : "]");
}

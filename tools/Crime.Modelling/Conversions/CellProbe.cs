// Without calibration data the range of a cell state is a default. A bound from the weights is of no use: with the recurrent part taken at its worst, the
// forget gate of nearly every network can saturate, and the bound is infinite. So the network is run on a few inputs that are constant over time and chosen to
// drive its units up or down. A state that they reach is possible; a larger one may be.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Conversions;

/// <summary>Finds cell states that a network can reach.</summary>
/// <remarks>
/// Probes that stay within a range prove nothing. Measured: japanese-vowels-h16 and spoken-arabic-digits-h32 reach 78 and 106, and with their data 12
/// and 26. The gestures reach 15, and 63 with their data, which change.
/// </remarks>
public static class CellProbe
{
    /// <summary>Timesteps of a probe: ten seconds of a sensor at 100 Hz.</summary>
    public const int Steps = 1000;

    /// <summary>Probes: all features up, all down, and the six units that promise most. A network of 256 units takes about a second.</summary>
    public const int Count = 8;

    /// <summary>Magnitude of a standardised feature: one deviation, the usual distance from its mean.</summary>
    public const float StandardisedInput = 1;

    /// <summary>Returns the largest magnitude of a cell state under the probes, one per layer; 0 for a layer without one.</summary>
    /// <param name="model">The network.</param>
    /// <param name="maxInput">Magnitude that the input format holds. Features without a normalisation may stay there.</param>
    public static IReadOnlyList<float> Reach(TrainedModel model, float maxInput)
    {
        var largest = new float[model.Layers.Count];
        var engine = new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(model)))
        {
            Observer = (layer, _, _, _, cell) =>
            {
                foreach (float value in cell) largest[layer] = MathF.Max(largest[layer], MathF.Abs(value));
            },
        };
        var logits = new float[engine.Model.LogitCount(Steps)];
        foreach (float[] step in model.Input == InputKind.Tokens ? TokenProbes(model) : FeatureProbes(model, model.Mean == null ? maxInput : StandardisedInput))
        {
            var sequence = new float[Steps * step.Length];
            for (int at = 0; at < sequence.Length; at += step.Length) step.CopyTo(sequence, at);
            engine.Run(sequence, logits);
        }
        return largest;
    }

    /// <summary>A text of one character, for the characters that promise most.</summary>
    private static IEnumerable<float[]> TokenProbes(TrainedModel model) =>
        Enumerable.Range(0, model.VocabularyCount).Select(token => model.Embedding.AsSpan(token * model.InputCount, model.InputCount).ToArray())
            .OrderByDescending(step => model.Graph?.Operations[0].Kind is null or OperationKind.Recurrent
                ? Enumerable.Range(0, model.Layers[0].HiddenCount).Max(unit => Promise(model.Layers[0], unit, step))
                : 0).Take(Count);

    private static IEnumerable<float[]> FeatureProbes(TrainedModel model, float magnitude)
    {
        RecurrentLayer first = model.Layers[0];
        IEnumerable<float[]> constant = new[] { magnitude, -magnitude }.Select(value => Enumerable.Repeat(value, model.InputCount).ToArray());
        // Behind convolutions no input drives a unit directly.
        if (first.Kind != CellKind.Lstm || model.Graph?.Operations[0].Kind is not (null or OperationKind.Recurrent)) return constant;
        IEnumerable<float[]> driven = Enumerable.Range(0, first.HiddenCount)
            .SelectMany(unit => new[] { 1, -1 }.Select(sign => (Unit: unit, Step: Drive(first, unit, sign, magnitude))))
            .OrderByDescending(probe => Promise(first, probe.Unit, probe.Step)).Select(probe => probe.Step);
        return constant.Concat(driven.Take(Count - 2));
    }

    /// <summary>Returns the input that opens the gates of a unit and drives its candidate in a direction.</summary>
    private static float[] Drive(RecurrentLayer layer, int unit, int sign, float magnitude)
    {
        float[] weights = layer.Directions[0].InputWeights;
        var step = new float[layer.InputCount];
        for (int k = 0; k < step.Length; k++)
        {
            float Weight(int gate) => weights[(gate * layer.HiddenCount + unit) * layer.InputCount + k];
            step[k] = Weight(0) + Weight(1) + sign * Weight(2) < 0 ? -magnitude : magnitude;
        }
        return step;
    }

    /// <summary>Returns the state of a unit after <see cref="Steps"/> timesteps of one input, without its recurrent part; 0 for a cell without a state.</summary>
    private static double Promise(RecurrentLayer layer, int unit, float[] step)
    {
        if (layer.Kind != CellKind.Lstm) return 0;
        DirectionWeights weights = layer.Directions[0];
        double Sum(int gate)
        {
            int row = gate * layer.HiddenCount + unit;
            double sum = (double)weights.InputBias[row] + weights.RecurrentBias[row];
            for (int k = 0; k < step.Length; k++) sum += weights.InputWeights[row * layer.InputCount + k] * step[k];
            return sum;
        }
        double forget = Sigmoid(Sum(1)), gain = Sigmoid(Sum(0)) * Math.Abs(Math.Tanh(Sum(2)));
        return gain * Math.Min(Steps, 1 / Math.Max(1 - forget, 1.0 / Steps));
    }

    private static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));
}

// From the vectors that a network gives to the answer of a request: one class, values, a class per timestep, an anomaly score, or an output.

using System;
using System.Numerics;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>The answer to one sequence. Used again and again; it owns the labels, and the numbers are valid until the next batch.</summary>
public sealed class SequenceAnswer
{
    private byte[] _labels = [];

    /// <summary>Index of the class; of the last timestep where there are several, and 1 for an anomaly. For values the index of the largest one.</summary>
    public int Label { get; private set; }

    /// <summary>The logits of <see cref="Label"/>, or the values; for an anomaly its threshold and its score.</summary>
    public ReadOnlyMemory<float> Numbers { get; private set; }

    /// <summary>Labels of the timesteps, or tokens of an output; at least <see cref="LabelCount"/> long.</summary>
    public byte[] Labels => _labels;

    /// <summary>Number of labels; 0 where the answer has none per timestep.</summary>
    public int LabelCount { get; private set; }

    /// <summary>Returns the numbers that the logits of a sequence need: those of the network, and room for an anomaly's threshold and score.</summary>
    /// <param name="model">The model.</param>
    /// <param name="length">Timesteps of the sequence.</param>
    public static int RoomFor(FloatModel model, int length) => Math.Max(model.LogitCount(length), model.Answer == AnswerKind.Anomaly ? 2 : 1);

    /// <summary>Returns room for the output tokens of a sequence; empty for a model that writes none.</summary>
    /// <param name="model">The model.</param>
    public Memory<byte> TokensFor(FloatModel model)
    {
        if (model.Decoder is not { } decoder) return default;
        if (_labels.Length < decoder.LongestOutput) _labels = new byte[decoder.LongestOutput];
        return _labels;
    }

    /// <summary>Reads the result of a run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="item">The sequence after its run, with <see cref="RoomFor"/> logits. An anomaly's answer replaces the first two.</param>
    public void Read(FloatModel model, in BatchItem item)
    {
        int outputs = model.OutputCount, count = model.LogitCount(item.Values.Length / model.ValuesPerStep);
        Label = item.Label;
        LabelCount = 0;
        Numbers = item.Logits.Slice(count - outputs, outputs);
        if (model.Answer == AnswerKind.Sequence) LabelCount = item.TokenCount;
        if (model.Answer == AnswerKind.ClassPerStep) ReadLabels(item.Logits.Span[..count], outputs);
        if (model.Answer != AnswerKind.Anomaly) return;
        float score = Score(model, item), threshold = model.Scale!.Threshold;
        Span<float> numbers = item.Logits.Span;
        (numbers[0], numbers[1]) = (threshold, score);
        Label = score > threshold ? 1 : 0;
        Numbers = item.Logits[..2];
    }

    private void ReadLabels(ReadOnlySpan<float> logits, int outputs)
    {
        LabelCount = logits.Length / outputs;
        if (_labels.Length < LabelCount) _labels = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)LabelCount)];
        for (int step = 0; step < LabelCount; step++) _labels[step] = (byte)TensorPrimitives.IndexOfMax(logits.Slice(step * outputs, outputs));
    }

    /// <summary>Returns the mean squared error of prediction: that of timestep t is between its features and what the head gave at t - 1.</summary>
    private static float Score(FloatModel model, in BatchItem item)
    {
        int width = model.InputCount, length = item.Values.Length / width;
        ReadOnlySpan<short> values = item.Values.Span;
        ReadOnlySpan<float> predictions = item.Logits.Span;
        float unit = MathF.ScaleB(1, -item.FractionBits);
        double sum = 0;
        int before = item.Start?.ErrorStepCount ?? 0;
        if (item.Start is { } start && before > 0)
        {
            var first = new float[width];
            model.Classify(start.Hidden(model.Layers.Count - 1), first);
            double scale = MathF.ScaleB(1, -2 * item.FractionBits);
            sum = start.ErrorSum * scale + Error(values[..width], first, unit);
        }
        for (int step = 1; step < length; step++) sum += Error(values.Slice(step * width, width), predictions.Slice((step - 1) * width, width), unit);
        int count = before + length - 1;
        return count == 0 ? 0 : (float)(sum / ((double)count * width));
    }

    private static double Error(ReadOnlySpan<short> values, ReadOnlySpan<float> predictions, float unit)
    {
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double error = values[i] * unit - predictions[i];
            sum += error * error;
        }
        return sum;
    }
}

// A result of a board, from either of its sources: the record that the board reports, or the result that the gateway publishes in the board's name.

using System;
using System.Linq;
using Crime.Costs;
using Crime.FixedPoint;
using Crime.Frames;
using Crime.Model;

namespace Crime.Gateway.Boards;

/// <summary>A result of a board. Fields are null where the source does not have them.</summary>
/// <param name="Session">Session of the board; with <paramref name="Input"/> it names the input.</param>
/// <param name="Input">Number of the input within the session.</param>
/// <param name="ClassIndex">Index of the class; null when the input could not be computed.</param>
/// <param name="ConfidencePerMille">Softmax of the class in per mille.</param>
/// <param name="Target">The place that computed it.</param>
/// <param name="Length">Length of the input in timesteps.</param>
public sealed record BoardResult(uint Session, uint Input, int? ClassIndex, int? ConfidencePerMille, Target Target, int Length)
{
    private const double UsPerMs = 1000;
    private const double UjPerMj = 1000;

    /// <summary>Time from the decision to the result in ms.</summary>
    public double? TimeMs { get; private init; }

    /// <summary>Energy above the idle baseline in mJ.</summary>
    public double? EnergyMj { get; private init; }

    /// <summary>Source of the energy: <c>ina219</c> or <c>model</c>.</summary>
    public string? Meter { get; private init; }

    /// <summary>Length from which the board would have offloaded; also null for never.</summary>
    public int? BreakEvenLength { get; private init; }

    /// <summary>Values in their units, or the score of an anomaly; null where the answer is a class. A board reports the first value alone.</summary>
    public float[]? Values { get; private init; }

    /// <summary>Class of each timestep that the gateway computed; null without them.</summary>
    public int[]? StepLabels { get; private init; }

    /// <summary>Returns the result that a board has reported.</summary>
    /// <param name="session">The board's session.</param>
    /// <param name="record">The record.</param>
    public static BoardResult Of(uint session, TelemetryRecord record) => new(
        session, record.Input, record.Label, record.ConfidencePerMille > 0 ? record.ConfidencePerMille : null, record.Target, record.Length)
    {
        TimeMs = record.TimeUs / UsPerMs,
        EnergyMj = record.EnergyUj / UjPerMj,
        Values = record.HasValue ? [record.Value] : null,
        Meter = record.Measured ? "ina219" : "model",
        BreakEvenLength = record.BreakEvenLength == CostLine.Never ? null : record.BreakEvenLength,
    };

    /// <summary>Returns the result that a gateway publishes. The gateway knows neither its time on the board nor its energy.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="scale">Scale of the model's answer; null for classes.</param>
    public static BoardResult Of(ResultFrame frame, AnswerScale? scale) => new(
        frame.Origin, frame.Input, frame.IsComputed ? frame.Label : null,
        scale == null && HasNumbers(frame) ? Confidence.PerMille(frame.Logits, frame.Label, frame.ClassCount, frame.FractionBits) : null,
        frame.Target, frame.Length)
    {
        Values = scale == null || !HasNumbers(frame) ? null : ValuesOf(frame, scale),
        StepLabels = frame.LabelCount == 0 ? null : [.. frame.Labels.Take(frame.LabelCount).Select(label => (int)label)],
    };

    private static bool HasNumbers(ResultFrame frame) => frame.IsComputed && frame.ClassCount > 0;

    private static float[] ValuesOf(ResultFrame frame, AnswerScale scale)
    {
        float Number(int index) => frame.Logits[index] / (float)(1 << frame.FractionBits);
        // Threshold and score.
        if (scale.Count == 0) return frame.ClassCount == 2 ? [Number(1)] : [];
        return [.. Enumerable.Range(0, Math.Min(scale.Count, frame.ClassCount)).Select(index => scale.ValueOf(index, Number(index)))];
    }
}

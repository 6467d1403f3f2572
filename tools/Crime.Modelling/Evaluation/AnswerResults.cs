// The figures of answers other than one class per sequence. The JSON of eval, convert and report has them under the same names.

using System.Collections.Generic;

namespace Crime.Modelling.Evaluation;

/// <summary>Figures of a value, in its unit. Those of a network that did not run are null.</summary>
public sealed record ValueResult
{
    /// <summary>Name of the value.</summary>
    public required string Value { get; init; }

    /// <summary>Its unit; empty for none.</summary>
    public required string Unit { get; init; }

    /// <summary>Mean absolute error of the float network.</summary>
    public double? MaeFloat { get; init; }

    /// <summary>Root of the mean squared error of the float network.</summary>
    public double? RmseFloat { get; init; }

    /// <summary>Share of the variance of the true values that the float network explains (coefficient of determination); null where they are all equal.</summary>
    public double? R2Float { get; init; }

    /// <summary>Mean absolute error of the fixed-point network.</summary>
    public double? MaeFixed { get; init; }

    /// <summary>Root of the mean squared error of the fixed-point network.</summary>
    public double? RmseFixed { get; init; }

    /// <summary>As <see cref="R2Float"/>, of the fixed-point network.</summary>
    public double? R2Fixed { get; init; }

    /// <summary>Largest difference of both networks on the same 16-bit inputs: the error that fixed point adds.</summary>
    public double? MaxDifference { get; init; }

    /// <summary>Root of the mean squared difference of both networks.</summary>
    public double? RmsDifference { get; init; }
}

/// <summary>Figures of a class for each timestep. Shares are fractions of 1; those of a network that did not run are null.</summary>
public sealed record StepClassResult
{
    /// <summary>Share of the timesteps that the float network classifies right.</summary>
    public double? AccuracyFloat { get; init; }

    /// <summary>95 % interval of <see cref="AccuracyFloat"/>, with <see cref="EffectiveSequences"/> trials.</summary>
    public ShareInterval? AccuracyFloatInterval { get; init; }

    /// <summary>Share of the timesteps that the fixed-point network classifies right.</summary>
    public double? AccuracyFixed { get; init; }

    /// <summary>95 % interval of <see cref="AccuracyFixed"/>, with <see cref="EffectiveSequences"/> trials.</summary>
    public ShareInterval? AccuracyFixedInterval { get; init; }

    /// <summary>
    /// Independent trials that the intervals count: timesteps of one sequence are alike, so each sequence is one. Where lengths differ, the effective number of
    /// L. Kish, "Survey Sampling" (1965): square of the sum of the lengths over the sum of their squares.
    /// </summary>
    public required double EffectiveSequences { get; init; }

    /// <summary>Share of the timesteps for which both find the same class.</summary>
    public double? Agreement { get; init; }

    /// <summary>The classes of the model in its order.</summary>
    public required IReadOnlyList<StepClassRecall> Classes { get; init; }
}

/// <summary>The figures of one class of timesteps.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Timesteps">Timesteps of the class.</param>
/// <param name="RecallFloat">Share of them that the float network classifies right; null without timesteps or where it did not run.</param>
/// <param name="RecallFixed">Share of them that the fixed-point network classifies right; null without timesteps or where it did not run.</param>
public sealed record StepClassRecall(string Class, int Timesteps, double? RecallFloat, double? RecallFixed);

/// <summary>Figures of a model that finds anomalies. Shares are fractions of 1; those of a network that did not run, or without such sequences, are null.</summary>
public sealed record AnomalyResult
{
    /// <summary>Score above which a sequence is an anomaly.</summary>
    public required double Threshold { get; init; }

    /// <summary>Normal sequences.</summary>
    public required int NormalSequences { get; init; }

    /// <summary>Other sequences.</summary>
    public required int AnomalousSequences { get; init; }

    /// <summary>
    /// Area under the ROC curve of the float network: share of the pairs of an anomaly and a normal sequence in which the anomaly has the higher score.
    /// </summary>
    public double? AucFloat { get; init; }

    /// <summary>As <see cref="AucFloat"/>, of the fixed-point network.</summary>
    public double? AucFixed { get; init; }

    /// <summary>Share of the anomalies that the float network detects.</summary>
    public double? DetectionFloat { get; init; }

    /// <summary>95 % interval of <see cref="DetectionFloat"/>.</summary>
    public ShareInterval? DetectionFloatInterval { get; init; }

    /// <summary>Share of the anomalies that the fixed-point network detects.</summary>
    public double? DetectionFixed { get; init; }

    /// <summary>Share of the normal sequences that the float network takes for anomalies.</summary>
    public double? FalseAlarmsFloat { get; init; }

    /// <summary>95 % interval of <see cref="FalseAlarmsFloat"/>.</summary>
    public ShareInterval? FalseAlarmsFloatInterval { get; init; }

    /// <summary>Share of the normal sequences that the fixed-point network takes for anomalies.</summary>
    public double? FalseAlarmsFixed { get; init; }

    /// <summary>Share of the sequences on which both networks decide the same.</summary>
    public double? Agreement { get; init; }

    /// <summary>Largest difference of the scores of both networks.</summary>
    public double? MaxScoreDifference { get; init; }
}

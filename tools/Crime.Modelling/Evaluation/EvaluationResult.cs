// The figures of an evaluation. The JSON of eval, convert and report has them under the same names.

using System.Collections.Generic;

namespace Crime.Modelling.Evaluation;

/// <summary>Figures of an evaluation. Shares are fractions of 1; a value that was not measured is null.</summary>
public sealed record EvaluationResult
{
    /// <summary>Sequences evaluated.</summary>
    public required int Sequences { get; init; }

    /// <summary>Timesteps evaluated.</summary>
    public required long Timesteps { get; init; }

    /// <summary>Share that the float network classifies right when it gets the 16-bit inputs that a gateway receives.</summary>
    public double? AccuracyFloat { get; init; }

    /// <summary>95 % interval of <see cref="AccuracyFloat"/>.</summary>
    public ShareInterval? AccuracyFloatInterval { get; init; }

    /// <summary>Share that the float network classifies right when it gets the inputs of the data set, which no gateway receives.</summary>
    public double? AccuracyRawInputs { get; init; }

    /// <summary>Share that the fixed-point network classifies right.</summary>
    public double? AccuracyFixed { get; init; }

    /// <summary>95 % interval of <see cref="AccuracyFixed"/>.</summary>
    public ShareInterval? AccuracyFixedInterval { get; init; }

    /// <summary>Share for which both find the same class. Both get the same 16-bit inputs.</summary>
    public double? Agreement { get; init; }

    /// <summary>Largest difference of a logit.</summary>
    public double? MaxLogitDifference { get; init; }

    /// <summary>Features evaluated; 0 for tokens.</summary>
    public long Inputs { get; init; }

    /// <summary>Features cut off at the end of the input format.</summary>
    public long? InputSaturations { get; init; }

    /// <summary>Share of the features that are cut off, in percent; 0 for tokens.</summary>
    public double InputSaturationPercent => Inputs == 0 ? 0 : 100.0 * (InputSaturations ?? 0) / Inputs;

    /// <summary>The cause of inputs that are cut off, and what to do; null where none is.</summary>
    public string? Hint { get; init; }

    /// <summary>Gate inputs outside the activation table.</summary>
    public long? GateSaturations { get; init; }

    /// <summary>Cell states cut off at 16 bits.</summary>
    public long? CellSaturations { get; init; }

    /// <summary>Figures of each value; empty for other answers.</summary>
    public IReadOnlyList<ValueResult> Values { get; init; } = [];

    /// <summary>Figures of a class for each timestep; null for other answers.</summary>
    public StepClassResult? Steps { get; init; }

    /// <summary>Figures of an anomaly; null for other answers.</summary>
    public AnomalyResult? Anomaly { get; init; }

    /// <summary>The classes of the model in its order; empty where a sequence has no class.</summary>
    public IReadOnlyList<ClassResult> Classes { get; init; } = [];
}

/// <summary>The figures of one class.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Sequences">Sequences of the class.</param>
/// <param name="RecallFloat">Share of them that the float network classifies right; null without sequences or where it did not run.</param>
/// <param name="RecallFixed">Share of them that the fixed-point network classifies right; null without sequences or where it did not run.</param>
public sealed record ClassResult(string Class, int Sequences, double? RecallFloat, double? RecallFixed);

// An objective with its parameters: what a person sets on the console, what a birth announces, what the engine minimises.

namespace Crime.Costs;

/// <summary>An objective and its parameters. Never changes.</summary>
public sealed class Objective
{
    /// <summary><see cref="LambdaThousandths"/> of a weighted objective that is all time.</summary>
    public const int FullLambda = 1000;

    /// <summary>Shortest deadline in ms.</summary>
    public const int MinDeadlineMs = 1;

    /// <summary>Longest deadline in ms: 60 s.</summary>
    public const int MaxDeadlineMs = 60_000;

    /// <summary>Lowest quantile in percent.</summary>
    public const int MinQuantile = 50;

    /// <summary>Highest quantile in percent.</summary>
    public const int MaxQuantile = 99;

    /// <summary>The least time.</summary>
    public static readonly Objective Time = new Objective(ObjectiveKind.Time, 0, 0, 0);

    /// <summary>The least energy.</summary>
    public static readonly Objective Energy = new Objective(ObjectiveKind.Energy, 0, 0, 0);

    /// <summary>The quantity that is minimised, and whether there is a deadline.</summary>
    public readonly ObjectiveKind Kind;

    /// <summary>Weight of time against energy in thousandths, 0 to <see cref="FullLambda"/>; 0 unless weighted.</summary>
    public readonly int LambdaThousandths;

    /// <summary>The deadline in ms; 0 unless there is one.</summary>
    public readonly int DeadlineMs;

    /// <summary>Share of inputs that must meet the deadline, in percent; 0 unless there is one.</summary>
    public readonly int QuantilePercent;

    // Quantile of a normal distribution in mean absolute deviations, z * sqrt(pi / 2), in 1/256; from 50 percent on.
    private static readonly short[] s_deviations =
    {
        0, 8, 16, 24, 32, 40, 48, 57, 65, 73,
        81, 90, 98, 106, 115, 124, 132, 141, 150, 159,
        168, 178, 187, 197, 206, 216, 227, 237, 248, 259,
        270, 282, 294, 306, 319, 333, 347, 361, 377, 394,
        411, 430, 451, 474, 499, 528, 562, 603, 659, 746,
    };

    private Objective(ObjectiveKind kind, int lambdaThousandths, int deadlineMs, int quantilePercent)
    {
        Kind = kind;
        LambdaThousandths = lambdaThousandths;
        DeadlineMs = deadlineMs;
        QuantilePercent = quantilePercent;
    }

    /// <summary>Time and energy, weighted: <c>lambda * T + (1 - lambda) * E / P_compute</c>, in µs.</summary>
    /// <param name="lambdaThousandths">Weight of time; clamped to 0 and <see cref="FullLambda"/>.</param>
    public static Objective Weighted(int lambdaThousandths) => new Objective(ObjectiveKind.Weighted, Clamp(lambdaThousandths, 0, FullLambda), 0, 0);

    /// <summary>The least energy among what meets a deadline; where nothing does, the least time.</summary>
    /// <param name="deadlineMs">Clamped to <see cref="MinDeadlineMs"/> and <see cref="MaxDeadlineMs"/>.</param>
    /// <param name="quantilePercent">Clamped to <see cref="MinQuantile"/> and <see cref="MaxQuantile"/>.</param>
    public static Objective Deadline(int deadlineMs, int quantilePercent) => new Objective(
        ObjectiveKind.Deadline, 0, Clamp(deadlineMs, MinDeadlineMs, MaxDeadlineMs), Clamp(quantilePercent, MinQuantile, MaxQuantile));

    /// <summary>The objective that two numbers of a frame or a file stand for.</summary>
    /// <param name="kind">The kind; values outside the enumeration give <see cref="Time"/>.</param>
    /// <param name="parameter">As <see cref="Parameter"/>.</param>
    /// <param name="quantilePercent">As <see cref="QuantilePercent"/>.</param>
    public static Objective Of(ObjectiveKind kind, int parameter, int quantilePercent)
    {
        switch (kind)
        {
            case ObjectiveKind.Energy: return Energy;
            case ObjectiveKind.Weighted: return Weighted(parameter);
            case ObjectiveKind.Deadline: return Deadline(parameter, quantilePercent);
            default: return Time;
        }
    }

    /// <summary>The weight in thousandths or the deadline in ms, whichever the objective has; 0 when it has neither.</summary>
    public int Parameter => Kind == ObjectiveKind.Weighted ? LambdaThousandths : DeadlineMs;

    /// <summary>Margin in µs that the quantile adds to a mean, for normally distributed errors.</summary>
    /// <param name="deviationUs">Mean absolute deviation in µs, 0 to 2^30.</param>
    public int MarginUs(int deviationUs) =>
        Kind == ObjectiveKind.Deadline ? (int)(((long)deviationUs * s_deviations[QuantilePercent - MinQuantile]) >> 8) : 0;

    /// <summary>True when costs are times; otherwise they are energies.</summary>
    public bool IsInTime => Kind == ObjectiveKind.Time || Kind == ObjectiveKind.Weighted;

    private static int Clamp(int value, int min, int max) => value < min ? min : value > max ? max : value;
}

// The function that a training makes small: of the last timestep's numbers, or of those of each timestep.

namespace Crime.Modelling.Training;

/// <summary>The difference between numbers of the head and their target.</summary>
public enum LossKind
{
    /// <summary>Cross-entropy of a distribution over classes.</summary>
    CrossEntropy,

    /// <summary>Binary cross-entropy of one number, whose sign decides between two classes.</summary>
    Logistic,

    /// <summary>Mean squared error over the numbers.</summary>
    SquaredError,
}

/// <summary>The loss of a training.</summary>
/// <param name="Kind">The loss of the numbers of one timestep.</param>
/// <param name="IsPerStep">True for the mean over timesteps from the first one on; false for the last timestep alone.</param>
public sealed record TrainingLoss(LossKind Kind, bool IsPerStep)
{
    /// <summary>One class for each sequence.</summary>
    public static TrainingLoss Class { get; } = new(LossKind.CrossEntropy, IsPerStep: false);

    /// <summary>True where sequences are classified as a whole by the largest number.</summary>
    public bool IsClass => this == Class;
}

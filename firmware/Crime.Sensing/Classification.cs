// A result as an application receives it.

using Crime.Frames;
using Crime.Node;

namespace Crime.Sensing;

/// <summary>Result of a sequence. A classifier has one object of this class and fills it anew: copy the fields that are needed later.</summary>
public sealed class Classification
{
    /// <summary>
    /// Value of <see cref="ClassIndex"/> where the board does not know the class, because a gateway publishes the result, and where the answer is values.
    /// </summary>
    public const int NoClass = -1;

    /// <summary>Number of the sequence, counted from 0.</summary>
    public uint Number { get; set; }

    /// <summary>Timesteps of the sequence.</summary>
    public int Length { get; set; }

    /// <summary>Index of the class in the model, from 0; <see cref="NoClass"/> where it is not known.</summary>
    public int ClassIndex { get; set; }

    /// <summary>Name of the class; <see cref="ResultJudge.Unknown"/> below the least confidence, null where the class is not known.</summary>
    public string ClassName { get; set; }

    /// <summary>
    /// The class that the vote of the last results decides for, or <see cref="ResultJudge.Unknown"/>; null where the class is not known. Without a vote
    /// it is <see cref="ClassName"/>.
    /// </summary>
    public string DecidedName { get; set; }

    /// <summary>Softmax of the class in per mille, 1 to 1000; 0 where it is not known, and for values.</summary>
    public int ConfidencePerMille => Answer.ConfidencePerMille;

    /// <summary>Values with their units, or the class of each timestep, where the model gives them.</summary>
    public InputAnswer Answer { get; set; } = new InputAnswer();

    /// <summary>The place that computed the result.</summary>
    public Target Place { get; set; }

    /// <summary>Time in µs from the end of the sequence to its result.</summary>
    public long TimeUs { get; set; }

    /// <summary>Energy of the board in µJ above its idle baseline: measured with a sensor, otherwise time multiplied by power.</summary>
    public int EnergyUj { get; set; }
}

/// <summary>Receives a result.</summary>
/// <param name="sender">The classifier.</param>
/// <param name="result">The result. Its fields change with the next one.</param>
public delegate void ResultReadyHandler(object sender, Classification result);

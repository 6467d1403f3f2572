// The limits of a model file and of a request, checked before a training: a network that cannot be converted is of no use.

using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Training;

/// <summary>Checks a data set for a new model.</summary>
internal static class TrainingLimits
{
    private const int ShownClasses = 5;

    /// <summary>Refuses a data set that leads to no usable model.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="classNames">Names of its classes.</param>
    /// <exception cref="UserInputException">There are too many classes or channels, a name does not fit, or a class is tested that is never learnt.</exception>
    public static void Check(Dataset data, IReadOnlyList<string> classNames)
    {
        string name = $"data set '{data.Name}'";
        if (classNames.Count > ModelFormat.MaxClasses)
            throw new UserInputException($"{name} has {classNames.Count} classes, and a model holds at most {ModelFormat.MaxClasses}; join classes, or leave some out");
        if (data.FeatureCount > FrameFormat.MaxValuesPerStep)
            throw new UserInputException(
                $"{name} has {data.FeatureCount} channels, and a request carries at most {FrameFormat.MaxValuesPerStep} numbers a timestep; leave channels out");
        if (classNames.Select(ModelNames.Problem).FirstOrDefault(problem => problem != null) is { } bad) throw new UserInputException($"{name}: class: {bad}");
        string[] missing = DatasetFolder.Unlearnt(data);
        if (missing.Length > 0)
            throw new UserInputException($"{name}: the test part has {missing.Length} classes that the training part lacks: "
                + $"{string.Join(", ", missing.Take(ShownClasses))}{(missing.Length > ShownClasses ? ", ..." : "")}; are both parts of one data set?");
    }

    /// <summary>Refuses a vocabulary that a model file cannot hold, or that is empty.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="codePoints">The vocabulary without the unknown token.</param>
    /// <param name="leastOccurrences">Occurrences from which a character is in it.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="UserInputException">It is empty or too large.</exception>
    public static int[] CheckVocabulary(Dataset data, int[] codePoints, int leastOccurrences)
    {
        if (codePoints.Length == 0)
            throw new UserInputException($"data set '{data.Name}': no character occurs {leastOccurrences} times in the training part; give more texts");
        if (codePoints.Length < ModelFormat.MaxVocabulary) return codePoints;
        throw new UserInputException($"data set '{data.Name}' has {codePoints.Length} characters, and a model holds at most {ModelFormat.MaxVocabulary - 1}");
    }
}

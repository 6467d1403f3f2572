// Values are learned in deviations from their mean: a network starts near 0, and its loss is of the same size for metres and for pascals.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Training;

/// <summary>Finds the scale of values.</summary>
internal static class TargetScale
{
    // A deviation below this share of the mean is a rounding error of single precision.
    private const double LeastShare = 1e-6;

    /// <summary>Returns the scale of the values of a training part: offset and factor are their mean and deviation.</summary>
    /// <param name="data">A data set with values.</param>
    /// <param name="units">Units: one for each value, one for all, or none.</param>
    /// <exception cref="UserInputException">A value never changes, or the units do not fit.</exception>
    public static AnswerScale Of(Dataset data, IReadOnlyList<string> units)
    {
        int count = data.ValueNames.Count;
        var offsets = new float[count];
        var factors = new float[count];
        for (int i = 0; i < count; i++)
        {
            double[] values = [.. data.Train.SelectMany(sequence => Column(sequence.StepValues.Length > 0 ? sequence.StepValues : sequence.Values, count, i))];
            double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            if (deviation <= LeastShare * Math.Abs(mean) || (float)deviation == 0)
                throw new UserInputException($"data set '{data.Name}': the value '{data.ValueNames[i]}' is the same in all training sequences: "
                    + "there is nothing to learn");
            (offsets[i], factors[i]) = ((float)mean, (float)deviation);
        }
        return new AnswerScale(0, offsets, factors, UnitsOf(units, count));
    }

    /// <summary>Returns a unit for each value.</summary>
    /// <param name="units">One for each value, one for all, or none.</param>
    /// <param name="count">Values.</param>
    /// <exception cref="UserInputException">There are other numbers of them, or one is too long.</exception>
    public static string[] UnitsOf(IReadOnlyList<string> units, int count)
    {
        if (units.Select(ModelNames.UnitProblem).FirstOrDefault(problem => problem != null) is { } bad) throw new UserInputException(bad);
        if (units.Count > 1 && units.Count != count) throw new UserInputException($"{units.Count} units for {count} values; give one for each, or one for all");
        return [.. Enumerable.Range(0, count).Select(i => units.Count == 0 ? "" : units[units.Count == 1 ? 0 : i])];
    }

    private static IEnumerable<double> Column(float[] values, int count, int index)
    {
        for (int at = index; at < values.Length; at += count) yield return values[at];
    }
}

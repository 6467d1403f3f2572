// Layers that read several values: sums and means of them, or one beside the other. NetworkBuilder decides later whether a model holds the result.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Keras;

/// <summary>Runs layers that read several values.</summary>
internal static class KerasMerge
{
    /// <summary>Classes of the layers.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal) { "Add", "Subtract", "Average", "Concatenate" };

    /// <summary>Runs a layer.</summary>
    public static KerasValue Run(KerasLayer layer, KerasValue[] values)
    {
        if (values.Length < 2) throw layer.Refuse("it reads less than two values", KerasRemedy.Save);
        KerasValue first = values[0];
        if (values.Any(value => value.IsPerStep != first.IsPerStep || value.IsReversed != first.IsReversed))
            throw layer.Refuse("it joins values of different timesteps", KerasRemedy.Listed);
        // A value joined to itself grows twofold with each layer.
        if (values.Sum(value => (long)value.Known(layer).Map.Rows.Count) > KerasLayers.MaxUnits)
            throw layer.Refuse($"it joins more than {KerasLayers.MaxUnits} numbers", KerasRemedy.Listed);
        Combination[] parts = Combination.Aligned([.. values.Select(value => value.Known(layer))]);
        LinearMap stacked = LinearMap.Stacked([.. parts.Select(part => part.Map)]);
        if (layer.ClassName == "Concatenate")
        {
            int[] axes = layer.Axes("axis", -1);
            return axes is [int axis] && (axis == -1 || axis == first.Sizes.Length)
                ? first.With(parts[0].With(stacked))
                : throw layer.Refuse($"it joins along axis {string.Join(", ", axes)}, which mixes timesteps", KerasRemedy.Listed);
        }
        int count = parts[0].Map.Rows.Count;
        if (parts.Any(part => part.Map.Rows.Count != count)) throw layer.Refuse("it joins vectors of different sizes", KerasRemedy.Listed);
        if (layer.ClassName == "Subtract" && parts.Length != 2) throw layer.Refuse("it reads other than two values", KerasRemedy.Save);
        double Factor(int part) => layer.ClassName switch { "Average" => 1.0 / parts.Length, "Subtract" when part == 1 => -1, _ => 1 };
        return first.With(parts[0].With(stacked.Combined(Enumerable.Range(0, count)
            .Select(n => Enumerable.Range(0, parts.Length).Select(part => (part * count + n, Factor(part))).ToArray()))));
    }
}

// Reshape gives sizes; what is asked for is meanings. Tries the readings that keep the order of the axes: an axis stays, an axis
// of size 1 goes or comes, the directions of a layer and its units become one.

using System.Collections.Generic;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Finds the axes after a Reshape.</summary>
internal static class AxisMatcher
{
    /// <summary>Finds the axes of a reshaped value.</summary>
    /// <param name="from">The axes before.</param>
    /// <param name="target">The sizes asked for: 0 keeps the one at the same place, -1 is what remains.</param>
    /// <returns>The axes after, or null when no reading fits.</returns>
    public static IReadOnlyList<Axis>? Match(IReadOnlyList<Axis> from, IReadOnlyList<SizeEntry> target) => Match(from, 0, target, 0);

    private static IReadOnlyList<Axis>? Match(IReadOnlyList<Axis> from, int i, IReadOnlyList<SizeEntry> target, int j)
    {
        if (i == from.Count && j == target.Count) return [];
        IReadOnlyList<Axis>? Then(Axis? axis, int axes, int sizes) =>
            Match(from, i + axes, target, j + sizes) is { } rest ? (axis == null ? rest : [axis, .. rest]) : null;

        IReadOnlyList<Axis>? found = null;
        if (i < from.Count && j < target.Count && Fits(from[i], target[j], from, j)) found = Then(from[i], 1, 1);
        if (found == null && j < target.Count && i + 1 < from.Count && from[i].Kind == AxisKind.Part && from[i + 1].Kind == AxisKind.Unit)
        {
            var merged = new Axis(AxisKind.Unit, from[i].Size * from[i + 1].Size);
            if (Fits(merged, target[j], from, j)) found = Then(merged, 2, 1);
        }
        if (found == null && i < from.Count && IsDroppable(from[i])) found = Then(null, 1, 0);
        if (found == null && j < target.Count && target[j] is { Axis: null, Number: 1 }) found = Then(new Axis(AxisKind.One, 1), 0, 1);
        return found;
    }

    /// <summary>Whether an axis can go without a trace.</summary>
    public static bool IsDroppable(Axis axis) => axis is { Kind: AxisKind.One } or { Kind: AxisKind.Part, Size: 1 };

    private static bool Fits(Axis axis, SizeEntry size, IReadOnlyList<Axis> from, int place)
    {
        if (size.Axis != null) return size.Axis.Kind == axis.Kind && size.Axis.Index == axis.Index;
        if (size.Number == -1) return true;
        if (size.Number == 0) return place < from.Count && from[place] == axis;
        // A size that is not fixed in the graph may have been when it was exported.
        return axis.Size == size.Number || axis.Size < 0;
    }
}

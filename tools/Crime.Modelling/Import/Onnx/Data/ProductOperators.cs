// Operators on two values that both depend on the input: sums, products, and matrix products, as attention has them.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs operators on two values of the network.</summary>
internal static class ProductOperators
{
    /// <summary>Adds or subtracts two values.</summary>
    /// <param name="operation">The node.</param>
    /// <param name="left">The first value.</param>
    /// <param name="right">The second value.</param>
    /// <param name="factor">The factor of the second value: 1, or -1 for a difference.</param>
    public static DataValue Sum(Operation operation, DataValue left, DataValue right, double factor)
    {
        (IReadOnlyList<Axis> axes, LinearMap leftMap, LinearMap rightMap) = Spread(operation, left, right);
        Combination[] both = Combination.Aligned([left.Content.With(leftMap), right.Content.With(rightMap)]);
        int count = both[0].Map.Rows.Count;
        LinearMap sum = LinearMap.Stacked([both[0].Map, both[1].Map])
            .Combined(Enumerable.Range(0, count).Select(n => new[] { (n, 1.0), (n + count, factor) }));
        return new DataValue(axes, both[0].With(sum));
    }

    /// <summary>Multiplies two values, number by number.</summary>
    public static DataValue Product(Operation operation, DataValue left, DataValue right)
    {
        (IReadOnlyList<Axis> axes, LinearMap leftMap, LinearMap rightMap) = Spread(operation, left, right);
        return new DataValue(axes, Of(operation, left.Content.With(leftMap), right.Content.With(rightMap)));
    }

    /// <summary>Divides one value by another, number by number.</summary>
    public static DataValue Quotient(Operation operation, DataValue left, DataValue right) =>
        Product(operation, left, new DataValue(right.Axes, Combination.Of(new FunctionSignal("Reciprocal", right.Content) { Node = operation.Node })));

    /// <summary>Multiplies two values as matrices: over the features, or over the timesteps.</summary>
    public static DataValue Matrices(Operation operation)
    {
        DataValue left = operation.Data(0), right = operation.Data(1);
        int rank = left.Axes.Count;
        if (rank != right.Axes.Count || rank < 2 || left.IsTruncated || right.IsTruncated) throw Mixed(operation, left, right);
        for (int axis = 0; axis < rank - 2; axis++)
        {
            bool isVector = left.Axes[axis].IsFeatures && left.Axes[axis].Atoms.Count > 0;
            if (isVector || !MoveOperators.Fits(left.Axes[axis], right.Axes[axis])) throw Mixed(operation, left, right);
        }
        Axis rows = left.Axes[^2], inner = left.Axes[^1], columns = right.Axes[^1];
        bool isOverTime = inner.Is(AtomKind.Time), fits = inner.Equals(right.Axes[^2]) && (isOverTime || inner.IsFeatures);
        // Two axes of timesteps would be a number for each pair of timesteps.
        bool isTwice = rows.Is(AtomKind.Time) && columns.Is(AtomKind.Time);
        if (!fits || isTwice || rows.Is(AtomKind.Batch) || columns.Is(AtomKind.Batch)) throw Mixed(operation, left, right);
        int m = rows.FeatureCount, n = columns.FeatureCount, k = isOverTime ? 1 : inner.FeatureCount;
        int[] leftPlaces = [.. from i in Enumerable.Range(0, m) from j in Enumerable.Range(0, n) from q in Enumerable.Range(0, k) select i * k + q];
        int[] rightPlaces = [.. from i in Enumerable.Range(0, m) from j in Enumerable.Range(0, n) from q in Enumerable.Range(0, k) select q * n + j];
        Combination product = Of(
            operation, left.Content.With(left.Content.Map.Picked(leftPlaces)), right.Content.With(right.Content.Map.Picked(rightPlaces)));
        Combination result = isOverTime
            ? Combination.Of(new PoolSignal(PoolKind.Sum, product) { Node = operation.Node })
            : product.With(product.Map.Combined(Enumerable.Range(0, m * n).Select(place => Enumerable.Range(0, k).Select(q => (place * k + q, 1.0)).ToArray())));
        return new DataValue([.. left.Axes.Take(rank - 2), rows, columns], result);
    }

    private static Combination Of(Operation operation, Combination left, Combination right) =>
        Combination.Of(new ProductSignal(left, right) { Node = operation.Node });

    private static UserInputException Mixed(Operation operation, DataValue left, DataValue right) => operation.Node.Refuse(
        $"it multiplies {left.AxesText} and {right.AxesText}; products over the features or over the timesteps of one sequence are known", Remedy.Listed);

    /// <summary>Spreads two values over the axes of both by ONNX's rule.</summary>
    private static (IReadOnlyList<Axis> Axes, LinearMap Left, LinearMap Right) Spread(Operation operation, DataValue left, DataValue right)
    {
        int rank = Math.Max(left.Axes.Count, right.Axes.Count);
        Axis[] leftAxes = Padded(left, rank), rightAxes = Padded(right, rank), axes = new Axis[rank];
        for (int n = 0; n < rank; n++)
        {
            bool isLeftOne = leftAxes[n].Atoms.Count == 0, isRightOne = rightAxes[n].Atoms.Count == 0;
            if (left.IsTruncated || right.IsTruncated || !(isLeftOne || isRightOne || MoveOperators.Fits(leftAxes[n], rightAxes[n])))
                throw operation.Node.Refuse($"it joins {left.AxesText} and {right.AxesText}", Remedy.Listed);
            axes[n] = isLeftOne ? rightAxes[n] : leftAxes[n];
        }
        return (axes, SpreadMap(left, leftAxes, axes), SpreadMap(right, rightAxes, axes));
    }

    private static Axis[] Padded(DataValue value, int rank) => [.. Enumerable.Repeat(Axis.One, rank - value.Axes.Count), .. value.Axes];

    private static LinearMap SpreadMap(DataValue value, Axis[] own, Axis[] axes)
    {
        int[] steps = new DataValue(own, value.Content).RowSteps();
        for (int n = 0; n < own.Length; n++)
            if (own[n].FeatureCount != axes[n].FeatureCount) steps[n] = 0;
        return value.Content.Map.Picked(MoveOperators.Places([.. axes.Select(axis => axis.FeatureCount)], steps, 0));
    }
}

// Operators that move, drop, add, join or pick axes of a value that depends on the input.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Folding;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs operators on the axes of a value.</summary>
internal static class MoveOperators
{
    /// <summary>Returns the value itself.</summary>
    public static DataValue Same(Operation operation) => operation.Data(0);

    /// <summary>Returns the value itself: outside of a training a Dropout changes nothing.</summary>
    public static DataValue Dropout(Operation operation)
    {
        bool isTraining = operation[2] != null && operation.Known(2, "training_mode").AllIntegers().Any(choice => choice != 0);
        return isTraining ? throw operation.Node.Refuse("it is in training mode", Remedy.Evaluation) : operation.Data(0);
    }

    /// <summary>Runs a Cast. A model computes in single precision, whatever the graph says.</summary>
    public static DataValue Cast(Operation operation)
    {
        DataValue value = operation.Data(0);
        long type = operation.Node.Integer("to", ElementType.Float);
        if (type == ElementType.Bool) throw operation.Node.Refuse("it makes truth values of the data", Remedy.Listed);
        if (type is not (ElementType.Int32 or ElementType.Int64) && !ElementType.IsReal(type))
            throw operation.Node.Refuse($"it makes numbers of ONNX element type {type} of the data", Remedy.Listed);
        if (!ElementType.IsReal(type))
        {
            // Keras feeds token numbers as floating-point numbers.
            bool isToken = value.Content is { IsPlain: true, Signals: [InputSignal { Count: 1 }] };
            if (!isToken) throw operation.Node.Refuse("it rounds the data to whole numbers", Remedy.Listed);
            return new DataValue(value.Axes, value.Content) { IsTruncated = true };
        }
        if (value.IsTruncated) throw operation.Node.Refuse("it rounds the data to whole numbers and back", Remedy.Listed);
        return value;
    }

    /// <summary>Runs a Transpose.</summary>
    public static DataValue Transpose(Operation operation)
    {
        DataValue value = operation.Data(0);
        int[] order = operation.Order(value.Axes.Count), steps = value.RowSteps();
        Axis[] axes = [.. order.Select(axis => value.Axes[axis])];
        return value.With(axes, value.Content.Map.Picked(Places([.. axes.Select(axis => axis.FeatureCount)], [.. order.Select(axis => steps[axis])], 0)));
    }

    /// <summary>Runs a Squeeze.</summary>
    public static DataValue Squeeze(Operation operation)
    {
        DataValue value = operation.Data(0);
        int rank = value.Axes.Count;
        HashSet<int> gone = operation.Integers(1, "axes") is { } axes
            ? [.. axes.Select(axis => operation.AxisAt(axis, rank))]
            : [.. Enumerable.Range(0, rank).Where(axis => value.Axes[axis].Size == 1)];
        foreach (int axis in gone)
        {
            // A batch of one is an axis of size 1 too, if the graph was exported for it.
            bool isOne = value.Axes[axis].Size == 1 || (value.Axes[axis].Is(AtomKind.Batch) && !value.Axes[axis].Size.IsNumber);
            if (!isOne || value.Axes[axis].Is(AtomKind.Time))
                throw operation.Node.Refuse($"axis {axis} of {value.AxesText} is not of size 1", Remedy.Export);
        }
        return value.With([.. value.Axes.Where((_, axis) => !gone.Contains(axis))]);
    }

    /// <summary>Runs an Unsqueeze.</summary>
    public static DataValue Unsqueeze(Operation operation)
    {
        DataValue value = operation.Data(0);
        HashSet<int> added = operation.Added(value.Axes.Count);
        var next = new Queue<Axis>(value.Axes);
        return value.With([.. Enumerable.Range(0, value.Axes.Count + added.Count).Select(axis => added.Contains(axis) ? Axis.One : next.Dequeue())]);
    }

    /// <summary>Runs a Reshape.</summary>
    public static DataValue Reshape(Operation operation)
    {
        DataValue value = operation.Data(0);
        Size[] target = operation.Sizes(1, "shape") ?? throw operation.Node.Refuse("it has no shape");
        bool keepsZeros = operation.Node.Integer("allowzero", 0) == 0;
        return Reshaped(operation, value, [.. target.Select((size, axis) =>
            size == 0 && keepsZeros && axis < value.Axes.Count ? value.Axes[axis].Size : size)]);
    }

    /// <summary>Runs a Flatten.</summary>
    public static DataValue Flatten(Operation operation)
    {
        DataValue value = operation.Data(0);
        int rank = value.Axes.Count;
        long axis = operation.Node.Integer("axis", 1);
        int split = axis == rank ? rank : operation.AxisAt(axis, rank);
        return Reshaped(operation, value, [Size.Product(value.Axes.Take(split).Select(a => a.Size)), Size.Product(value.Axes.Skip(split).Select(a => a.Size))]);
    }

    /// <summary>Runs an Expand, which may repeat nothing.</summary>
    public static DataValue Expand(Operation operation)
    {
        DataValue value = operation.Data(0);
        Size[] wanted = operation.Sizes(1, "shape") ?? throw operation.Node.Refuse("it has no shape");
        Size[] shape = Broadcasting.Shape(operation, value.Shape, wanted);
        Axis[] axes = [.. Enumerable.Repeat(Axis.One, shape.Length - value.Axes.Count), .. value.Axes];
        return axes.Select(axis => axis.Size).SequenceEqual(shape)
            ? value.With(axes)
            : throw operation.Node.Refuse($"it repeats {value.AxesText} to [{string.Join(", ", shape)}]", Remedy.Listed);
    }

    /// <summary>Runs a Slice.</summary>
    public static DataValue Slice(Operation operation)
    {
        DataValue value = operation.Data(0);
        foreach (Cut cut in KnownSlices.CutsOf(operation, value.Shape).Where(cut => !cut.IsAll))
        {
            Axis axis = value.Axes[cut.Axis];
            if (axis.IsFeatures)
            {
                int first = KnownTensor.Plain(cut.Start);
                value = PickFeatures(value, cut.Axis, [.. Enumerable.Range(0, KnownTensor.Plain(cut.Count)).Select(n => (int)(first + n * cut.Step))], keepsAxis: true);
                continue;
            }
            if (cut.Count != 1) throw operation.Node.Refuse(
                $"it takes {cut.Count} places from {cut.Start} of {value.AxesText}; one timestep, or all, can be taken", Remedy.OneSequence);
            value = PickPlace(operation, value, cut.Axis, cut.Start, keepsAxis: true);
        }
        return value;
    }

    /// <summary>Runs a Gather with known places, or with an order of the sequences.</summary>
    public static DataValue Gather(Operation operation)
    {
        if (operation[0] is KnownTensor) return Embed(operation);
        DataValue value = operation.Data(0);
        int place = operation.AxisAt(operation.Node.Integer("axis", 0), value.Axes.Count);
        Axis axis = value.Axes[place];
        // The sequences sorted by length and back: for each of them nothing changes.
        if (operation[1] is OrderValue order && axis.Is(AtomKind.Batch) && axis.Size == order.Batch) return value;
        KnownTensor indices = operation.Known(1, "indices");
        Size[] places = indices.IsInteger ? indices.AllIntegers() : throw operation.Node.Refuse("its indices are no whole numbers", Remedy.Export);
        if (axis.IsFeatures && axis.Atoms.Count > 0)
        {
            if (indices.Shape.Count > 1) throw operation.Node.Refuse("it picks more than a vector of places", Remedy.Listed);
            int[] wanted = [.. places.Select(index => KnownTensor.Plain(index.CompareTo(0) == -1 ? index + axis.FeatureCount : index))];
            if (wanted.Any(index => index >= axis.FeatureCount)) throw operation.Node.Refuse($"it picks a place beyond {axis.FeatureCount}", Remedy.Export);
            return PickFeatures(value, place, wanted, keepsAxis: indices.Shape.Count == 1);
        }
        if (places.Length != 1) throw operation.Node.Refuse(
            $"it picks {places.Length} places of axis {place} of {value.AxesText}; one timestep can be taken", Remedy.OneSequence);
        DataValue picked = PickPlace(operation, value, place, places[0].CompareTo(0) == -1 ? places[0] + axis.Size : places[0], keepsAxis: false);
        return picked.With([.. picked.Axes.Take(place), .. indices.Shape.Select(_ => Axis.One), .. picked.Axes.Skip(place)]);
    }

    /// <summary>Runs a Split.</summary>
    public static IReadOnlyList<GraphValue> Split(Operation operation)
    {
        DataValue value = operation.Data(0);
        int place = operation.AxisAt(operation.Node.Integer("axis", 0), value.Axes.Count);
        if (!value.Axes[place].IsFeatures) throw operation.Node.Refuse($"it splits axis {place} of {value.AxesText}", Remedy.OneSequence);
        var parts = new List<GraphValue>();
        int start = 0;
        foreach (int size in KnownSlices.SizesOf(operation, value.Axes[place].Size))
        {
            parts.Add(PickFeatures(value, place, [.. Enumerable.Range(start, size)], keepsAxis: true));
            start += size;
        }
        return parts;
    }

    /// <summary>Runs a Concat of features.</summary>
    public static DataValue Concat(Operation operation)
    {
        DataValue[] parts = [.. Enumerable.Range(0, operation.Inputs.Count).Select(operation.Data)];
        DataValue first = parts[0];
        int place = operation.AxisAt(operation.Node.Integer("axis", 0), first.Axes.Count);
        bool isAlike = parts.All(part => part.Axes.Count == first.Axes.Count
            && part.Axes.Where((axis, a) => a != place && !Fits(axis, first.Axes[a])).Take(1).Count() == 0 && part.Axes[place].IsFeatures);
        if (!isAlike || parts.Any(part => part.IsTruncated))
            throw operation.Node.Refuse(
                $"it joins {string.Join(" and ", parts.Select(part => part.AxesText))} along axis {place}, and only features can be joined", Remedy.OneSequence);
        int[] counts = [.. parts.Select(part => part.Axes[place].FeatureCount)];
        int outer = first.Axes.Take(place).Aggregate(1, (count, axis) => count * axis.FeatureCount);
        int inner = first.Axes.Skip(place + 1).Aggregate(1, (count, axis) => count * axis.FeatureCount);
        Combination[] aligned = Combination.Aligned([.. parts.Select(part => part.Content)]);
        LinearMap all = LinearMap.Stacked([.. aligned.Select(part => part.Map)]);
        var rows = new List<int>();
        for (int o = 0; o < outer; o++)
            for (int part = 0, start = 0; part < parts.Length; start += outer * counts[part] * inner, part++)
                rows.AddRange(Enumerable.Range(start + o * counts[part] * inner, counts[part] * inner));
        return new DataValue(first.Replaced(place, Axis.Features(counts.Sum())), aligned[0].With(all.Picked(rows)));
    }

    /// <summary>True when two axes can lie side by side: the same meaning, or a batch of one and nothing.</summary>
    public static bool Fits(Axis left, Axis right) =>
        left.Equals(right) || (left.Size == 1 && right.Size == 1 && !left.Is(AtomKind.Time) && !right.Is(AtomKind.Time));

    /// <summary>Returns places of rows, walked in the order of axes.</summary>
    /// <param name="counts">Features along each axis.</param>
    /// <param name="steps">Distance of neighbours along each axis.</param>
    /// <param name="start">Place of the first.</param>
    public static IEnumerable<int> Places(int[] counts, int[] steps, int start)
    {
        int total = counts.Aggregate(1, (product, count) => product * count);
        for (int n = 0; n < total; n++)
        {
            int place = start;
            for (int axis = counts.Length - 1, rest = n; axis >= 0; rest /= counts[axis], axis--) place += rest % counts[axis] * steps[axis];
            yield return place;
        }
    }

    private static DataValue Reshaped(Operation operation, DataValue value, Size[] target) =>
        value.With(AtomMatcher.Match(value.Axes, target)
            ?? throw operation.Node.Refuse(
                $"it makes [{string.Join(", ", target)}] of {value.AxesText}, which mixes timesteps, sequences and features", Remedy.OneSequence));

    private static DataValue PickFeatures(DataValue value, int place, int[] wanted, bool keepsAxis)
    {
        int[] steps = value.RowSteps();
        int before = value.Axes.Take(place).Aggregate(1, (count, axis) => count * axis.FeatureCount), inner = steps[place];
        int whole = value.Axes[place].FeatureCount * inner;
        var rows = new List<int>();
        for (int o = 0; o < before; o++)
            foreach (int index in wanted) rows.AddRange(Enumerable.Range(o * whole + index * inner, inner));
        return value.With(keepsAxis ? value.Replaced(place, Axis.Features(wanted.Length)) : value.Replaced(place), value.Content.Map.Picked(rows));
    }

    /// <summary>Takes one timestep, or the only place of an axis of size 1.</summary>
    private static DataValue PickPlace(Operation operation, DataValue value, int place, Size index, bool keepsAxis)
    {
        Axis axis = value.Axes[place];
        Axis[] axes = keepsAxis ? value.Replaced(place, Axis.One) : value.Replaced(place);
        if (axis.Is(AtomKind.Time))
        {
            StateMoment moment = index == axis.Size - 1 ? StateMoment.Last
                : index == 0 ? StateMoment.First
                : throw operation.Node.Refuse($"it takes timestep {index} of {axis.Size}; the last or the first can be taken", Remedy.OneSequence);
            return new DataValue(axes, value.Content.At(moment));
        }
        if (axis.Size == 1 && index == 0) return value.With(axes);
        throw operation.Node.Refuse($"it takes place {index} of axis {place} of {value.AxesText}; a timestep or features can be taken", Remedy.OneSequence);
    }

    private static DataValue Embed(Operation operation)
    {
        KnownTensor table = operation.Known(0, "table");
        DataValue tokens = operation.Data(1);
        if (tokens.Content is not { IsPlain: true, Signals: [InputSignal { Count: 1 }] })
            throw operation.Node.Refuse("it looks up other than the input of the network", Remedy.Listed);
        if (operation.Node.Integer("axis", 0) != 0 || table.Shape.Count != 2 || table.IsInteger)
            throw operation.Node.Refuse($"an embedding is a matrix looked up by its rows; this one has shape {table.ShapeText}", Remedy.Listed);
        float[] numbers = table.AllNumbers();
        if (numbers.Any(number => !float.IsFinite(number))) throw operation.Node.Refuse(
            $"the embedding '{operation.Node.Inputs[0]}' holds NaN or infinity", Remedy.Export);
        int[] shape = table.PlainShape();
        return new DataValue([.. tokens.Axes, Axis.Features(shape[1])], Combination.Of(new EmbeddingSignal(numbers, shape[0], shape[1]) { Node = operation.Node }));
    }
}

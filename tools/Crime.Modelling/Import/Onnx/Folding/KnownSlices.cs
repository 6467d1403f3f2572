// Operators that take a part of a known tensor.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Folding;

/// <summary>One axis of a Slice.</summary>
/// <param name="Axis">Index of the axis.</param>
/// <param name="Start">First place.</param>
/// <param name="Count">Number of places.</param>
/// <param name="Step">Distance of the places.</param>
/// <param name="IsAll">True when the axis stays as it is.</param>
internal readonly record struct Cut(int Axis, Size Start, Size Count, long Step, bool IsAll);

/// <summary>Computes Slice, Gather and Split on known tensors.</summary>
internal static class KnownSlices
{
    /// <summary>Returns what a Slice takes of each axis that it names.</summary>
    /// <param name="operation">The node.</param>
    /// <param name="shape">The sizes of its input.</param>
    public static IReadOnlyList<Cut> CutsOf(Operation operation, IReadOnlyList<Size> shape)
    {
        Size[] starts = operation.Sizes(1, "starts") ?? throw operation.Node.Refuse("it has no starts");
        Size[] ends = operation.Sizes(2, "ends") ?? throw operation.Node.Refuse("it has no ends");
        long[] axes = operation.Integers(3, "axes") ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = operation.Integers(4, "steps") ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (starts.Length != ends.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            throw operation.Node.Refuse("starts, ends, axes and steps differ in number", Remedy.Export);
        return [.. starts.Select((start, n) =>
        {
            int axis = operation.AxisAt(axes[n], shape.Count);
            return CutOf(operation, axis, shape[axis], start, ends[n], steps[n]);
        })];
    }

    /// <summary>Computes a Slice.</summary>
    public static KnownTensor Slice(Operation operation)
    {
        KnownTensor value = KnownOperators.First(operation);
        foreach (Cut cut in CutsOf(operation, value.Shape).Where(cut => !cut.IsAll))
        {
            int[] steps = value.Steps(), stored = [.. value.Stored];
            Size[] shape = [.. value.Shape];
            shape[cut.Axis] = cut.Count;
            int first = 0;
            if (stored[cut.Axis] != 1 || value.Shape[cut.Axis] == 1)
            {
                stored[cut.Axis] = KnownTensor.Plain(cut.Count);
                first = stored[cut.Axis] == 0 ? 0 : KnownTensor.Plain(cut.Start) * steps[cut.Axis];
                steps[cut.Axis] = (int)(steps[cut.Axis] * cut.Step);
            }
            value = value.View(shape, stored, steps, first);
        }
        return value;
    }

    /// <summary>Computes a Gather.</summary>
    public static KnownTensor Gather(Operation operation)
    {
        KnownTensor value = KnownOperators.First(operation), indices = operation.Known(1, "indices");
        if (!indices.IsInteger) throw operation.Node.Refuse("its indices are no whole numbers", Remedy.Export);
        int axis = operation.AxisAt(operation.Node.Integer("axis", 0), value.Shape.Count);
        Size[] places = indices.AllIntegers();
        Size size = value.Shape[axis];
        int inner = KnownTensor.Count(value.Stored.Skip(axis + 1)), outer = KnownTensor.Count(value.Stored.Take(axis)), length = value.Stored[axis];
        Size[] shape = [.. value.Shape.Take(axis), .. indices.Shape, .. value.Shape.Skip(axis + 1)];
        int[] stored = [.. value.Stored.Take(axis), .. indices.PlainShape(), .. value.Stored.Skip(axis + 1)];
        var from = new int[KnownTensor.Count(stored)];
        int n = 0;
        for (int o = 0; o < outer; o++)
            foreach (Size given in places)
            {
                Size place = given.CompareTo(0) == -1 ? given + size : given;
                if (place.CompareTo(0) is null or -1 || place.CompareTo(size) is null or 0 or 1)
                    throw operation.Node.Refuse($"it takes place {given} of {size}", Remedy.Export);
                int at = length == 1 ? 0 : KnownTensor.Plain(place);
                for (int i = 0; i < inner; i++) from[n++] = (o * length + at) * inner + i;
            }
        return value.Picked(shape, stored, from);
    }

    /// <summary>Computes a Split.</summary>
    public static IReadOnlyList<GraphValue> Split(Operation operation)
    {
        KnownTensor value = KnownOperators.First(operation);
        int axis = operation.AxisAt(operation.Node.Integer("axis", 0), value.Shape.Count);
        var parts = new List<GraphValue>();
        int start = 0;
        foreach (int size in SizesOf(operation, value.Shape[axis]))
        {
            int[] steps = value.Steps(), stored = [.. value.Stored];
            Size[] shape = [.. value.Shape];
            shape[axis] = size;
            if (stored[axis] != 1) stored[axis] = size;
            parts.Add(value.View(shape, stored, steps, start * steps[axis]));
            start += size;
        }
        return parts;
    }

    /// <summary>Returns the sizes of the parts that a Split makes.</summary>
    /// <param name="operation">The node.</param>
    /// <param name="total">The size that is split.</param>
    public static int[] SizesOf(Operation operation, Size total)
    {
        int whole = KnownTensor.Plain(total), count = operation.Node.Outputs.Count;
        if (count == 0) throw operation.Node.Refuse("it makes nothing", Remedy.Export);
        int each = (whole + count - 1) / count;
        int[] sizes = operation.Integers(1, "split") is { } given
            ? [.. given.Select(size => KnownTensor.Plain(new Size(size)))]
            : [.. Enumerable.Range(0, count).Select(n => Math.Clamp(whole - n * each, 0, each))];
        if (sizes.Length != count || sizes.Sum(size => (long)size) != whole) throw operation.Node.Refuse($"its parts do not make up {whole}", Remedy.Export);
        return sizes;
    }

    private static Cut CutOf(Operation operation, int axis, Size size, Size start, Size end, long step)
    {
        if (step == 0) throw operation.Node.Refuse("its step is 0", Remedy.Export);
        Size from = Clamped(start, size, step < 0), to = Clamped(end, size, step < 0);
        Size span = step > 0 ? to - from : from - to;
        long stride = Math.Abs(step);
        if (span.CompareTo(0) is 0 or -1) return new Cut(axis, 0, 0, step, false);
        Size count = stride == 1
            ? span
            : span.IsNumber ? (span.Constant + stride - 1) / stride : throw operation.Node.Refuse($"a step of {step} through the size '{size}'", Remedy.Constant);
        return new Cut(axis, from, count, step, step == 1 && from == 0 && count == size);
    }

    /// <summary>Returns a bound of a Slice within 0 to the size; a backward one within -1 to the last place.</summary>
    private static Size Clamped(Size bound, Size size, bool isBackward)
    {
        Size low = isBackward ? -1 : 0, high = isBackward ? size - 1 : size;
        if (bound.IsNumber && bound.Constant < 0)
        {
            if (bound.Constant <= int.MinValue) return low;
            bound += size;
        }
        else if (bound.IsNumber && bound.Constant >= int.MaxValue)
        {
            return high;
        }
        if (bound.CompareTo(low) == -1) return low;
        if (bound.CompareTo(high) is 1 or 0) return high;
        // Within an unknown size a bound from the front is taken as it stands.
        return bound;
    }
}

// Operators whose inputs are all known: constants, zeros and sizes. They are computed while the file is read. This table moves
// elements; KnownArithmetic computes with them.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Folding;

/// <summary>Computes operators on known tensors.</summary>
internal static class KnownOperators
{
    private static readonly Dictionary<string, Func<Operation, KnownTensor>> s_table = new(StringComparer.Ordinal)
    {
        ["Constant"] = Constant,
        ["Identity"] = operation => First(operation),
        ["Dropout"] = Dropout,
        ["Shape"] = operation => ShapeOf(operation, First(operation).Shape),
        ["Size"] = operation => KnownTensor.OfInteger(Size.Product(First(operation).Shape)),
        ["ConstantOfShape"] = ConstantOfShape,
        ["Range"] = Range,
        ["Transpose"] = Transpose,
        ["Unsqueeze"] = Unsqueeze,
        ["Squeeze"] = Squeeze,
        ["Reshape"] = Reshape,
        ["Flatten"] = Flatten,
        ["Expand"] = Expand,
        ["Tile"] = Tile,
        ["Slice"] = KnownSlices.Slice,
        ["Gather"] = KnownSlices.Gather,
        ["Concat"] = Concat,
    };

    /// <summary>Computes a node.</summary>
    /// <param name="operation">The node; all its inputs are known.</param>
    /// <returns>Its outputs; null when the operator is none that is computed.</returns>
    public static IReadOnlyList<GraphValue>? TryRun(Operation operation)
    {
        if (operation.Node.Operator == "Split") return KnownSlices.Split(operation);
        if (operation.Node.Operator == "Range" && CountedBatch(operation) is { } order) return [order];
        if (s_table.TryGetValue(operation.Node.Operator, out Func<Operation, KnownTensor>? run)) return [run(operation)];
        return KnownArithmetic.TryRun(operation) is { } result ? [result] : null;
    }

    /// <summary>Returns the sizes that a Shape node gives: from opset 15 on, those between start and end.</summary>
    /// <param name="operation">The node.</param>
    /// <param name="shape">The sizes of its input.</param>
    public static KnownTensor ShapeOf(Operation operation, IReadOnlyList<Size> shape)
    {
        int rank = shape.Count;
        int Bound(string name, long otherwise)
        {
            long value = operation.Node.Integer(name, otherwise);
            return (int)Math.Clamp(value < 0 ? value + rank : value, 0, rank);
        }
        int start = Bound("start", 0), end = Bound("end", rank);
        return KnownTensor.OfIntegers([.. shape.Skip(start).Take(Math.Max(0, end - start))]);
    }

    /// <summary>Returns the first input.</summary>
    public static KnownTensor First(Operation operation) => operation.Known(0, "input");

    private static KnownTensor Dropout(Operation operation)
    {
        bool isTraining = operation[2] != null && operation.Known(2, "training_mode").AllIntegers().Any(choice => choice != 0);
        return isTraining ? throw operation.Node.Refuse("it is in training mode", Remedy.Evaluation) : First(operation);
    }

    private static KnownTensor Constant(Operation operation)
    {
        OnnxNode node = operation.Node;
        if (node.Attributes.TryGetValue("value", out OnnxAttribute? value) && value.Tensor != null) return value.Tensor.ToKnown();
        if (node.Attributes.TryGetValue("value_float", out OnnxAttribute? number)) return KnownTensor.OfNumbers([number.Float]);
        if (node.Attributes.TryGetValue("value_int", out OnnxAttribute? integer)) return KnownTensor.OfInteger(integer.Integer);
        if (node.Attributes.TryGetValue("value_floats", out OnnxAttribute? numbers)) return KnownTensor.OfNumbers([.. numbers.Floats], numbers.Floats.Count);
        if (node.Attributes.TryGetValue("value_ints", out OnnxAttribute? integers))
            return KnownTensor.OfIntegers([.. integers.Integers.Select(item => new Size(item))]);
        throw node.Refuse("it holds no tensor or number", Remedy.Export);
    }

    private static KnownTensor ConstantOfShape(Operation operation)
    {
        OnnxTensor? value = operation.Node.Attributes.TryGetValue("value", out OnnxAttribute? attribute) ? attribute.Tensor : null;
        KnownTensor one = value?.ToKnown() ?? KnownTensor.OfNumbers([0], 1);
        if (one.StoredCount == 0) throw operation.Node.Refuse("its value holds no element", Remedy.Export);
        return KnownTensor.Filled(one, First(operation).AllIntegers());
    }

    /// <summary>Returns 0, 1, 2 and so on below an unknown size: an order of that many sequences. Null for any other range.</summary>
    private static OrderValue? CountedBatch(Operation operation) =>
        (First(operation).Integers, operation.Known(1, "limit").Integers, operation.Known(2, "delta").Integers) is ([var start], [{ IsNumber: false } limit], [var delta])
            && start == 0 && delta == 1 ? new OrderValue(limit) : null;

    private static KnownTensor Range(Operation operation)
    {
        KnownTensor start = First(operation), limit = operation.Known(1, "limit"), delta = operation.Known(2, "delta");
        if (start.IsInteger && limit.IsInteger && delta.IsInteger)
        {
            long from = Number(start), to = Number(limit), step = Number(delta);
            if (step == 0) throw operation.Node.Refuse("its delta is 0", Remedy.Export);
            int count = KnownTensor.Plain(new Size(Math.Max(0, (to - from + step - Math.Sign(step)) / step)));
            return KnownTensor.OfIntegers([.. Enumerable.Range(0, count).Select(n => new Size(from + n * step))]);
        }
        throw new NotKnownException("a range of other than whole numbers");
    }

    private static long Number(KnownTensor tensor)
    {
        Size size = tensor.AllIntegers() is [var only] ? only : throw new NotKnownException("a range from other than single numbers");
        return size.IsNumber ? size.Constant : throw new NotKnownException($"the size '{size}' has to be known here");
    }

    private static KnownTensor Transpose(Operation operation)
    {
        KnownTensor value = First(operation);
        int[] order = operation.Order(value.Shape.Count), steps = value.Steps();
        return value.View([.. order.Select(a => value.Shape[a])], [.. order.Select(a => value.Stored[a])], [.. order.Select(a => steps[a])], 0);
    }

    private static KnownTensor Unsqueeze(Operation operation)
    {
        KnownTensor value = First(operation);
        HashSet<int> added = operation.Added(value.Shape.Count);
        var shape = new List<Size>();
        var stored = new List<int>();
        for (int a = 0, next = 0; a < value.Shape.Count + added.Count; a++)
        {
            shape.Add(added.Contains(a) ? 1 : value.Shape[next]);
            stored.Add(added.Contains(a) ? 1 : value.Stored[next++]);
        }
        return value.WithShape(shape, stored);
    }

    private static KnownTensor Squeeze(Operation operation)
    {
        KnownTensor value = First(operation);
        int rank = value.Shape.Count;
        HashSet<int> gone = operation.Integers(1, "axes") is { } axes
            ? [.. axes.Select(axis => operation.AxisAt(axis, rank))]
            : [.. Enumerable.Range(0, rank).Where(axis => value.Shape[axis] == 1)];
        int wrong = gone.FirstOrDefault(axis => value.Shape[axis] != 1, -1);
        if (wrong >= 0) throw operation.Node.Refuse($"axis {wrong} of {value.ShapeText} is not of size 1", Remedy.Export);
        return value.WithShape([.. value.Shape.Where((_, a) => !gone.Contains(a))], [.. value.Stored.Where((_, a) => !gone.Contains(a))]);
    }

    private static KnownTensor Reshape(Operation operation)
    {
        KnownTensor value = First(operation);
        Size[] target = operation.Sizes(1, "shape") ?? throw operation.Node.Refuse("it has no shape");
        return Reshaped(operation, value, [.. target.Select((size, a) =>
            size == 0 && operation.Node.Integer("allowzero", 0) == 0 && a < value.Shape.Count ? value.Shape[a] : size)]);
    }

    private static KnownTensor Flatten(Operation operation)
    {
        KnownTensor value = First(operation);
        long axis = operation.Node.Integer("axis", 1);
        int split = axis == value.Shape.Count ? value.Shape.Count : operation.AxisAt(axis, value.Shape.Count);
        return Reshaped(operation, value, [Size.Product(value.Shape.Take(split)), Size.Product(value.Shape.Skip(split))]);
    }

    private static KnownTensor Reshaped(Operation operation, KnownTensor value, Size[] target)
    {
        Size total = Size.Product(value.Shape);
        int free = Array.FindIndex(target, size => size == -1);
        if (free >= 0)
            target[free] = total.DividedBy(Size.Product(target.Where((_, a) => a != free))) ?? throw new NotKnownException(
                $"the last size of [{string.Join(", ", target)}]");
        if (Size.Product(target) != total) throw operation.Node.Refuse($"{value.ShapeText} does not become [{string.Join(", ", target)}]", Remedy.Export);
        if (value.StoredCount == 1) return value.WithShape(target, [.. target.Select(_ => 1)]);
        if (value.Shape.All(size => size.IsNumber))
        {
            int[] plain = [.. target.Select(KnownTensor.Plain)];
            return value.Whole().WithShape(target, plain);
        }
        // With an unknown size only axes of size 1 may come and go.
        if (!value.Shape.Where(size => size != 1).SequenceEqual(target.Where(size => size != 1)))
            throw new NotKnownException($"{value.ShapeText} as [{string.Join(", ", target)}]");
        var stored = new Queue<int>(value.Stored.Where((_, a) => value.Shape[a] != 1));
        return value.WithShape(target, [.. target.Select(size => size == 1 ? 1 : stored.Dequeue())]);
    }

    private static KnownTensor Expand(Operation operation)
    {
        KnownTensor value = First(operation).Compact();
        Size[] wanted = operation.Sizes(1, "shape") ?? throw operation.Node.Refuse("it has no shape");
        // A batch that was fixed when the constant was made may be open in the graph: equal elements fit any size.
        Size[] from = [.. value.Shape.Select((size, axis) =>
            axis + wanted.Length - value.Shape.Count is >= 0 and var at && value.Stored[axis] == 1 && !wanted[at].IsNumber ? wanted[at] : size)];
        Size[] shape = Broadcasting.Shape(operation, from, wanted);
        return value.WithShape(shape, [.. Enumerable.Repeat(1, shape.Length - value.Stored.Count), .. value.Stored]);
    }

    private static KnownTensor Tile(Operation operation)
    {
        KnownTensor value = First(operation);
        Size[] repeats = operation.Sizes(1, "repeats") ?? throw operation.Node.Refuse("it has no repeats");
        if (repeats.Length != value.Shape.Count) throw operation.Node.Refuse("its repeats are not one for each axis", Remedy.Export);
        for (int axis = 0; axis < repeats.Length; axis++)
        {
            if (repeats[axis] == 1) continue;
            Size[] shape = [.. value.Shape];
            shape[axis] *= repeats[axis];
            value = value.Stored[axis] == 1
                ? value.WithShape(shape, value.Stored)
                : KnownTensor.Joined([.. Enumerable.Repeat(value, KnownTensor.Plain(repeats[axis]))], axis);
        }
        return value;
    }

    private static KnownTensor Concat(Operation operation)
    {
        KnownTensor[] parts = [.. operation.Inputs.OfType<KnownTensor>()];
        if (parts.Length == 0) throw operation.Node.Refuse("it joins nothing", Remedy.Export);
        int axis = operation.AxisAt(operation.Node.Integer("axis", 0), parts[0].Shape.Count);
        bool isAlike = parts.All(part => part.IsInteger == parts[0].IsInteger && part.Shape.Count == parts[0].Shape.Count
            && !part.Shape.Where((size, a) => a != axis && size != parts[0].Shape[a]).Any());
        if (!isAlike) throw operation.Node.Refuse($"it joins {string.Join(" and ", parts.Select(part => part.ShapeText))}", Remedy.Export);
        return KnownTensor.Joined(parts, axis);
    }
}

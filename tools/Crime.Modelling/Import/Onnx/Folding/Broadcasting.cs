// ONNX's rule for operands of different shapes: axes are aligned at the end, and an axis of size 1 fits every size.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Folding;

/// <summary>Aligns shapes.</summary>
internal static class Broadcasting
{
    /// <summary>Returns the common shape of two.</summary>
    public static Size[] Shape(Operation operation, IReadOnlyList<Size> left, IReadOnlyList<Size> right)
    {
        int rank = Math.Max(left.Count, right.Count);
        var shape = new Size[rank];
        for (int n = 1; n <= rank; n++)
        {
            Size a = n <= left.Count ? left[^n] : 1, b = n <= right.Count ? right[^n] : 1;
            if (a != b && a != 1 && b != 1)
                throw operation.Node.Refuse($"the shapes [{string.Join(", ", left)}] and [{string.Join(", ", right)}] do not fit", Remedy.Export);
            shape[^n] = a == 1 ? b : a;
        }
        return shape;
    }

    /// <summary>Returns tensors with the same shape and the same stored elements.</summary>
    public static KnownTensor[] Align(Operation operation, params KnownTensor[] tensors)
    {
        Size[] shape = [];
        foreach (KnownTensor tensor in tensors) shape = Shape(operation, shape, tensor.Shape);
        int[][] stored = [.. tensors.Select(tensor => (int[])[.. Enumerable.Repeat(1, shape.Length - tensor.Stored.Count), .. tensor.Stored])];
        // An empty axis stays empty.
        int[] common = [.. shape.Select((_, axis) => stored.Any(one => one[axis] == 0) ? 0 : stored.Max(one => one[axis]))];
        return [.. tensors.Select((tensor, n) => tensor.WithShape(shape, stored[n]).WithStored(common))];
    }
}

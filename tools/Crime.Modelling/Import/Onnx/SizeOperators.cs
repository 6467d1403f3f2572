// Exporters compute shapes inside the graph: Shape, then Gather, Concat, Unsqueeze on its elements, then Reshape, ConstantOfShape
// or Expand. The elements are followed like everything else: as numbers where they are fixed, as axes where they are not.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Runs operators on constants and on vectors of sizes.</summary>
internal static class SizeOperators
{
    /// <summary>Runs a node.</summary>
    /// <returns>The value it makes; null when the operator, or what it is applied to, is none of these.</returns>
    public static GraphValue? TryRun(OnnxNode node, OnnxGraph graph)
    {
        if (node.Operator == "Constant") return Constant(node);
        if (node.Inputs.Count == 0) return null;
        GraphValue value = graph.ValueOf(node, node.Inputs[0]);
        if (node.Operator == "Shape") return value is SymbolValue symbol ? ShapeOf(symbol) : null;
        if (node.Operator is "Identity" or "Cast" && value is ConstantValue or SizesValue or ZeroValue) return value;
        if (node.Operator == "ConstantOfShape") return ConstantOfShape(node);
        if (node.Operator == "Expand") return IsZero(value) ? new ZeroValue() : null;
        if (node.Operator is "Unsqueeze" or "Squeeze" or "Reshape" && IsSizes(value)) return value;
        if (node.Operator == "Gather" && IsSizes(value)) return GatherSize(node, graph);
        if (node.Operator == "Concat" && node.Inputs.All(name => IsSizes(graph.ValueOf(node, name))))
            return new SizesValue([.. node.Inputs.SelectMany(name => EntriesOf(node, graph, name))]);
        if (node.Operator == "Transpose" && value is ConstantValue { Tensor: { Shape.Length: 2 } matrix }) return new ConstantValue(Transposed(matrix));
        return null;
    }

    /// <summary>The entries of a vector of sizes.</summary>
    public static IReadOnlyList<SizeEntry> EntriesOf(OnnxNode node, OnnxGraph graph, string name) => graph.ValueOf(node, name) switch
    {
        SizesValue sizes => sizes.Entries,
        ConstantValue { Tensor: { Values.Length: 0 } tensor } => [.. tensor.Integers.Select(number => new SizeEntry(number))],
        _ => throw node.Refuse($"'{name}' is not a vector of sizes that is known here"),
    };

    /// <summary>An entry as a message says it.</summary>
    public static string Text(SizeEntry entry) =>
        entry.Axis?.Kind.ToString().ToLowerInvariant() ?? entry.Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A matrix with rows and columns exchanged.</summary>
    public static OnnxTensor Transposed(OnnxTensor matrix)
    {
        int rows = matrix.Shape[0], columns = matrix.Shape[1];
        var values = new float[matrix.Values.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) values[column * rows + row] = matrix.Values[row * columns + column];
        return matrix with { Shape = [columns, rows], Values = values };
    }

    private static ConstantValue Constant(OnnxNode node)
    {
        if (node.Attributes.TryGetValue("value", out OnnxAttribute? value) && value.Tensor != null) return new ConstantValue(value.Tensor);
        if (node.Attributes.TryGetValue("value_float", out OnnxAttribute? number)) return new ConstantValue(new OnnxTensor("", [], [number.Float], []));
        if (node.Attributes.TryGetValue("value_int", out OnnxAttribute? integer)) return new ConstantValue(new OnnxTensor("", [], [], [integer.Integer]));
        if (node.Attributes.TryGetValue("value_floats", out OnnxAttribute? numbers))
            return new ConstantValue(new OnnxTensor("", [numbers.Floats.Count], [.. numbers.Floats], []));
        if (node.Attributes.TryGetValue("value_ints", out OnnxAttribute? integers))
            return new ConstantValue(new OnnxTensor("", [integers.Integers.Count], [], [.. integers.Integers]));
        throw node.Refuse("it holds no tensor or number");
    }

    private static SizesValue ShapeOf(SymbolValue value) =>
        new([.. value.Axes.Select(axis => axis.Size > 0 ? new SizeEntry(axis.Size) : new SizeEntry(-1, axis))]);

    private static ZeroValue ConstantOfShape(OnnxNode node)
    {
        OnnxTensor? value = node.Attributes.TryGetValue("value", out OnnxAttribute? attribute) ? attribute.Tensor : null;
        if (value != null && (value.Values.Any(number => number != 0) || value.Integers.Any(number => number != 0)))
            throw node.Refuse("it makes other than zeros");
        return new ZeroValue();
    }

    private static SizesValue GatherSize(OnnxNode node, OnnxGraph graph)
    {
        IReadOnlyList<SizeEntry> entries = EntriesOf(node, graph, node.Inputs[0]);
        var picked = new List<SizeEntry>();
        foreach (SizeEntry index in EntriesOf(node, graph, node.Inputs[1]))
        {
            long place = index.Number < 0 ? index.Number + entries.Count : index.Number;
            if (index.Axis != null || place < 0 || place >= entries.Count) throw node.Refuse("it picks a size that is not there");
            picked.Add(entries[(int)place]);
        }
        return new SizesValue(picked);
    }

    private static bool IsSizes(GraphValue value) => value is SizesValue or ConstantValue { Tensor: { Values.Length: 0, Shape.Length: <= 1 } };

    private static bool IsZero(GraphValue value) => value is ZeroValue || (value is ConstantValue constant && constant.Tensor.Values.All(number => number == 0));
}

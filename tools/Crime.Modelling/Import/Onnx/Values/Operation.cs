// A node together with the values that reach it: what every operator of the importer is given.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Values;

/// <summary>A node of the graph with its inputs.</summary>
/// <param name="node">The node.</param>
/// <param name="inputs">Its inputs; null for an optional one that is left out.</param>
/// <param name="opset">Version of ONNX's operators that the file was written for.</param>
internal sealed class Operation(OnnxNode node, IReadOnlyList<GraphValue?> inputs, int opset)
{
    /// <summary>The node.</summary>
    public OnnxNode Node => node;

    /// <summary>Its inputs; null for an optional one that is left out.</summary>
    public IReadOnlyList<GraphValue?> Inputs => inputs;

    /// <summary>Version of ONNX's operators that the file was written for.</summary>
    public int Opset => opset;

    /// <summary>True when every input is known.</summary>
    public bool IsKnown => inputs.All(input => input is null or KnownTensor);

    /// <summary>Returns an input; null for one that is left out.</summary>
    public GraphValue? this[int index] => index < inputs.Count ? inputs[index] : null;

    /// <summary>Returns a known input.</summary>
    /// <param name="index">Its place.</param>
    /// <param name="what">Its name in a refusal.</param>
    public KnownTensor Known(int index, string what) => this[index] switch
    {
        KnownTensor tensor => tensor,
        null => throw node.Refuse($"it has no {what}"),
        _ => throw node.Refuse($"its {what} depends on the input of the network", Remedy.Constant),
    };

    /// <summary>Returns an input that depends on the input of the network.</summary>
    public DataValue Data(int index) => this[index] switch
    {
        DataValue value => value,
        null => throw node.Refuse("an input is missing"),
        GraphValue other => throw node.Refuse($"its input '{node.Inputs[index]}' is {Describe(other)}, and values of the network were expected", Remedy.Listed),
    };

    /// <summary>Returns a vector of whole numbers: an attribute in older files, an input in newer ones.</summary>
    /// <param name="index">Place of the input; -1 for none.</param>
    /// <param name="attribute">Name of the attribute.</param>
    /// <returns>Null when there is neither.</returns>
    public Size[]? Sizes(int index, string attribute)
    {
        if (node.Attributes.TryGetValue(attribute, out OnnxAttribute? given)) return [.. given.Integers.Select(number => new Size(number))];
        if (index < 0 || this[index] == null) return null;
        KnownTensor tensor = Known(index, attribute);
        if (!tensor.IsInteger || tensor.Shape.Count > 1) throw node.Refuse($"its {attribute} are no vector of whole numbers");
        return tensor.AllIntegers();
    }

    /// <summary>Returns a vector of plain whole numbers.</summary>
    /// <param name="index">Place of the input; -1 for none.</param>
    /// <param name="attribute">Name of the attribute.</param>
    /// <returns>Null when there is neither.</returns>
    public long[]? Integers(int index, string attribute) => Sizes(index, attribute)?.Select(size =>
        size.IsNumber ? size.Constant : throw node.Refuse($"its {attribute} depend on the size '{size}'", Remedy.Constant)).ToArray();

    /// <summary>Returns the index of an axis that may be counted from the end.</summary>
    /// <param name="axis">The axis as the node has it.</param>
    /// <param name="rank">Number of axes.</param>
    public int AxisAt(long axis, int rank)
    {
        long index = axis < 0 ? axis + rank : axis;
        return index >= 0 && index < rank ? (int)index : throw node.Refuse($"there is no axis {axis} among {rank}");
    }

    /// <summary>Returns the order of axes of a Transpose.</summary>
    public int[] Order(int rank)
    {
        long[] order = Integers(-1, "perm") is { Length: > 0 } given ? given : [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(axis => (long)axis)))
            throw node.Refuse($"perm [{string.Join(", ", order)}] is no order of {rank} axes");
        return [.. order.Select(axis => (int)axis)];
    }

    /// <summary>Returns the places of the axes that an Unsqueeze adds, among those of its result.</summary>
    public HashSet<int> Added(int rank)
    {
        long[] axes = Integers(1, "axes") ?? throw node.Refuse("it has no axes");
        var added = new HashSet<int>();
        foreach (long axis in axes)
            if (!added.Add(AxisAt(axis, rank + axes.Length))) throw node.Refuse($"it adds axis {axis} twice");
        return added;
    }

    /// <summary>Returns what a value is, for a refusal.</summary>
    public static string Describe(GraphValue value) => value switch
    {
        KnownTensor => "a constant",
        LengthsValue => "the lengths of the sequences",
        OrderValue => "an order of the sequences",
        ForeignValue foreign => $"the input '{foreign.Name}' of the graph, beside the sequence",
        DecisionValue => "a class, which ArgMax has picked",
        _ => "the data of the network",
    };
}

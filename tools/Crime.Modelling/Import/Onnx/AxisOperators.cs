// Operators that move, drop, add or pick axes, and those that change nothing.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Runs operators on the axes of a value.</summary>
internal static class AxisOperators
{
    /// <summary>Runs a node.</summary>
    /// <returns>The value it makes; null when the operator, or what it is applied to, is none of these.</returns>
    public static GraphValue? TryRun(OnnxNode node, OnnxGraph graph)
    {
        if (node.Inputs.Count == 0) return null;
        if (node.Operator == "Gather") return Gather(node, graph);
        if (node.Operator == "Concat") return Concat(node, graph);
        if (graph.ValueOf(node, node.Inputs[0]) is not SymbolValue value) return null;
        return node.Operator switch
        {
            "Identity" or "Cast" or "Dropout" => value,
            "Softmax" or "LogSoftmax" => Softmax(node, value),
            "Transpose" => Transpose(node, value),
            "Squeeze" => Squeeze(node, value, graph),
            "Unsqueeze" => Unsqueeze(node, value, graph),
            "Reshape" => Reshape(node, value, graph),
            "Flatten" => Flatten(node, value),
            "Slice" => Slice(node, value, graph),
            _ => null,
        };
    }

    /// <summary>The largest logit stays the largest.</summary>
    private static SymbolValue Softmax(OnnxNode node, SymbolValue value) =>
        value is StateValue { Map: not null } && (value.IndexOf(node.Integer("axis", -1)) ?? -1) == value.Axes.Count - 1
            ? value
            : throw node.Refuse("it is supported at the end, over the classes");

    private static SymbolValue Transpose(OnnxNode node, SymbolValue value)
    {
        int rank = value.Axes.Count;
        IReadOnlyList<long> order = node.Attributes.TryGetValue("perm", out OnnxAttribute? perm) && perm.Integers.Count > 0
            ? perm.Integers
            : [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(axis => (long)axis)))
            throw node.Refuse($"perm [{string.Join(", ", order)}] is no order of {rank} axes");
        return value.With([.. order.Select(axis => value.Axes[(int)axis])]);
    }

    private static SymbolValue Squeeze(OnnxNode node, SymbolValue value, OnnxGraph graph)
    {
        IReadOnlyList<long>? axes = AxesOf(node, graph);
        HashSet<int> gone = axes == null
            ? [.. Enumerable.Range(0, value.Axes.Count).Where(i => AxisMatcher.IsDroppable(value.Axes[i]))]
            : [.. axes.Select(axis => value.IndexOf(axis) ?? throw node.Refuse($"there is no axis {axis}"))];
        foreach (int axis in gone)
        {
            // A batch of one is an axis of size 1 too, if the graph was exported for it.
            bool isOne = AxisMatcher.IsDroppable(value.Axes[axis]) || value.Axes[axis] is { Kind: AxisKind.Batch or AxisKind.Outer, Size: 1 or -1 };
            if (!isOne) throw node.Refuse($"axis {axis} of {value.AxesText} is not of size 1");
        }
        return value.With([.. value.Axes.Where((_, i) => !gone.Contains(i))]);
    }

    private static SymbolValue Unsqueeze(OnnxNode node, SymbolValue value, OnnxGraph graph)
    {
        IReadOnlyList<long> axes = AxesOf(node, graph) ?? throw node.Refuse("it has no axes");
        int rank = value.Axes.Count + axes.Count;
        var added = new HashSet<int>();
        foreach (long axis in axes)
        {
            long index = axis < 0 ? axis + rank : axis;
            if (index < 0 || index >= rank || !added.Add((int)index)) throw node.Refuse($"there is no place {axis} for an axis");
        }
        var result = new List<Axis>();
        int next = 0;
        for (int i = 0; i < rank; i++) result.Add(added.Contains(i) ? new Axis(AxisKind.One, 1) : value.Axes[next++]);
        return value.With(result);
    }

    private static SymbolValue Reshape(OnnxNode node, SymbolValue value, OnnxGraph graph)
    {
        if (node.Inputs.Count < 2) throw node.Refuse("it has no shape");
        SizeEntry[] target = [.. SizeOperators.EntriesOf(node, graph, node.Inputs[1]).Select(graph.Resolved)];
        return value.With(AxisMatcher.Match(value.Axes, target)
            ?? throw node.Refuse($"it makes [{string.Join(", ", target.Select(SizeOperators.Text))}] of {value.AxesText}, which keeps no network's meaning"));
    }

    private static SymbolValue Flatten(OnnxNode node, SymbolValue value)
    {
        IReadOnlyList<Axis>? axes = AxisMatcher.Match(value.Axes, [new SizeEntry(-1), new SizeEntry(-1)]);
        if (axes is not [{ Kind: AxisKind.Batch }, { Kind: AxisKind.Unit }] || node.Integer("axis", 1) is not (1 or -1))
            throw node.Refuse($"{value.AxesText} does not become a matrix of sequences and units");
        return value.With(axes);
    }

    private static GraphValue? Gather(OnnxNode node, OnnxGraph graph)
    {
        if (node.Inputs.Count < 2) throw node.Refuse("it has no indices");
        GraphValue data = graph.ValueOf(node, node.Inputs[0]);
        long axis = node.Integer("axis", 0);
        if (data is ConstantValue { Tensor: { IsInteger: false } table } && graph.ValueOf(node, node.Inputs[1]) is InputValue { IsTokens: true, Embedding: null } tokens)
        {
            if (axis != 0 || table.Shape.Length != 2)
                throw node.Refuse($"an embedding is a matrix looked up by its rows; this one has shape {table.ShapeText}, axis {axis}");
            if (table.Values.Any(value => !float.IsFinite(value))) throw node.Refuse($"the embedding '{node.Inputs[0]}' holds NaN or infinity");
            return tokens with { Axes = [.. tokens.Axes, new Axis(AxisKind.Unit, table.Shape[1])], Embedding = table };
        }
        if (data is not StateValue state) return null;
        OnnxTensor? indices = (graph.ValueOf(node, node.Inputs[1]) as ConstantValue)?.Tensor;
        if (indices is not { Integers.Length: 1, Shape.Length: <= 1 }) throw node.Refuse("it picks other than one constant place");
        int place = state.IndexOf(axis) ?? throw node.Refuse($"there is no axis {axis}");
        return Pick(node, state, place, indices.Integers[0], keepsAxis: indices.Shape.Length == 1);
    }

    private static SymbolValue Slice(OnnxNode node, SymbolValue value, OnnxGraph graph)
    {
        IReadOnlyList<long> Numbers(int input, string attribute) =>
            node.Inputs.Count > input && node.Inputs[input].Length > 0
                ? (graph.ValueOf(node, node.Inputs[input]) as ConstantValue)?.Tensor.Integers ?? throw node.Refuse($"its {attribute} are not constant")
                : node.Attributes.TryGetValue(attribute, out OnnxAttribute? given) ? given.Integers : [];

        IReadOnlyList<long> starts = Numbers(1, "starts"), ends = Numbers(2, "ends"), axes = Numbers(3, "axes"), steps = Numbers(4, "steps");
        if (starts.Count != ends.Count || (axes.Count > 0 && axes.Count != starts.Count)) throw node.Refuse("starts, ends and axes differ in number");
        for (int i = 0; i < starts.Count; i++)
        {
            if (steps.Count > i && steps[i] != 1) throw node.Refuse($"a step of {steps[i]} is not supported");
            int place = value.IndexOf(axes.Count > 0 ? axes[i] : i) ?? throw node.Refuse("there is no such axis");
            bool isAll = starts[i] == 0 && (ends[i] >= int.MaxValue || ends[i] == value.Axes[place].Size);
            if (isAll) continue;
            bool isLast = starts[i] == -1 && ends[i] >= int.MaxValue;
            if (!isLast && ends[i] != starts[i] + 1) throw node.Refuse($"it takes {starts[i]} to {ends[i]} of {value.AxesText}; one place, or all, is supported");
            if (value is not StateValue state) throw node.Refuse("it cuts the input of the network");
            value = Pick(node, state, place, starts[i], keepsAxis: true);
        }
        return value;
    }

    /// <summary>One timestep, or one of several states.</summary>
    private static StateValue Pick(OnnxNode node, StateValue state, int place, long index, bool keepsAxis)
    {
        Axis axis = state.Axes[place];
        Axis[] rest = [.. state.Axes.Take(place), .. keepsAxis ? [new Axis(AxisKind.One, 1)] : Array.Empty<Axis>(), .. state.Axes.Skip(place + 1)];
        if (axis.Kind == AxisKind.Time && state.Moment == Moment.Every)
            return index switch
            {
                -1 => state with { Axes = rest, Moment = Moment.Last },
                0 => state with { Axes = rest, Moment = Moment.First },
                _ => throw node.Refuse($"it takes timestep {index}; the last (-1) or the first (0) is supported"),
            };
        if (AxisMatcher.IsDroppable(axis) && index is 0 or -1) return state with { Axes = rest };
        if (axis.Kind != AxisKind.Part) throw node.Refuse($"it takes place {index} of axis {place} of {state.AxesText}; a timestep or a direction is supported");
        long part = index < 0 ? index + axis.Size : index;
        if (part < 0 || part >= state.Parts.Count) throw node.Refuse($"there is no direction {index}");
        return state with { Axes = rest, Parts = [state.Parts[(int)part]] };
    }

    private static GraphValue? Concat(OnnxNode node, OnnxGraph graph)
    {
        GraphValue[] values = [.. node.Inputs.Select(name => graph.ValueOf(node, name))];
        if (values.Any(value => value is not StateValue)) return null;
        StateValue[] states = [.. values.Cast<StateValue>()];
        StateValue first = states[0];
        int place = first.IndexOf(node.Integer("axis", 0)) ?? throw node.Refuse("there is no such axis");
        AxisKind kind = first.Axes[place].Kind;
        bool isAlike = states.All(state => state.Moment == first.Moment && state.Map == null && state.Axes.Count == first.Axes.Count
            && state.Axes.Where((_, i) => i != place).SequenceEqual(first.Axes.Where((_, i) => i != place)));
        if (!isAlike || kind is not (AxisKind.Part or AxisKind.Unit or AxisKind.One))
            throw node.Refuse($"it joins states that do not belong side by side ({first.AxesText})");
        Axis joined = kind == AxisKind.Unit
            ? new Axis(AxisKind.Unit, states.Sum(state => state.Axes[place].Size))
            : new Axis(AxisKind.Part, states.Sum(state => state.Axes[place].Size));
        return first with
        {
            Axes = [.. first.Axes.Take(place), joined, .. first.Axes.Skip(place + 1)],
            Parts = [.. states.SelectMany(state => state.Parts)],
        };
    }

    /// <summary>Axes as an attribute (older operator sets) or as an input.</summary>
    private static IReadOnlyList<long>? AxesOf(OnnxNode node, OnnxGraph graph)
    {
        if (node.Attributes.TryGetValue("axes", out OnnxAttribute? attribute)) return attribute.Integers;
        if (node.Inputs.Count < 2 || node.Inputs[1].Length == 0) return null;
        return (graph.ValueOf(node, node.Inputs[1]) as ConstantValue)?.Tensor.Integers ?? throw node.Refuse("its axes are not constant");
    }
}

// The linear head: Gemm, or MatMul and Add. Several in a row are one; anything between them would make another network.

using System.Linq;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Runs linear operators on states.</summary>
internal static class LinearOperators
{
    /// <summary>Runs a node.</summary>
    /// <returns>The value it makes; null when the operator is none of these.</returns>
    public static GraphValue? TryRun(OnnxNode node, OnnxGraph graph) => node.Operator switch
    {
        "Gemm" => Gemm(node, graph),
        "MatMul" => MatMul(node, graph),
        "Add" => Add(node, graph),
        _ => null,
    };

    private static StateValue Gemm(OnnxNode node, OnnxGraph graph)
    {
        if (node.Inputs.Count < 2) throw node.Refuse("it has no matrix");
        if (node.Integer("transA", 0) != 0) throw node.Refuse("transA is not supported");
        StateValue state = State(node, graph, node.Inputs[0]);
        OnnxTensor matrix = Constant(node, graph, node.Inputs[1], 2);
        // Weights as [outputs][inputs]: what Gemm multiplies with when transB is set.
        OnnxTensor weights = node.Integer("transB", 0) != 0 ? matrix : SizeOperators.Transposed(matrix);
        float alpha = node.Float("alpha", 1), beta = node.Float("beta", 1);
        float[] bias = node.Inputs.Count > 2 && node.Inputs[2].Length > 0
            ? Bias(node, Constant(node, graph, node.Inputs[2], null), weights.Shape[0])
            : new float[weights.Shape[0]];
        return Apply(node, state, weights with { Values = [.. weights.Values.Select(value => alpha * value)] }, [.. bias.Select(value => beta * value)]);
    }

    private static StateValue MatMul(OnnxNode node, OnnxGraph graph)
    {
        if (node.Inputs.Count != 2) throw node.Refuse("it has not two factors");
        OnnxTensor weights = SizeOperators.Transposed(Constant(node, graph, node.Inputs[1], 2));
        return Apply(node, State(node, graph, node.Inputs[0]), weights, new float[weights.Shape[0]]);
    }

    private static StateValue? Add(OnnxNode node, OnnxGraph graph)
    {
        if (node.Inputs.Count != 2) return null;
        GraphValue left = graph.ValueOf(node, node.Inputs[0]), right = graph.ValueOf(node, node.Inputs[1]);
        StateValue? state = left as StateValue ?? right as StateValue;
        string constant = node.Inputs[left is StateValue ? 1 : 0];
        if (state == null) return null;
        if (state.Map == null) throw node.Refuse("it adds to the states of a recurrent layer; after a linear map it is a bias");
        float[] bias = Bias(node, Constant(node, graph, constant, null), state.Map.OutputCount);
        return state with { Map = state.Map with { Bias = [.. state.Map.Bias.Zip(bias, (a, b) => a + b)] } };
    }

    private static StateValue Apply(OnnxNode node, StateValue state, OnnxTensor weights, float[] bias)
    {
        if (state.Axes[^1].Kind != AxisKind.Unit || state.Axes[^1].Size != weights.Shape[1])
            throw node.Refuse($"it takes {weights.Shape[1]} numbers, but gets {state.AxesText} with {state.Axes[^1].Size}");
        if (state.Axes.Any(axis => axis is { Kind: AxisKind.Part, Size: > 1 })) throw node.Refuse("it is applied to each direction apart");
        var map = new LinearMap(weights.Values, bias);
        return state with
        {
            Axes = [.. state.Axes.SkipLast(1), new Axis(AxisKind.Unit, bias.Length)],
            Map = state.Map == null ? map : state.Map.Then(map),
        };
    }

    private static StateValue State(OnnxNode node, OnnxGraph graph, string name) => graph.ValueOf(node, name) switch
    {
        StateValue state => state,
        InputValue => throw node.Refuse("a linear layer before the first recurrent one is not supported"),
        _ => throw node.Refuse($"'{name}' does not come from a recurrent layer"),
    };

    private static OnnxTensor Constant(OnnxNode node, OnnxGraph graph, string name, int? rank)
    {
        if (graph.ValueOf(node, name) is not ConstantValue { Tensor: { IsInteger: false } tensor }) throw node.Refuse($"'{name}' is not a constant");
        if (rank != null && tensor.Shape.Length != rank) throw node.Refuse($"'{name}' has shape {tensor.ShapeText}; {rank} axes were expected");
        if (tensor.Values.Any(value => !float.IsFinite(value))) throw node.Refuse($"'{name}' holds NaN or infinity");
        return tensor;
    }

    /// <summary>A bias, one number for all or one each.</summary>
    private static float[] Bias(OnnxNode node, OnnxTensor tensor, int count)
    {
        if (tensor.Values.Length == 1) return [.. Enumerable.Repeat(tensor.Values[0], count)];
        bool isRow = tensor.Values.Length == count && tensor.Shape.Length > 0 && tensor.Shape[^1] == count;
        return isRow ? tensor.Values : throw node.Refuse($"the bias has shape {tensor.ShapeText}; [{count}] was expected");
    }
}

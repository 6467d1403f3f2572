// Follows the values through the graph, node by node. A node whose inputs are all known is computed (Folding); a node that data of
// the network reach is looked up in the table below (Data). A node that has no place is refused, never skipped.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Data;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Folding;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx;

/// <summary>A graph being followed.</summary>
internal sealed class OnnxGraph
{
    // If nodes within If nodes. Real files have one level.
    private const int MaxDepth = 4;

    private static readonly Dictionary<string, Func<Operation, IReadOnlyList<GraphValue>>> s_data = new(StringComparer.Ordinal)
    {
        ["Identity"] = One(MoveOperators.Same),
        ["Dropout"] = One(MoveOperators.Dropout),
        ["Cast"] = One(MoveOperators.Cast),
        ["Transpose"] = One(MoveOperators.Transpose),
        ["Squeeze"] = One(MoveOperators.Squeeze),
        ["Unsqueeze"] = One(MoveOperators.Unsqueeze),
        ["Reshape"] = One(MoveOperators.Reshape),
        ["Flatten"] = One(MoveOperators.Flatten),
        ["Expand"] = One(MoveOperators.Expand),
        ["Slice"] = One(MoveOperators.Slice),
        ["Gather"] = One(MoveOperators.Gather),
        ["Split"] = MoveOperators.Split,
        ["Concat"] = One(MoveOperators.Concat),
        ["Gemm"] = One(LinearOperators.Gemm),
        ["MatMul"] = One(LinearOperators.MatMul),
        ["Add"] = One(LinearOperators.Arithmetic),
        ["Sub"] = One(LinearOperators.Arithmetic),
        ["Mul"] = One(LinearOperators.Arithmetic),
        ["Div"] = One(LinearOperators.Arithmetic),
        ["Neg"] = One(LinearOperators.Arithmetic),
        ["Sum"] = One(LinearOperators.Arithmetic),
        ["Conv"] = One(WindowOperators.Conv),
        ["MaxPool"] = WindowOperators.MaxPool,
        ["AveragePool"] = One(WindowOperators.AveragePool),
        ["GlobalAveragePool"] = One(WindowOperators.Global),
        ["GlobalMaxPool"] = One(WindowOperators.Global),
        ["LayerNormalization"] = One(LinearOperators.LayerNormalization),
        ["BatchNormalization"] = One(LinearOperators.BatchNormalization),
        ["ReduceSum"] = One(LinearOperators.Reduce),
        ["ReduceMean"] = One(LinearOperators.Reduce),
        ["ReduceMax"] = One(LinearOperators.Reduce),
        ["Softmax"] = One(FunctionOperators.Softmax),
        ["LogSoftmax"] = One(FunctionOperators.Softmax),
        ["Sigmoid"] = One(FunctionOperators.Elementwise),
        ["Tanh"] = One(FunctionOperators.Elementwise),
        ["Relu"] = One(FunctionOperators.Elementwise),
        ["Exp"] = One(FunctionOperators.Elementwise),
        ["Log"] = One(FunctionOperators.Elementwise),
        ["Softplus"] = One(FunctionOperators.Elementwise),
        ["Softsign"] = One(FunctionOperators.Elementwise),
        ["Sqrt"] = One(FunctionOperators.Elementwise),
        ["Reciprocal"] = One(FunctionOperators.Elementwise),
        ["Erf"] = One(FunctionOperators.Elementwise),
        ["LeakyRelu"] = One(FunctionOperators.WithNumbers),
        ["ThresholdedRelu"] = One(FunctionOperators.WithNumbers),
        ["HardSigmoid"] = One(FunctionOperators.WithNumbers),
        ["HardSwish"] = One(FunctionOperators.WithNumbers),
        ["Elu"] = One(FunctionOperators.WithNumbers),
        ["Selu"] = One(FunctionOperators.WithNumbers),
        ["Gelu"] = One(FunctionOperators.WithNumbers),
        ["Clip"] = One(FunctionOperators.WithNumbers),
        ["Pow"] = One(FunctionOperators.WithNumbers),
        ["ArgMax"] = One(FunctionOperators.ArgMax),
        ["LSTM"] = RecurrentOperators.Run,
        ["GRU"] = RecurrentOperators.Run,
        ["RNN"] = RecurrentOperators.Run,
        ["Shape"] = operation => [KnownOperators.ShapeOf(operation, operation.Data(0).Shape)],
        ["Size"] = operation => [KnownTensor.OfInteger(Size.Product(operation.Data(0).Shape))],
    };

    // Elements that all computed constants may have together.
    private const long MaxComputed = 1L << 27;

    // Before it, arithmetic had a rule of its own for axes, and Dropout and BatchNormalization were in training mode unless they said otherwise.
    private const int FirstOperatorSet = 7;

    private readonly OnnxModel _model;
    private long _computed, _work;
    private readonly Dictionary<string, GraphValue> _values = new(StringComparer.Ordinal);

    private OnnxGraph(OnnxModel model) => _model = model;

    private int NodesDone { get; set; }

    /// <summary>Follows a model to its output, and has the network built that it is.</summary>
    /// <param name="model">The file.</param>
    /// <param name="builder">Builds the network.</param>
    /// <exception cref="UserInputException">A node has no place, or the network cannot be held.</exception>
    public static ImportedModel Follow(OnnxModel model, NetworkBuilder builder)
    {
        if (model.Outputs.Count == 0) throw new UserInputException($"the graph has no output; {Remedy.Export}");
        if (model.Outputs.Count > 1)
            throw new UserInputException($"the graph has {model.Outputs.Count} outputs ({string.Join(", ", model.Outputs.Select(output => $"'{output.Name}'"))}); "
                + "a model gives one answer: export the network with the first one alone");
        if (model.Opset < FirstOperatorSet)
            throw new UserInputException($"the graph is of operator set {model.Opset}, in which operators have other meanings than from set {FirstOperatorSet} on; "
                + $"export it with operator set {FirstOperatorSet} or newer");
        RefuseWithoutLayers(model);
        UserInputException? refusal = null;
        int furthest = -1;
        foreach (InputRoles roles in InputRoles.All(model))
        {
            var graph = new OnnxGraph(model);
            try
            {
                return graph.Run(roles, builder);
            }
            catch (Exception e) when (e is UserInputException or AxisOrderException)
            {
                // The meaning that gets furthest is the likely one, and its obstacle the one to report. One that ends at the order of a
                // recurrent node's axes is a wrong one.
                var order = e as AxisOrderException;
                int reached = order == null ? 1 + graph.NodesDone : 0;
                if (reached > furthest) refusal = order?.Refusal ?? (UserInputException)e;
                furthest = Math.Max(furthest, reached);
            }
        }
        throw refusal ?? new UserInputException("the graph has no input that can be a sequence: [batch, time, features] in any order, or token numbers [batch, time], "
            + $"were expected; {Remedy.Listed}");
    }

    private ImportedModel Run(InputRoles roles, NetworkBuilder builder)
    {
        foreach (OnnxValueInfo input in _model.Inputs.Where(input => !_model.Initializers.ContainsKey(input.Name)))
            _values[input.Name] = input.Name == roles.Name
                ? new DataValue(roles.Axes, Combination.Of(new InputSignal(roles.Features)))
                : input.IsInteger && input.Shape is { Length: 1 } ? new LengthsValue(roles.Batch) : new ForeignValue(input.Name);
        // Nodes that the output does not depend on are passed over: exporters leave remains.
        HashSet<OnnxNode> needed = Needed(_model);
        foreach (OnnxNode node in _model.Nodes.Where(needed.Contains))
        {
            Run(node, _model, 0);
            NodesDone++;
        }
        NodesDone++;
        string name = _model.Outputs[0].Name;
        GraphValue output = _values.GetValueOrDefault(name) ?? throw new UserInputException($"the graph's output '{name}' is made by no node; {Remedy.Export}");
        ImportedModel result = output switch
        {
            DecisionValue decision => builder.Build(decision.Of, isDecision: true),
            DataValue data when data.Axes.Count(axis => axis.FeatureCount > 1) <= 1 => builder.Build(data.Content, isDecision: false),
            DataValue data => throw new UserInputException($"the graph's output '{name}' is {data.AxesText}; one vector of classes was expected: {Remedy.Listed}"),
            _ => throw new UserInputException($"the graph's output '{name}' does not come from a recurrent layer; {Remedy.Listed}"),
        };
        IReadOnlyList<Axis> outputAxes = output is DecisionValue picked ? picked.Axes : ((DataValue)output).Axes;
        return result.WithAxes(roles.Text, string.Join(", ", outputAxes));
    }

    private static Func<Operation, IReadOnlyList<GraphValue>> One(Func<Operation, GraphValue> run) => operation => [run(operation)];

    /// <summary>Refuses a graph without a recurrent node, which exporters make of a cell that is run in a loop.</summary>
    private static void RefuseWithoutLayers(OnnxModel model)
    {
        const string LayerInstead = "export nn.LSTM, nn.GRU or nn.RNN (Keras: the layer, not its cell) instead of a cell in a loop";
        HashSet<OnnxNode> needed = Needed(model);
        if (needed.Any(node => node.Operator is "LSTM" or "GRU" or "RNN" or "If")) return;
        if (needed.FirstOrDefault(node => node.Operator is "Scan" or "Loop") is { } loop) throw loop.Refuse("it loops over the timesteps by itself", LayerInstead);
        OnnxNode? last = model.Nodes.LastOrDefault(needed.Contains);
        throw last?.Refuse("no LSTM, GRU or RNN node lies before it", LayerInstead) ?? new UserInputException($"the graph has no recurrent node; {LayerInstead}");
    }

    private static HashSet<OnnxNode> Needed(OnnxModel model)
    {
        var makers = new Dictionary<string, OnnxNode>(StringComparer.Ordinal);
        foreach (OnnxNode node in model.Nodes)
            foreach (string output in node.Outputs.Where(output => output.Length > 0)) makers[output] = node;
        var needed = new HashSet<OnnxNode>();
        var open = new Stack<string>([model.Outputs[0].Name]);
        while (open.TryPop(out string? name))
        {
            if (!makers.TryGetValue(name, out OnnxNode? node) || !needed.Add(node)) continue;
            foreach (string input in node.AllInputs()) open.Push(input);
        }
        return needed;
    }

    private void Run(OnnxNode node, OnnxModel scope, int depth)
    {
        if (node.Domain is not ("" or "ai.onnx")) throw node.Refuse($"operators of the domain '{node.Domain}' are not known", Remedy.Listed);
        try
        {
            var operation = new Operation(node, [.. node.Inputs.Select(name => name.Length == 0 ? null : ValueOf(node, name, scope))], _model.Opset);
            IReadOnlyList<GraphValue> results = node.Operator == "If" ? Branch(operation, depth) : ResultsOf(operation);
            for (int n = 0; n < Math.Min(results.Count, node.Outputs.Count); n++)
            {
                if ((_computed += (results[n] as KnownTensor)?.StoredCount ?? 0) > MaxComputed) throw new NotKnownException("more constants than a model needs");
                CountWork(operation, results[n]);
                if (node.Outputs[n].Length > 0) _values[node.Outputs[n]] = results[n];
            }
        }
        catch (NotKnownException e)
        {
            throw e.IsTooLarge
                ? node.Refuse($"{e.Message} is more than a model holds", Remedy.Smaller)
                : node.Refuse($"{e.Message} cannot be computed while the file is read", Remedy.Constant);
        }
        catch (OverflowException e)
        {
            throw node.Refuse($"its sizes are out of range ({e.Message})", Remedy.Export);
        }
    }

    /// <summary>Counts the work of all maps of the file: a forged one has many nodes, each within the bound.</summary>
    private void CountWork(Operation operation, GraphValue result)
    {
        if (result is not DataValue { Content.Map: var map } || operation.Inputs.Any(input => input is DataValue data && ReferenceEquals(data.Content.Map, map))) return;
        if ((_work += map.Work) > LinearMap.MaxProducts) throw LinearMap.TooLarge("a network whose linear layers up to here are together one");
    }

    private static IReadOnlyList<GraphValue> ResultsOf(Operation operation)
    {
        OnnxNode node = operation.Node;
        if (operation.IsKnown)
            return KnownOperators.TryRun(operation) ?? throw node.Refuse("this operator is not computed on constants and sizes", Remedy.Constant);
        if (LengthOperators.TryRun(operation) is { } lengths) return lengths;
        GraphValue? stranger = operation.Inputs.FirstOrDefault(input => input is ForeignValue);
        if (stranger != null) throw node.Refuse(
            $"it reads {Operation.Describe(stranger)}", "a model reads one sequence: leave the second input out, or make it a constant");
        if (operation[0] is DecisionValue decision && node.Operator is "Cast" or "Identity" or "Squeeze" or "Unsqueeze" or "Reshape" or "Flatten") return [decision];
        GraphValue? misplaced = operation.Inputs.FirstOrDefault(input => input is LengthsValue or OrderValue or DecisionValue);
        bool takesLengths = node.Operator is "LSTM" or "GRU" or "RNN" && operation[0] is DataValue;
        if (misplaced != null && !takesLengths && !(misplaced is OrderValue && node.Operator == "Gather"))
            throw node.Refuse($"it computes with {Operation.Describe(misplaced)}", misplaced is DecisionValue
                ? Remedy.Listed
                : "lengths can only be the sequence_lens of a recurrent layer: give them to it as they are");
        return s_data.TryGetValue(node.Operator, out Func<Operation, IReadOnlyList<GraphValue>>? run)
            ? run(operation)
            : throw node.Refuse("this operator is not supported around a recurrent network", Remedy.Listed);
    }

    /// <summary>Runs the branch of an If node that its condition names.</summary>
    private IReadOnlyList<GraphValue> Branch(Operation operation, int depth)
    {
        OnnxNode node = operation.Node;
        if (operation[0] is not KnownTensor { Integers: [{ IsNumber: true } condition] }) throw node.Refuse(
            "its condition depends on the input of the network", Remedy.Constant);
        string name = condition != 0 ? "then_branch" : "else_branch";
        OnnxModel branch = node.Attributes.TryGetValue(name, out OnnxAttribute? attribute) && attribute.Graph != null
            ? attribute.Graph
            : throw node.Refuse($"it has no {name}");
        if (depth == MaxDepth) throw node.Refuse($"conditions nested more than {MaxDepth} deep");
        // Two branches may use a name twice: what one names is not seen outside of it.
        string[] own = [.. branch.Initializers.Keys, .. branch.Nodes.SelectMany(inner => inner.Outputs)];
        (string Name, GraphValue? Value)[] outside = [.. own.Distinct().Select(inner => (inner, _values.GetValueOrDefault(inner)))];
        foreach (string inner in own) _values.Remove(inner);
        foreach (OnnxNode inner in branch.Nodes) Run(inner, branch, depth + 1);
        GraphValue[] results = [.. branch.Outputs.Select(output => ValueOf(node, output.Name, branch))];
        foreach (var (inner, value) in outside)
        {
            _values.Remove(inner);
            if (value != null) _values[inner] = value;
        }
        return results;
    }

    private GraphValue ValueOf(OnnxNode node, string name, OnnxModel scope)
    {
        if (_values.TryGetValue(name, out GraphValue? value)) return value;
        if (!scope.Initializers.TryGetValue(name, out OnnxTensor? tensor) && !_model.Initializers.TryGetValue(name, out tensor))
            throw node.Refuse($"its input '{name}' is not there: no node before it makes it");
        return _values[name] = tensor.ToKnown();
    }
}

// Any other network: its signals become operations, each after those that it reads. A signal that no operation expresses is refused here, by
// the node that it comes from.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Import.Metadata;

namespace Crime.Modelling.Import.Network;

/// <summary>Makes operations of signals.</summary>
internal sealed class GraphPlan
{
    private const string Smaller = "a .crime file holds smaller networks (docs/import.md): make it narrower, or leave layers out";

    // Names are those of ONNX.
    private static readonly Dictionary<string, GraphFunction> s_functions = new(StringComparer.Ordinal)
    {
        ["Sigmoid"] = GraphFunction.Sigmoid, ["Tanh"] = GraphFunction.Tanh, ["Relu"] = GraphFunction.Relu, ["LeakyRelu"] = GraphFunction.LeakyRelu,
        ["ThresholdedRelu"] = GraphFunction.ThresholdedRelu, ["HardSigmoid"] = GraphFunction.HardSigmoid, ["Elu"] = GraphFunction.Elu,
        ["Softsign"] = GraphFunction.Softsign, ["Softplus"] = GraphFunction.Softplus, ["Exp"] = GraphFunction.Exp, ["Log"] = GraphFunction.Log,
        ["Sqrt"] = GraphFunction.Sqrt, ["Reciprocal"] = GraphFunction.Reciprocal, ["Erf"] = GraphFunction.Erf,
    };

    private readonly List<GraphOperation> _operations = [];
    private readonly List<RecurrentLayer> _layers = [];
    private readonly Dictionary<Signal, int> _values = new(ReferenceEqualityComparer.Instance);
    // Two signals that take the same moment of the same value are one operation.
    private readonly Dictionary<(int Value, StateMoment Moment), int> _taken = [];
    private readonly HashSet<Combination> _onInput = new(ReferenceEqualityComparer.Instance);
    private Signal? _front;
    private FrontNormalisation? _normalisation;

    private GraphPlan()
    {
    }

    /// <summary>Returns the plan of a network.</summary>
    /// <param name="head">Output of the network, without the functions at its end.</param>
    /// <param name="metadata">The metadata of the file.</param>
    /// <exception cref="UserInputException">The format cannot hold the network.</exception>
    public static NetworkPlan Make(Combination head, ModelMetadata metadata)
    {
        var plan = new GraphPlan();
        plan.FindFront(head, new HashSet<object>(ReferenceEqualityComparer.Instance));
        if (plan._front == null) throw new UserInputException("the network's output does not depend on its input; export it again");
        // Where one map reads the features, and scales each by itself, it is a normalisation.
        if (plan._front is InputSignal)
            plan._normalisation = FrontNormalisation.Of(plan._onInput.Count == 1 ? plan._onInput.First().Used().Map : LinearMap.Identity(plan._front.Count), metadata);
        (int value, LinearMap map) = plan.Split(head);
        if (plan._layers.Count == 0)
            throw new UserInputException("the network has no recurrent layer between its input and its output; export it with its nn.LSTM, nn.GRU or nn.RNN");
        plan.EndAt(value);
        NetworkGraph graph = plan.Checked();
        return new NetworkPlan
        {
            Front = plan._front,
            Normalisation = plan._normalisation ?? new FrontNormalisation(null, null),
            Layers = plan._layers,
            Graph = graph,
            Head = map,
            HeadText = plan.Describe(),
        };
    }

    private NetworkGraph Checked()
    {
        try
        {
            return NetworkGraph.Of(_operations, _front!.Count, [.. _layers.Select(layer => layer.Shape)]);
        }
        catch (GraphException e)
        {
            throw new UserInputException($"the network has no place in a .crime file: {e.Message}; {Smaller}", e);
        }
    }

    /// <summary>Finds the signal that the network begins with, and the maps that read it.</summary>
    private void FindFront(Combination part, HashSet<object> seen)
    {
        if (!seen.Add(part)) return;
        foreach (Signal signal in part.Used().Signals)
        {
            Signal front = signal is StateSignal state ? state.Of : signal;
            if (front is InputSignal or EmbeddingSignal)
            {
                if (_front != null && !ReferenceEquals(_front, front)) throw Refuse(
                    front, "the network looks its tokens up in two tables", "leave one of the embeddings out");
                _front = front;
                _onInput.Add(part);
                continue;
            }
            if (!seen.Add(signal)) continue;
            foreach (Combination input in InputsOf(signal)) FindFront(input, seen);
        }
    }

    private static IEnumerable<Combination> InputsOf(Signal signal) => signal switch
    {
        RecurrentSignal recurrent => [recurrent.Input],
        StateSignal state => InputsOf(state.Of),
        FunctionSignal function => [function.Of],
        NormalisedSignal normalised => [normalised.Of],
        ProductSignal product => [product.Left, product.Right],
        PoolSignal pool => [pool.Of],
        TimeSoftmaxSignal softmax => [softmax.Of],
        WindowSignal window => [window.Of],
        WindowMaxSignal window => [window.Of],
        _ => [],
    };

    /// <summary>Returns the value that a combination is a map of, and the map.</summary>
    private (int Value, LinearMap Map) Split(Combination combination)
    {
        Combination used = combination.Used();
        if (used.Signals.Count == 0)
            throw new UserInputException("a part of the network is a constant where data were expected; export the network again with constants folded");
        LinearMap map = MapOf(combination, used);
        if (used.Signals.Count == 1) return (ValueOf(used.Signals[0]), map);
        int[] inputs = [.. used.Signals.Select(ValueOf)];
        return (Linear(used.Signals[0], inputs, map), LinearMap.Identity(map.Rows.Count));
    }

    /// <summary>Returns the value of a combination.</summary>
    private int ValueOf(Combination combination)
    {
        (int value, LinearMap map) = Split(combination);
        return map.IsIdentity ? value : Linear(combination.Signals[0], [value], map);
    }

    private LinearMap MapOf(Combination original, Combination used) =>
        _normalisation?.Graph != null && _onInput.Contains(original) ? LinearMap.Identity(used.Map.InputCount) : used.Map;

    private int ValueOf(Signal signal)
    {
        if (ReferenceEquals(signal, _front)) return 0;
        if (_values.TryGetValue(signal, out int known)) return known;
        int value = signal switch
        {
            RecurrentSignal recurrent => Recurrent(recurrent),
            StateSignal state => Taken(state),
            FunctionSignal function => Function(function),
            NormalisedSignal normalised => Add(signal, OperationKind.Normalise, [ValueOf(normalised.Of)], [normalised.Epsilon]),
            ProductSignal product => Add(signal, OperationKind.Multiply, [ValueOf(product.Left), ValueOf(product.Right)], []),
            PoolSignal pool => Add(signal, OperationKind.Pool, [ValueOf(pool.Of)], [], (int)pool.Kind),
            TimeSoftmaxSignal softmax => Add(signal, OperationKind.SoftmaxOverTime, [ValueOf(softmax.Of)], []),
            WindowSignal window => Add(signal, OperationKind.Window, [ValueOf(window.Of)], [], 0, window.Window),
            WindowMaxSignal window => Add(signal, OperationKind.WindowMax, [ValueOf(window.Of)], [], 0, window.Window),
            _ => throw Refuse(signal, "it has no place in a network", Smaller),
        };
        return _values[signal] = value;
    }

    private int Recurrent(RecurrentSignal signal)
    {
        (int value, LinearMap map) = Split(signal.Input);
        bool isNarrower = map.InputCount <= map.Rows.Count || value == 0;
        RecurrentLayer layer = signal.Layer;
        // A map that widens is cheaper within the layer's weights. One that narrows is computed once, not once for each gate.
        if (isNarrower) layer = LayerFolding.Folded(layer, map);
        else value = Linear(signal, [value], map);
        if (_layers.Count == ModelFormat.MaxLayers) throw Refuse(signal, $"more than {ModelFormat.MaxLayers} recurrent layers", "leave some layers out");
        _layers.Add(layer);
        return Add(signal, OperationKind.Recurrent, [value], [], _layers.Count - 1);
    }

    private int Taken(StateSignal state)
    {
        int of = ValueOf(state.Of);
        if (_taken.TryGetValue((of, state.Moment), out int known)) return known;
        StepKind kind = state.Moment switch
        {
            StateMoment.Final => StepKind.Final,
            StateMoment.FinalCell => StepKind.FinalCell,
            StateMoment.Last => StepKind.Last,
            _ => StepKind.First,
        };
        return _taken[(of, state.Moment)] = Add(state, OperationKind.Take, [of], [], (int)kind);
    }

    private int Function(FunctionSignal function)
    {
        if (!s_functions.TryGetValue(function.Name, out GraphFunction known))
            throw Refuse(function, $"{function.Name} changes no decision at the end of a network, but something follows it here", "leave it out, or move it to the end");
        return Add(function, OperationKind.Apply, [ValueOf(function.Of)], [function.Alpha, function.Beta], function: known);
    }

    private int Linear(Signal source, int[] inputs, LinearMap map)
    {
        var numbers = new float[map.Rows.Count * map.InputCount + map.Rows.Count];
        for (int row = 0; row < map.Rows.Count; row++)
        {
            MapRow from = map.Rows[row];
            for (int n = 0; n < from.Columns.Length; n++) numbers[row * map.InputCount + from.Columns[n]] = (float)from.Weights[n];
            numbers[map.Rows.Count * map.InputCount + row] = (float)from.Bias;
        }
        return Add(source, map.Rows.Count, new GraphOperation { Kind = OperationKind.Linear, Inputs = inputs, Width = map.Rows.Count, Numbers = numbers });
    }

    private int Add(
        Signal signal, OperationKind kind, int[] inputs, float[] numbers, int argument = 0, WindowShape? window = null, GraphFunction function = 0) =>
        Add(signal, signal.Count, new GraphOperation
        {
            Kind = kind, Inputs = inputs, Width = signal.Count, Numbers = numbers, Argument = argument, Window = window ?? WindowShape.None, Function = function,
        });

    private int Add(Signal source, int width, GraphOperation operation)
    {
        if (width > ModelFormat.MaxGraphWidth || operation.Inputs.Count > NetworkGraph.MaxInputs || _operations.Count == NetworkGraph.MaxOperations)
            throw Refuse(source, $"a value of {width} numbers, {operation.Inputs.Count} values side by side or {_operations.Count} operations are too many", Smaller);
        _operations.Add(operation);
        return _operations.Count;
    }

    /// <summary>Makes a value the last one: the head sees the last value.</summary>
    private void EndAt(int value)
    {
        if (value != _operations.Count) throw new UserInputException("the network's output comes from its middle; leave out what follows");
    }

    /// <summary>Returns the input of the head in words: the operations from the last layer on.</summary>
    private string Describe()
    {
        int last = _operations.FindLastIndex(operation => operation.Kind == OperationKind.Recurrent);
        IEnumerable<string> words = _operations.Skip(last + 1).Select(operation => operation.Kind switch
        {
            OperationKind.Linear => $"linear {operation.Width}",
            OperationKind.Apply => operation.Function.ToString().ToLowerInvariant(),
            OperationKind.Take => (StepKind)operation.Argument switch
            {
                StepKind.Final => "final state", StepKind.Last => "last timestep", StepKind.First => "first timestep", _ => "final cell state",
            },
            OperationKind.Pool => $"{((PoolKind)operation.Argument).ToString().ToLowerInvariant()} over time",
            OperationKind.Normalise => "layer normalisation",
            OperationKind.SoftmaxOverTime => "softmax over time",
            OperationKind.Multiply => "product",
            _ => "window",
        });
        return string.Join(", ", words.Prepend("the outputs of the last layer"));
    }

    private static UserInputException Refuse(Signal signal, string reason, string remedy) =>
        signal.Node?.Refuse(reason, remedy) ?? new UserInputException($"{reason}; {remedy}");
}

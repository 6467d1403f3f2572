// Follows the values through the graph, node by node. What a node does to them is in AxisOperators, LinearOperators and
// SizeOperators; here the recurrent layers are collected. A node that has no place is refused, never skipped.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Import.Onnx;

/// <summary>A graph being followed.</summary>
internal sealed class OnnxGraph
{
    private static readonly string[] s_recurrent = ["LSTM", "GRU", "RNN"];

    private readonly Dictionary<string, GraphValue> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lengths = new(StringComparer.Ordinal);
    private readonly List<RecurrentLayer> _layers = [];
    private readonly AxisKind[] _outerAxes = [AxisKind.Outer, AxisKind.Outer];

    private OnnxGraph(OnnxModel model)
    {
        foreach (var (name, tensor) in model.Initializers) _values[name] = new ConstantValue(tensor);
    }

    /// <summary>The recurrent layers, in the order in which they see the sequence.</summary>
    public IReadOnlyList<RecurrentLayer> Layers => _layers;

    /// <summary>The embedding; null for a model of features.</summary>
    public OnnxTensor? Embedding { get; private set; }

    /// <summary>Follows a model to its first output.</summary>
    /// <exception cref="UserInputException">A node cannot be mapped.</exception>
    public static (OnnxGraph Graph, StateValue Output) Follow(OnnxModel model)
    {
        var graph = new OnnxGraph(model);
        graph.AddInputs(model);
        if (model.Outputs.Count == 0) throw new UserInputException("the graph has no output");
        // What no output of the model depends on is not looked at: exporters leave remains.
        HashSet<OnnxNode> needed = Needed(model);
        foreach (OnnxNode node in model.Nodes.Where(needed.Contains)) graph.Run(node);
        string name = model.Outputs[0].Name;
        if (!graph._values.TryGetValue(name, out GraphValue? output)) throw new UserInputException($"the graph's output '{name}' is made by no node");
        if (output is not StateValue state) throw new UserInputException($"the graph's output '{name}' does not come from a recurrent layer");
        return (graph, state);
    }

    /// <summary>A value by its name.</summary>
    public GraphValue ValueOf(OnnxNode node, string name)
    {
        if (_values.TryGetValue(name, out GraphValue? value)) return value;
        throw node.Refuse(_lengths.Contains(name) ? $"the lengths '{name}' can only be sequence_lens" : $"its input '{name}' is not there: no node before it makes it");
    }

    /// <summary>A size of the graph's input, as the axis that it turned out to be.</summary>
    public SizeEntry Resolved(SizeEntry entry) =>
        entry.Axis is { Kind: AxisKind.Outer } axis ? entry with { Axis = axis with { Kind = _outerAxes[axis.Index], Index = 0 } } : entry;

    private void AddInputs(OnnxModel model)
    {
        foreach (OnnxValueInfo input in model.Inputs.Where(input => !_values.ContainsKey(input.Name)))
        {
            int rank = input.Shape?.Length ?? 3;
            long SizeOf(int axis) => input.Shape == null ? -1 : input.Shape[axis] > 0 ? input.Shape[axis] : -1;
            if (input.IsInteger && rank == 1)
            {
                _lengths.Add(input.Name);
                continue;
            }
            bool isTokens = input.IsInteger;
            if (rank is < 2 or > 3 || (isTokens && rank == 3))
                throw new UserInputException($"the graph's input '{input.Name}' has {rank} axes; [time, batch, features] or [batch, time, features], "
                    + "or token numbers without the last, were expected");
            var axes = new List<Axis> { new(AxisKind.Outer, SizeOf(0), 0) };
            if (isTokens || rank == 3) axes.Add(new Axis(AxisKind.Outer, SizeOf(1), 1));
            if (!isTokens) axes.Add(new Axis(AxisKind.Unit, SizeOf(rank - 1)));
            _values[input.Name] = new InputValue(axes, isTokens);
        }
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
            foreach (string input in node.Inputs) open.Push(input);
        }
        return needed;
    }

    private void Run(OnnxNode node)
    {
        if (node.Domain is not ("" or "ai.onnx")) throw node.Refuse($"operators of the domain '{node.Domain}' are not supported");
        if (s_recurrent.Contains(node.Operator))
        {
            RunRecurrent(node);
            return;
        }
        if (node.Outputs.Count == 0) throw node.Refuse("it makes nothing");
        GraphValue result = AxisOperators.TryRun(node, this) ?? LinearOperators.TryRun(node, this) ?? SizeOperators.TryRun(node, this)
            ?? throw node.Refuse("this operator is not supported around a recurrent network");
        if (result is InputValue { Embedding: { } embedding }) Embedding = embedding;
        _values[node.Outputs[0]] = result;
    }

    private void RunRecurrent(OnnxNode node)
    {
        if (node.Inputs.Count == 0) throw node.Refuse("it has no input X");
        if (_layers.Count == ModelFormat.MaxLayers) throw node.Refuse($"more than {ModelFormat.MaxLayers} recurrent layers");
        bool isBatchFirst = node.Integer("layout", 0) == 1;
        if (ValueOf(node, node.Inputs[0]) is not SymbolValue x) throw node.Refuse("its input X is a constant");
        long width = WidthOf(node, x, isBatchFirst);
        OnnxTensor? w = node.Inputs.Count > 1 && _values.GetValueOrDefault(node.Inputs[1]) is ConstantValue { Tensor: var tensor } ? tensor : null;
        if (width < 0 && w is { Shape.Length: 3 }) width = w.Shape[2];
        RecurrentLayer layer = RecurrentNode.Read(node, (int)width, name => ValueOf(node, name));
        CheckLengths(node);
        int index = _layers.Count;
        _layers.Add(layer);
        AddOutputs(node, index, layer, isBatchFirst);
    }

    /// <summary>Checks that X is the whole sequence that this layer should see.</summary>
    /// <returns>Its width, -1 where it is not known.</returns>
    private long WidthOf(OnnxNode node, SymbolValue x, bool isBatchFirst)
    {
        if (x.Axes.Count != 3 || x.Axes[2].Kind != AxisKind.Unit) throw node.Refuse($"its input X has the axes {x.AxesText}; three with the features last were expected");
        AxisKind time = x.Axes[isBatchFirst ? 1 : 0].Kind, batch = x.Axes[isBatchFirst ? 0 : 1].Kind;
        if (x is InputValue input)
        {
            if (_layers.Count > 0) throw node.Refuse("it reads the graph's input beside another recurrent layer; layers have to follow one another");
            if (input.IsTokens && input.Embedding == null) throw node.Refuse("it reads token numbers without an embedding");
            if (batch == AxisKind.Outer) _outerAxes[x.Axes[isBatchFirst ? 0 : 1].Index] = AxisKind.Batch;
            if (time == AxisKind.Outer) _outerAxes[x.Axes[isBatchFirst ? 1 : 0].Index] = AxisKind.Time;
            else throw node.Refuse($"its input X has the axes {x.AxesText}; the timesteps are not where its layout says");
            return x.Axes[2].Size;
        }
        var state = (StateValue)x;
        bool isWhole = state.Moment == Moment.Every && state.Map == null
            && state.Parts.SequenceEqual(Enumerable.Range(0, _layers[^1].Directions.Count).Select(d => Part(_layers.Count - 1, d)));
        if (!isWhole) throw node.Refuse("its input X is not the whole output of the recurrent layer before it");
        if (time != AxisKind.Time || batch is not (AxisKind.Batch or AxisKind.One))
            throw node.Refuse($"its input X has the axes {x.AxesText}; its layout asks for {(isBatchFirst ? "[batch, time, unit]" : "[time, batch, unit]")}");
        return x.Axes[2].Size;
    }

    /// <summary>sequence_lens may be an input of the graph or a constant: a sequence comes with its own length here.</summary>
    private void CheckLengths(OnnxNode node)
    {
        if (node.Inputs.Count <= 4 || node.Inputs[4].Length == 0 || _lengths.Contains(node.Inputs[4])) return;
        if (ValueOf(node, node.Inputs[4]) is not (ConstantValue or SizesValue)) throw node.Refuse("sequence_lens is neither an input of the graph nor a constant");
    }

    private StatePart Part(int layer, int direction) => new(layer, direction, direction == 1 || _layers[layer].Direction == Direction.Reverse);

    private void AddOutputs(OnnxNode node, int index, RecurrentLayer layer, bool isBatchFirst)
    {
        Axis time = new(AxisKind.Time, -1), batch = new(AxisKind.Batch, -1), unit = new(AxisKind.Unit, layer.HiddenCount);
        Axis part = new(AxisKind.Part, layer.Directions.Count);
        StatePart[] parts = Enumerable.Range(0, layer.Directions.Count).Select(d => Part(index, d)).ToArray();
        if (node.Outputs.Count > 0)
            _values[node.Outputs[0]] = new StateValue(isBatchFirst ? [batch, time, part, unit] : [time, part, batch, unit], parts, Moment.Every);
        if (node.Outputs.Count > 1)
            _values[node.Outputs[1]] = new StateValue(isBatchFirst ? [batch, part, unit] : [part, batch, unit], parts, Moment.Final);
    }
}

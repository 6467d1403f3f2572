// From an LSTM, GRU or RNN node to a layer. ONNX orders the gates i, o, f, c and z, r, h; ours are PyTorch's.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Reads one recurrent node.</summary>
internal sealed class RecurrentNode
{
    private readonly OnnxNode _node;
    private readonly Func<string, GraphValue> _valueOf;

    private RecurrentNode(OnnxNode node, Func<string, GraphValue> valueOf)
    {
        _node = node;
        _valueOf = valueOf;
        Kind = node.Operator switch { "LSTM" => CellKind.Lstm, "GRU" => CellKind.Gru, _ => CellKind.Rnn };
        Direction = node.Text("direction", "forward") switch
        {
            "forward" => Direction.Forward,
            "reverse" => Direction.Reverse,
            "bidirectional" => Direction.Both,
            string other => throw node.Refuse($"direction '{other}'; it takes forward, reverse or bidirectional"),
        };
    }

    private CellKind Kind { get; }

    private Direction Direction { get; }

    private int DirectionCount => Direction == Direction.Both ? 2 : 1;

    private int GateCount => Kind switch { CellKind.Lstm => 4, CellKind.Gru => 3, _ => 1 };

    /// <summary>Our gates as places among ONNX's.</summary>
    private int[] GateOrder => Kind switch { CellKind.Lstm => [0, 2, 3, 1], CellKind.Gru => [1, 0, 2], _ => [0] };

    /// <summary>Reads a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputCount">Numbers per timestep that reach it.</param>
    /// <param name="valueOf">Finds a value by name.</param>
    /// <exception cref="UserInputException">It cannot be mapped; the message names the node and the reason.</exception>
    public static RecurrentLayer Read(OnnxNode node, int inputCount, Func<string, GraphValue> valueOf) =>
        new RecurrentNode(node, valueOf).Layer(inputCount);

    private RecurrentLayer Layer(int inputs)
    {
        OnnxTensor w = Constant(1, "W") ?? throw _node.Refuse("it has no weights W");
        OnnxTensor r = Constant(2, "R") ?? throw _node.Refuse("it has no recurrent weights R");
        if (r.Shape.Length != 3) throw _node.Refuse($"R has shape {r.ShapeText}; [directions, gates * hidden, hidden] was expected");
        int hidden = r.Shape[2], rows = GateCount * hidden, directions = DirectionCount;
        if (hidden is < 1 or > ModelFormat.MaxHidden) throw _node.Refuse($"{hidden} hidden units; 1 to {ModelFormat.MaxHidden} are supported");
        if (_node.Integer("hidden_size", hidden) != hidden) throw _node.Refuse($"hidden_size is {_node.Integer("hidden_size", 0)}, but R is for {hidden}");
        Expect("R", r, directions, rows, hidden);
        Expect("W", w, directions, rows, inputs);
        OnnxTensor? b = Constant(3, "B"), p = Kind == CellKind.Lstm ? Constant(7, "P") : null;
        if (b != null) Expect("B", b, directions, 2 * rows);
        if (p != null) Expect("P", p, directions, 3 * hidden);
        float[]? h0 = InitialState(5, "initial_h", hidden), c0 = Kind == CellKind.Lstm ? InitialState(6, "initial_c", hidden) : null;
        float clip = _node.Float("clip", 0);
        if (!float.IsFinite(clip) || clip < 0) throw _node.Refuse($"clip is {clip}; it has to be above 0");
        if (Direction == Direction.Both && _node.Integer("layout", 0) is not (0 or 1)) throw _node.Refuse("layout is neither 0 nor 1");
        IReadOnlyList<ActivationFunction>?[] activations = new ActivationList(_node, Kind, directions).Read();
        return new RecurrentLayer
        {
            Kind = Kind,
            Direction = Direction,
            InputCount = inputs,
            HiddenCount = hidden,
            Clip = clip,
            IsInputForget = Kind == CellKind.Lstm && _node.Integer("input_forget", 0) != 0,
            IsResetBefore = Kind == CellKind.Gru && _node.Integer("linear_before_reset", 0) == 0,
            Directions = Enumerable.Range(0, directions).Select(d => new DirectionWeights
            {
                InputWeights = Gates(w.Values, d * rows * inputs, hidden * inputs),
                RecurrentWeights = Gates(r.Values, d * rows * hidden, hidden * hidden),
                InputBias = b == null ? new float[rows] : Gates(b.Values, d * 2 * rows, hidden),
                RecurrentBias = b == null ? new float[rows] : Gates(b.Values, (d * 2 + 1) * rows, hidden),
                Peepholes = p == null ? null : Peepholes(p.Values, d * 3 * hidden, hidden),
                InitialHidden = h0?[(d * hidden)..((d + 1) * hidden)],
                InitialCell = c0?[(d * hidden)..((d + 1) * hidden)],
                Activations = activations[d],
            }).ToArray(),
        };
    }

    /// <summary>The gates of one direction in our order.</summary>
    private float[] Gates(float[] values, int start, int gateSize) =>
        GateOrder.SelectMany(gate => values.Skip(start + gate * gateSize).Take(gateSize)).ToArray();

    /// <summary>ONNX has input, output, forget; ours are input, forget, output.</summary>
    private static float[] Peepholes(float[] values, int start, int hidden) =>
        new[] { 0, 2, 1 }.SelectMany(gate => values.Skip(start + gate * hidden).Take(hidden)).ToArray();

    /// <summary>An initial state, [directions][hidden]; null for zeros.</summary>
    private float[]? InitialState(int input, string name, int hidden)
    {
        if (ValueOf(input) is null or ZeroValue) return null;
        OnnxTensor state = Constant(input, name)!;
        int directions = DirectionCount;
        bool isBatchFirst = _node.Integer("layout", 0) == 1;
        int batch = state.Shape.Length == 3 ? state.Shape[isBatchFirst ? 0 : 1] : 0;
        int[] expected = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
        if (batch < 1 || !state.Shape.SequenceEqual(expected))
            throw _node.Refuse($"{name} has shape {state.ShapeText}; {(isBatchFirst ? "[batch, directions, hidden]" : "[directions, batch, hidden]")} was expected");
        var values = new float[directions * hidden];
        for (int d = 0; d < directions; d++)
        {
            for (int n = 0; n < batch; n++)
            {
                int at = (isBatchFirst ? n * directions + d : d * batch + n) * hidden;
                ReadOnlySpan<float> row = state.Values.AsSpan(at, hidden);
                if (n == 0) row.CopyTo(values.AsSpan(d * hidden));
                else if (!row.SequenceEqual(values.AsSpan(d * hidden, hidden))) throw _node.Refuse($"{name} differs between the sequences of a batch");
            }
        }
        return values.All(value => value == 0) ? null : values;
    }

    private OnnxTensor? Constant(int input, string name)
    {
        GraphValue? value = ValueOf(input);
        if (value == null) return null;
        if (value is not ConstantValue { Tensor: { IsInteger: false } tensor }) throw _node.Refuse($"{name} is not a constant");
        if (tensor.Values.Any(number => !float.IsFinite(number))) throw _node.Refuse($"{name} ('{_node.Inputs[input]}') holds NaN or infinity");
        return tensor;
    }

    private GraphValue? ValueOf(int input) =>
        input < _node.Inputs.Count && _node.Inputs[input].Length > 0 ? _valueOf(_node.Inputs[input]) : null;

    private void Expect(string name, OnnxTensor tensor, params int[] shape)
    {
        if (!tensor.Shape.SequenceEqual(shape)) throw _node.Refuse($"{name} has shape {tensor.ShapeText}; [{string.Join(", ", shape)}] was expected");
    }
}

// From an LSTM, GRU or RNN node to a layer. ONNX orders the gates i, o, f, c and z, r, h; ours are PyTorch's.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Reads one recurrent node.</summary>
internal sealed class RecurrentNode
{
    private readonly OnnxNode _node;
    private readonly Operation _operation;

    private RecurrentNode(Operation operation)
    {
        OnnxNode node = operation.Node;
        _node = node;
        _operation = operation;
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
    /// <param name="operation">The node with its inputs.</param>
    /// <param name="inputCount">Numbers per timestep that reach it.</param>
    /// <exception cref="UserInputException">It cannot be mapped; the message names the node and the reason.</exception>
    public static RecurrentLayer Read(Operation operation, int inputCount) => new RecurrentNode(operation).Layer(inputCount);

    private RecurrentLayer Layer(int inputs)
    {
        KnownTensor w = Constant(1, "W") ?? throw _node.Refuse("it has no weights W");
        KnownTensor r = Constant(2, "R") ?? throw _node.Refuse("it has no recurrent weights R");
        if (r.Shape.Count != 3) throw _node.Refuse($"R has shape {r.ShapeText}; [directions, gates * hidden, hidden] was expected", Remedy.Export);
        int hidden = KnownTensor.Plain(r.Shape[2]), rows = GateCount * hidden, directions = DirectionCount;
        if (hidden is < 1 or > ModelFormat.MaxHidden) throw _node.Refuse($"{hidden} hidden units; 1 to {ModelFormat.MaxHidden} are supported");
        if (_node.Integer("hidden_size", hidden) != hidden) throw _node.Refuse($"hidden_size is {_node.Integer("hidden_size", 0)}, but R is for {hidden}");
        Expect("R", r, directions, rows, hidden);
        Expect("W", w, directions, rows, inputs);
        KnownTensor? b = Constant(3, "B"), p = Kind == CellKind.Lstm ? Constant(7, "P") : null;
        if (b != null) Expect("B", b, directions, 2 * rows);
        if (p != null) Expect("P", p, directions, 3 * hidden);
        float[]? h0 = InitialState(5, "initial_h", hidden), c0 = Kind == CellKind.Lstm ? InitialState(6, "initial_c", hidden) : null;
        float clip = _node.Float("clip", 0);
        if (!float.IsFinite(clip) || clip < 0) throw _node.Refuse($"clip is {clip}; it has to be above 0");
        IReadOnlyList<ActivationFunction>?[] activations = new ActivationList(_node, Kind, directions).Read();
        float[] ws = w.AllNumbers(), rs = r.AllNumbers();
        float[]? bs = b?.AllNumbers(), ps = p?.AllNumbers();
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
                InputWeights = Gates(ws, d * rows * inputs, hidden * inputs),
                RecurrentWeights = Gates(rs, d * rows * hidden, hidden * hidden),
                InputBias = bs == null ? new float[rows] : Gates(bs, d * 2 * rows, hidden),
                RecurrentBias = bs == null ? new float[rows] : Gates(bs, (d * 2 + 1) * rows, hidden),
                Peepholes = ps == null ? null : Peepholes(ps, d * 3 * hidden, hidden),
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

    /// <summary>Returns an initial state, [directions][hidden]; null for zeros.</summary>
    private float[]? InitialState(int input, string name, int hidden)
    {
        if (Constant(input, name) is not { } state || state.IsZero) return null;
        bool isBatchFirst = _node.Integer("layout", 0) == 1;
        int directions = DirectionCount, batchAxis = isBatchFirst ? 0 : 1, directionAxis = 1 - batchAxis;
        if (state.Shape.Count != 3 || state.Shape[directionAxis] != directions || state.Shape[2] != hidden)
            throw _node.Refuse(
                $"{name} has shape {state.ShapeText}; {(isBatchFirst ? "[batch, directions, hidden]" : "[directions, batch, hidden]")} was expected", Remedy.Export);
        int batch = state.Stored[batchAxis];
        if (batch < 1) throw _node.Refuse($"{name} is empty", Remedy.Export);
        int[] wanted = [directions, directions, hidden];
        wanted[batchAxis] = batch;
        float[] all = state.WithStored(wanted).Numbers!;
        var values = new float[directions * hidden];
        for (int d = 0; d < directions; d++)
        {
            for (int n = 0; n < batch; n++)
            {
                int at = (isBatchFirst ? n * directions + d : d * batch + n) * hidden;
                ReadOnlySpan<float> row = all.AsSpan(at, hidden);
                if (n == 0) row.CopyTo(values.AsSpan(d * hidden));
                else if (!row.SequenceEqual(values.AsSpan(d * hidden, hidden)))
                    throw _node.Refuse($"{name} differs between the sequences of a batch", Remedy.OneSequence);
            }
        }
        return values;
    }

    private KnownTensor? Constant(int input, string name)
    {
        if (_operation[input] == null) return null;
        KnownTensor tensor = _operation.Known(input, name);
        if (tensor.Numbers is not { } numbers) throw _node.Refuse($"{name} holds whole numbers", Remedy.Export);
        return numbers.All(float.IsFinite) ? tensor : throw _node.Refuse($"{name} ('{_node.Inputs[input]}') holds NaN or infinity", Remedy.Export);
    }

    private void Expect(string name, KnownTensor tensor, params int[] shape)
    {
        if (!tensor.Shape.SequenceEqual(shape.Select(size => new Size(size))))
            throw _node.Refuse($"{name} has shape {tensor.ShapeText}; [{string.Join(", ", shape)}] was expected", Remedy.Export);
    }
}

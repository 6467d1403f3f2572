// LSTM, GRU and SimpleRNN, one way or both. Keras has kernels [inputs][gates * units]. Its LSTM orders the gates i, f, c, o as ours do,
// its GRU z, r, h. A layer with go_backwards gives its outputs in the order in which it computes them: the last timestep first.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Hdf5;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Keras;

/// <summary>Runs recurrent layers.</summary>
/// <param name="file">The file.</param>
internal sealed class KerasRecurrent(KerasFile file)
{
    private const string Cell = "cell";

    /// <summary>Classes of the layers.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal) { "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional" };

    /// <summary>Runs a layer.</summary>
    /// <returns>Its output, and its last states where it gives them.</returns>
    public KerasValue[] Run(KerasLayer layer, KerasValue value)
    {
        Combination content = value.Known(layer);
        if (!value.IsPerStep) throw layer.Refuse(
            $"its input is {value.SizesText}, which has no timesteps; a recurrent layer before it needs return_sequences=True", KerasRemedy.Listed);
        return layer.ClassName == "Bidirectional" ? [Both(layer, value, content)] : One(layer, value, content);
    }

    private KerasValue[] One(KerasLayer layer, KerasValue value, Combination content)
    {
        CheckPlain(layer, layer);
        bool isReverse = layer.Flag("go_backwards", false) != value.IsReversed;
        RecurrentLayer made = Made(layer, layer, content.Map.Rows.Count, Cell, isReverse);
        var states = new RecurrentSignal(made, content) { Node = layer };
        KerasValue Last(StateMoment moment) => value.Vector(Combination.Of(new StateSignal(states, moment) { Node = layer }));
        KerasValue output = layer.Flag("return_sequences", false)
            ? value.With(Combination.Of(states)) with { IsReversed = isReverse }
            : Last(StateMoment.Final);
        if (!layer.Flag("return_state", false)) return [output];
        return made.Kind == CellKind.Lstm ? [output, Last(StateMoment.Final), Last(StateMoment.FinalCell)] : [output, Last(StateMoment.Final)];
    }

    private KerasValue Both(KerasLayer layer, KerasValue value, Combination content)
    {
        KerasLayer forward = layer.Inner("layer"), backward = layer.Value("backward_layer") == null ? forward : layer.Inner("backward_layer");
        CheckPlain(layer, forward);
        CheckPlain(layer, backward);
        bool isFirstReverse = forward.Flag("go_backwards", false), isEach = forward.Flag("return_sequences", false);
        if (backward != forward && (backward.Flag("go_backwards", false) == isFirstReverse || backward.Flag("return_sequences", false) != isEach))
            throw layer.Refuse("its two layers read the same way, or one gives all timesteps and the other one", KerasRemedy.Save);
        bool isSwapped = isFirstReverse != value.IsReversed;
        int inputs = content.Map.Rows.Count;
        // The weights lie in the file forward first.
        RecurrentLayer one = Made(layer, forward, inputs, "forward_layer/" + Cell, isSwapped), two = Made(layer, backward, inputs, "backward_layer/" + Cell, !isSwapped);
        if (one.Kind != two.Kind || one.HiddenCount != two.HiddenCount || one.IsResetBefore != two.IsResetBefore)
            throw layer.Refuse("its two layers are of different kinds or sizes", KerasRemedy.Listed);
        int hidden = one.HiddenCount;
        var made = new RecurrentLayer
        {
            Kind = one.Kind,
            Direction = Direction.Both,
            InputCount = inputs,
            HiddenCount = hidden,
            IsResetBefore = one.IsResetBefore,
            Directions = isSwapped ? [two.Directions[0], one.Directions[0]] : [one.Directions[0], two.Directions[0]],
        };
        Combination states = Combination.Of(new RecurrentSignal(made, content) { Node = layer });
        if (!isEach) states = states.At(StateMoment.Final);
        int first = isSwapped ? hidden : 0, second = hidden - first;
        string merge = layer.Value("merge_mode") == null ? "None" : layer.Text("merge_mode", "concat");
        double factor = merge == "ave" ? 0.5 : 1;
        LinearMap map = merge switch
        {
            "concat" => states.Map.Picked(Enumerable.Range(first, hidden).Concat(Enumerable.Range(second, hidden))),
            "sum" or "ave" => states.Map.Combined(Enumerable.Range(0, hidden).Select(n => new[] { (n, factor), (n + hidden, factor) })),
            _ => throw layer.Refuse($"it merges its directions by '{merge}'; concat, sum and ave are known", KerasRemedy.Listed),
        };
        states = states.With(map);
        return isEach ? value.With(states) with { IsReversed = isSwapped } : value.Vector(states);
    }

    /// <summary>Refuses what changes the numbers and has no place.</summary>
    private static void CheckPlain(KerasLayer layer, KerasLayer cell)
    {
        if (cell.Flag("stateful", false))
            throw layer.Refuse("with stateful=True it goes on from the sequence before, and a model starts each sequence anew", "save it with stateful=False");
        if (cell.Flag("time_major", false)) throw layer.Refuse("it reads [time, batch, features] (time_major=True)", KerasRemedy.Listed);
    }

    /// <summary>Returns one direction of a layer.</summary>
    /// <param name="layer">The layer of the model.</param>
    /// <param name="described">The layer whose configuration it has: itself, or one of the two within a Bidirectional.</param>
    /// <param name="inputs">Numbers per timestep that reach it.</param>
    /// <param name="part">Path of its weights.</param>
    /// <param name="isReverse">True when it reads from the last timestep on.</param>
    private RecurrentLayer Made(KerasLayer layer, KerasLayer described, int inputs, string part, bool isReverse)
    {
        KerasLayer cell = described.ClassName == "RNN" ? described.Inner("cell") : described;
        CellKind kind = cell.ClassName switch
        {
            "LSTM" or "LSTMCell" => CellKind.Lstm,
            "GRU" or "GRUCell" => CellKind.Gru,
            "SimpleRNN" or "SimpleRNNCell" => CellKind.Rnn,
            string other => throw layer.Refuse($"it runs a cell of the class {other}", KerasRemedy.Listed),
        };
        int units = cell.Count("units", ModelFormat.MaxHidden), gates = kind switch { CellKind.Lstm => 4, CellKind.Gru => 3, _ => 1 }, rows = gates * units;
        bool hasBias = cell.Flag("use_bias", true);
        // The default changed with TensorFlow 2; a file of before has the setting only if it was given.
        bool isResetAfter = kind == CellKind.Gru && cell.Flag("reset_after", file.MajorVersion >= 3);
        Hdf5Array[] weights = file.Weights.Take(layer, part, hasBias ? ["kernel", "recurrent_kernel", "bias"] : ["kernel", "recurrent_kernel"]);
        KerasLayers.Expect(layer, "kernel", weights[0], inputs, rows);
        KerasLayers.Expect(layer, "recurrent_kernel", weights[1], units, rows);
        if (hasBias) KerasLayers.Expect(layer, "bias", weights[2], isResetAfter ? [2, rows] : [rows]);
        int[] order = kind == CellKind.Gru ? [1, 0, 2] : [.. Enumerable.Range(0, gates)];
        float[] zeros = new float[rows], bias = hasBias ? weights[2].Values : zeros;
        return new RecurrentLayer
        {
            Kind = kind,
            Direction = isReverse ? Direction.Reverse : Direction.Forward,
            InputCount = inputs,
            HiddenCount = units,
            IsResetBefore = kind == CellKind.Gru && !isResetAfter,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = Turned(weights[0].Values, inputs, units, order),
                    RecurrentWeights = Turned(weights[1].Values, units, units, order),
                    InputBias = Turned(bias[..rows], 1, units, order),
                    RecurrentBias = isResetAfter && hasBias ? Turned(bias[rows..], 1, units, order) : zeros,
                    Activations = Activations(cell, kind),
                },
            ],
        };
    }

    /// <summary>Returns [gates * units][columns] of [columns][gates * units], the gates in our order.</summary>
    private static float[] Turned(float[] values, int columns, int units, int[] order)
    {
        var turned = new float[values.Length];
        int rows = order.Length * units;
        for (int gate = 0; gate < order.Length; gate++)
            for (int unit = 0; unit < units; unit++)
                for (int column = 0; column < columns; column++)
                    turned[(gate * units + unit) * columns + column] = values[column * rows + order[gate] * units + unit];
        return turned;
    }

    /// <summary>Returns the activations; null for the usual ones.</summary>
    private IReadOnlyList<ActivationFunction>? Activations(KerasLayer cell, CellKind kind)
    {
        string own = cell.Function("activation", "tanh");
        // The default of the setting changed with TensorFlow 2, so a file without it could be either.
        string gates = kind == CellKind.Rnn ? own : cell.Function("recurrent_activation", "missing");
        ActivationFunction inner = KerasFunctions.OfCell(cell, own, file.MajorVersion), outer = KerasFunctions.OfCell(cell, gates, file.MajorVersion);
        bool isUsual = own == "tanh" && (kind == CellKind.Rnn || gates == "sigmoid");
        if (isUsual) return null;
        return kind switch
        {
            CellKind.Lstm => [outer, inner, inner],
            CellKind.Gru => [outer, inner, new ActivationFunction(Activation.Tanh)],
            _ => [inner, inner, inner],
        };
    }
}

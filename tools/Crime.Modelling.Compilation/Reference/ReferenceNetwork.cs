// The named reference of the fixed-point contract: SPEC.md, section 3, word for word and nothing clever. Every kernel of the
// project must give the same states at every step; golden vectors are made by this class. All sums are formed in 64 bits, and
// what SPEC says fits 32 or 16 is checked to fit.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Reference;

/// <summary>A fixed-point network in its plainest form.</summary>
public sealed class ReferenceNetwork
{
    private static readonly short[] s_tanh = ActivationTable.CreateTanh();

    private readonly ModelFile _model;
    private readonly ReferenceConvolution[] _front;
    private readonly ReferenceLayer[] _layers;
    private readonly int[] _pooled;
    private int _count;
    private long _squaredError;

    /// <summary>Makes a reference for a model, in the zero state.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    public ReferenceNetwork(ModelFile model)
    {
        _model = model;
        _front = (model.ReadFront() ?? []).Select(layer => new ReferenceConvolution(layer)).ToArray();
        _layers = model.FixedLayers.Select(layer => new ReferenceLayer(layer)).ToArray();
        _pooled = new int[_layers[^1].Hidden.Length];
    }

    /// <summary>Timesteps of the input for each one of the recurrent layers: the strides of the convolutions together.</summary>
    public int Stride => _front.Aggregate(1, (stride, layer) => stride * layer.Stride);

    /// <summary>
    /// Hidden state of each layer, Q0.15, [layers][hidden]; behind them, where the network pools, the lower halves of the sums or the largest
    /// values, and the open windows of the convolutions. A step makes new arrays.
    /// </summary>
    public short[][] Hidden =>
    [
        .. _layers.Select(layer => layer.Hidden), .. Pooled(_model.Pooling == PoolingKind.None ? null : [.. _pooled.Select(value => (short)value)]),
        .. Pooled(IsAnomaly ? [.. Enumerable.Range(0, 4).Select(part => (short)(_squaredError >> 16 * part))] : null),
        .. _front.Select(layer => layer.Window),
    ];

    /// <summary>
    /// Cell state of each layer in its cell format, [layers][hidden], of a wide cell [layers][2 * hidden], empty for a layer without one; behind them, where
    /// the network pools, the upper halves of the sums and the number of timesteps, and of each convolution the number that says when its window is complete.
    /// </summary>
    public short[][] Cell => [.. _layers.Select(layer => layer.Cell), .. Pooled(_model.Pooling switch
    {
        PoolingKind.Mean => [.. _pooled.Select(value => (short)(value >> 16)), (short)_count],
        PoolingKind.Max => [(short)_count],
        _ => IsAnomaly ? [(short)_count] : null,
    }), .. _front.Select(layer => layer.Counter)];

    /// <summary>Mean squared error of prediction in standardised units; 0 before the second timestep, and for other answers than an anomaly.</summary>
    public float Score => !IsAnomaly || _count < 2
        ? 0
        : _squaredError / ((float)(_count - 1) * _model.InputCount * (1 << 2 * _model.InputFractionBits));

    private bool IsAnomaly => _model.Answer == AnswerKind.Anomaly;

    /// <summary>Zero state: the start of a sequence.</summary>
    public void Reset()
    {
        foreach (ReferenceConvolution layer in _front) layer.Reset();
        foreach (ReferenceLayer layer in _layers) layer.Reset();
        Array.Clear(_pooled);
        _count = 0;
        _squaredError = 0;
    }

    /// <summary>One timestep.</summary>
    /// <param name="values">The sequence.</param>
    /// <param name="step">Which timestep of it.</param>
    public void Step(short[] values, int step)
    {
        short[]? x = Input(values, step);
        if (IsAnomaly && _count < 65535)
        {
            if (_count > 0) _squaredError += Logits().Zip(x, SquaredError).Sum();
            _count++;
        }
        foreach (ReferenceConvolution layer in _front) x = x == null ? null : layer.Step(x);
        if (x != null) Advance(x);
    }

    private void Advance(short[] x)
    {
        foreach (ReferenceLayer layer in _layers)
        {
            layer.Step(x);
            x = layer.Hidden;
        }
        if (_model.Pooling == PoolingKind.None || _count == 65535) return;
        for (int unit = 0; unit < x.Length; unit++)
            _pooled[unit] = _model.Pooling == PoolingKind.Mean ? _pooled[unit] + x[unit] : _count == 0 ? x[unit] : Math.Max(_pooled[unit], x[unit]);
        _count++;
    }

    /// <summary>
    /// The logits of the present state, exact; with a decoder those of its least certain token. With convolutions a network of its own runs what they make of
    /// the whole sequence.
    /// </summary>
    public int[] Logits()
    {
        if (_model.Decoder != null) return Write().Weakest;
        if (_front.Length == 0) return LogitsOf(Seen());
        IReadOnlyList<short[]> sequence = _front[0].Inputs;
        foreach (ReferenceConvolution layer in _front) sequence = layer.Results(sequence);
        var whole = new ReferenceNetwork(_model);
        foreach (short[] x in sequence) whole.Advance(x);
        return whole.LogitsOf(whole.Seen());
    }

    /// <summary>Writes the output of a decoder from the present state, which stays.</summary>
    /// <returns>The tokens without the end, and the logits of the token with the least margin over the others.</returns>
    public (int[] Tokens, int[] Weakest) Write()
    {
        var cell = new ReferenceLayer(_model.Decoder.Fixed);
        cell.Begin(_layers[^1].Hidden, _layers[^1].Cell);
        var tokens = new List<int>();
        var steps = new List<(int[] Logits, long Margin)>();
        int token = 0;
        do
        {
            cell.Step([.. Enumerable.Range(0, _model.Decoder.EmbeddingCount).Select(k => _model.OutputEmbedding(token, k))]);
            int[] logits = LogitsOf(cell.Hidden);
            token = Array.IndexOf(logits, logits.Max());
            steps.Add((logits, logits.Length == 1 ? (long)logits[0] - int.MinValue : logits[token] - logits.Where((_, k) => k != token).Max(logit => (long)logit)));
            if (token > 0) tokens.Add(token);
        }
        while (token > 0 && steps.Count < _model.Decoder.LongestOutput);
        return ([.. tokens], steps.MinBy(step => step.Margin).Logits);
    }

    private short[] Seen()
    {
        short[] hidden = _model.Pooling switch
        {
            PoolingKind.None => _layers[^1].Hidden,
            PoolingKind.Max => [.. _pooled.Select(value => (short)value)],
            // Half up: floor(sum / n + 1/2), exact in 64 bits.
            _ => [.. _pooled.Select(sum => (short)(_count == 0 ? 0 : Math.Floor((2m * sum + _count) / (2m * _count))))],
        };
        foreach (DenseLayer layer in _model.DenseLayers ?? []) hidden = Dense(layer, hidden);
        return hidden;
    }

    private int[] LogitsOf(short[] hidden)
    {
        var logits = new int[_model.OutputCount];
        for (int k = 0; k < logits.Length; k++)
        {
            long sum = _model.HeadBias(k);
            for (int unit = 0; unit < hidden.Length; unit++) sum += (long)_model.HeadWeight(k, unit) * hidden[unit];
            logits[k] = checked((int)sum);
        }
        return logits;
    }

    private long SquaredError(int logit, short value)
    {
        int shift = _model.LogitFractionBits - _model.InputFractionBits;
        // Half up, exact: floor(logit / 2^shift + 1/2).
        decimal scaled = Math.Floor(logit * (decimal)Math.Pow(2, -shift) + (shift > 0 ? 0.5m : 0));
        long error = value - (long)Math.Clamp(scaled, short.MinValue, short.MaxValue);
        return error * error;
    }

    private static short[][] Pooled(short[]? numbers) => numbers == null ? [] : [numbers];

    internal static short[] Dense(DenseLayer layer, short[] input) => [.. Enumerable.Range(0, layer.OutputCount).Select(output =>
    {
        long exact = layer.Bias(output) + input.Select((x, k) => (long)layer.Weight(output, k) * x).Sum();
        int sum = checked((int)exact), shift = layer.SumFractionBits - layer.FractionBits;
        if (layer.Function == DenseFunction.Tanh) return s_tanh[Math.Clamp((sum >> (layer.SumFractionBits - 7)) + 1024, 0, 2047)];
        if (layer.Function == DenseFunction.Relu) sum = Math.Max(sum, 0);
        long rounded = shift == 0 ? sum : (sum + (1L << (shift - 1))) >> shift;
        return (short)Math.Clamp(rounded, short.MinValue, short.MaxValue);
    })];

    private short[] Input(short[] values, int step)
    {
        int inputs = _model.InputCount;
        if (_model.Input == InputKind.Features) return values[(step * inputs)..((step + 1) * inputs)];
        int token = (ushort)values[step];
        return Enumerable.Range(0, inputs).Select(k => _model.Embedding(token < _model.VocabularyCount ? token : 0, k)).ToArray();
    }
}

/// <summary>One layer of the reference.</summary>
internal sealed class ReferenceLayer(FixedLayer layer)
{
    private static readonly short[] s_sigmoid = ActivationTable.CreateSigmoid();
    private static readonly short[] s_tanh = ActivationTable.CreateTanh();

    private readonly LayerShape _shape = layer.Shape;

    public short[] Hidden { get; private set; } = new short[layer.Shape.HiddenCount];

    public short[] Cell { get; private set; } = new short[layer.CellCount];

    public void Reset()
    {
        Hidden = new short[Hidden.Length];
        Cell = new short[Cell.Length];
    }

    /// <summary>Starts from the state of another layer.</summary>
    public void Begin(short[] hidden, short[] cell)
    {
        Hidden = hidden;
        if (_shape.HasCellState) Cell = cell;
    }

    public void Step(short[] x)
    {
        if (_shape.Kind == CellKind.Gru) StepGru(x);
        else StepLstm(x);
    }

    private void StepLstm(short[] x)
    {
        int hidden = _shape.HiddenCount, fc = layer.CellFractionBits;
        var newHidden = new short[hidden];
        var newCell = new short[layer.CellCount];
        for (int unit = 0; unit < hidden; unit++)
        {
            int i = s_sigmoid[GateIndex(x, unit)];
            int f = s_sigmoid[GateIndex(x, hidden + unit)];
            int g = s_tanh[GateIndex(x, 2 * hidden + unit)];
            int o = s_sigmoid[GateIndex(x, 3 * hidden + unit)];
            int c;
            if (layer.IsWideCell)
            {
                long old = 32768L * Cell[hidden + unit] + Cell[unit];
                c = checked((int)((f * old + (long)i * g + 16384) >> 15));
                newCell[unit] = (short)(c & 32767);
                newCell[hidden + unit] = (short)(c >> 15);
            }
            else
            {
                long sum = checked((int)((long)f * Cell[unit] + (((long)i * g) >> (15 - fc)) + 16384));
                c = Fixed.SaturateInt16((int)(sum >> 15));
                newCell[unit] = (short)c;
            }
            int t = s_tanh[Clamp((c >> (fc - 7)) + 1024)];
            newHidden[unit] = checked((short)(((long)o * t + 16384) >> 15));
        }
        Hidden = newHidden;
        Cell = newCell;
    }

    private void StepGru(short[] x)
    {
        int hidden = _shape.HiddenCount;
        var newHidden = new short[hidden];
        for (int unit = 0; unit < hidden; unit++)
        {
            int r = s_sigmoid[GateIndex(x, unit)];
            int z = s_sigmoid[GateIndex(x, hidden + unit)];

            int row = 2 * hidden + unit;
            int ax = checked((int)(layer.Bias(row) + OnInputs(row, x)));
            int ah = checked((int)(layer.Bias(row + hidden) + OnHidden(row)));
            int sum = checked((int)((ax >> 1) + (long)r * checked((short)(ah >> 16))));
            int n = s_tanh[Clamp((sum >> (layer.RowFractionBits(row) - 8)) + 1024)];

            int h = Hidden[unit];
            int change = checked((int)((long)z * (h - n) + 16384)) >> 15;
            newHidden[unit] = checked((short)(n + change));
        }
        Hidden = newHidden;
    }

    /// <summary>index[r] of SPEC.md: a row's sum over inputs and hidden units as an index of its table.</summary>
    private int GateIndex(short[] x, int row)
    {
        // The row bound says that this cannot overflow: a reference checks it.
        int sum = checked((int)(layer.Bias(row) + OnInputs(row, x) + OnHidden(row)));
        return Clamp((sum >> (layer.RowFractionBits(row) - 7)) + 1024);
    }

    private long OnInputs(int row, short[] x)
    {
        long sum = 0;
        for (int k = 0; k < _shape.InputCount; k++) sum += (long)layer.Weight(row, k) * x[k];
        return sum;
    }

    private long OnHidden(int row)
    {
        long sum = 0;
        for (int k = 0; k < _shape.HiddenCount; k++) sum += (long)layer.Weight(row, _shape.InputCount + k) * Hidden[k];
        return sum;
    }

    private static int Clamp(int index) => index < 0 ? 0 : index > 2047 ? 2047 : index;
}

// The textbook kernel: the equations as loops over arrays, a call for every rounding, no packing. It computes the same bits as
// the other kernels. The bench times it and `crime ilcount` counts it, as the baseline; the product does not carry it.

using Crime.Kernel;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Bench.Reference;

/// <summary>A network whose layers are written plainly.</summary>
public sealed class TextbookModel : CompiledModel
{
    private readonly ModelFile _model;

    /// <summary>Takes the weights of any model.</summary>
    public TextbookModel(ModelFile model) => _model = model;

    /// <inheritdoc/>
    public override uint FixedPointChecksum => _model.FixedPointChecksum();

    /// <inheritdoc/>
    public override LayerKernel CreateLayer(int layer, LayerState state, ActivationTables tables, SaturationCounters saturations)
    {
        FixedLayer weights = _model.FixedLayers[layer];
        if (weights.Shape.Kind == CellKind.Gru) return new TextbookGru(weights, state, tables, saturations);
        if (weights.IsWideCell) return new TextbookWideLstm(weights, state, tables, saturations);
        return new TextbookLstm(weights, state, tables, saturations);
    }
}

/// <summary>What both cells share: weights in a table per row, and the sums of all rows.</summary>
public abstract class TextbookLayer : LayerKernel
{
    private readonly short[][] _weights;
    private readonly int[] _bias;
    private readonly int[] _shift;

    /// <summary>Copies the weights.</summary>
    protected TextbookLayer(FixedLayer layer, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(state, tables, saturations)
    {
        LayerShape shape = layer.Shape;
        InputCount = shape.InputCount;
        HiddenCount = shape.HiddenCount;
        _weights = new short[shape.RowCount][];
        _shift = new int[shape.RowCount];
        for (int row = 0; row < shape.RowCount; row++)
        {
            _weights[row] = new short[shape.ColumnCount];
            for (int column = 0; column < shape.ColumnCount; column++) _weights[row][column] = layer.Weight(row, column);
            _shift[row] = layer.RowFractionBits(row) - ActivationTable.IndexFractionBits;
        }
        // The recurrent part of a GRU's candidate has a bias of its own; that of any other row is in the first part.
        _bias = new int[2 * shape.RowCount];
        for (int i = 0; i < shape.FixedBiasCount; i++) _bias[i < shape.RowCount ? i : i + shape.RowCount - shape.HiddenCount] = layer.Bias(i);
        FromInputs = new int[shape.RowCount];
        FromHidden = new int[shape.RowCount];
    }

    /// <summary>Numbers that come in.</summary>
    protected int InputCount { get; }

    /// <summary>Hidden units.</summary>
    protected int HiddenCount { get; }

    /// <summary>W x + b of every row.</summary>
    protected int[] FromInputs { get; }

    /// <summary>U h of every row, with the second bias where there is one.</summary>
    protected int[] FromHidden { get; }

    /// <summary>The sums of all rows.</summary>
    protected void AddUp(short[] x, int offset)
    {
        short[] hidden = State.Hidden;
        int inputCount = InputCount, hiddenCount = HiddenCount;
        for (int row = 0; row < _weights.Length; row++)
        {
            short[] weights = _weights[row];
            int sum = _bias[row];
            for (int k = 0; k < inputCount; k++) sum += weights[k] * x[offset + k];
            FromInputs[row] = sum;
            sum = _bias[_weights.Length + row];
            for (int k = 0; k < hiddenCount; k++) sum += weights[inputCount + k] * hidden[k];
            FromHidden[row] = sum;
        }
    }

    /// <summary>Index of a gate's activation.</summary>
    protected int GateIndex(int row) => Index(FromInputs[row] + FromHidden[row], _shift[row]);

    /// <summary>Index of a candidate's activation, of a sum with one fraction bit less than its row.</summary>
    protected int CandidateIndex(int row, int sum) => Index(sum, _shift[row] - 1);

    private int Index(int sum, int shift)
    {
        int index = (sum >> shift) + ActivationTable.Zero;
        return index < 0 || index >= ActivationTable.Length ? SaturatedIndex(index) : index;
    }
}

/// <summary>The LSTM of SPEC.md.</summary>
public sealed class TextbookLstm : TextbookLayer
{
    private readonly int _cellFractionBits;

    /// <summary>Copies the weights.</summary>
    public TextbookLstm(FixedLayer layer, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(layer, state, tables, saturations) => _cellFractionBits = layer.CellFractionBits;

    /// <inheritdoc/>
    public override void Step(short[] x, int offset)
    {
        AddUp(x, offset);
        for (int unit = 0; unit < HiddenCount; unit++)
        {
            int i = Sigmoid[GateIndex(unit)];
            int f = Sigmoid[GateIndex(HiddenCount + unit)];
            int g = Tanh[GateIndex(2 * HiddenCount + unit)];
            int o = Sigmoid[GateIndex(3 * HiddenCount + unit)];
            int c = Fixed.RoundShift(f * State.Cell[unit] + ((i * g) >> (15 - _cellFractionBits)), 15);
            if (c > Fixed.Int16Max || c < Fixed.Int16Min) c = SaturatedCell(c);
            State.Cell[unit] = (short)c;
            int t = (c >> (_cellFractionBits - ActivationTable.IndexFractionBits)) + ActivationTable.Zero;
            if (t < 0) t = 0;
            if (t >= ActivationTable.Length) t = ActivationTable.Length - 1;
            State.Hidden[unit] = (short)Fixed.RoundShift(o * Tanh[t], 15);
        }
    }
}

/// <summary>The LSTM of SPEC.md with a wide cell.</summary>
public sealed class TextbookWideLstm : TextbookLayer
{
    /// <summary>Copies the weights.</summary>
    public TextbookWideLstm(FixedLayer layer, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(layer, state, tables, saturations)
    {
    }

    /// <inheritdoc/>
    public override void Step(short[] x, int offset)
    {
        AddUp(x, offset);
        for (int unit = 0; unit < HiddenCount; unit++)
        {
            int i = Sigmoid[GateIndex(unit)];
            int f = Sigmoid[GateIndex(HiddenCount + unit)];
            int g = Tanh[GateIndex(2 * HiddenCount + unit)];
            int o = Sigmoid[GateIndex(3 * HiddenCount + unit)];
            long old = 32768L * State.Cell[HiddenCount + unit] + State.Cell[unit];
            int c = (int)((f * old + i * g + 16384) >> 15);
            State.Cell[HiddenCount + unit] = (short)(c >> 15);
            State.Cell[unit] = (short)(c & 32767);
            int t = (c >> (15 - ActivationTable.IndexFractionBits)) + ActivationTable.Zero;
            if (t < 0) t = 0;
            if (t >= ActivationTable.Length) t = ActivationTable.Length - 1;
            State.Hidden[unit] = (short)Fixed.RoundShift(o * Tanh[t], 15);
        }
    }
}

/// <summary>The GRU of SPEC.md.</summary>
public sealed class TextbookGru : TextbookLayer
{
    /// <summary>Copies the weights.</summary>
    public TextbookGru(FixedLayer layer, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(layer, state, tables, saturations)
    {
    }

    /// <inheritdoc/>
    public override void Step(short[] x, int offset)
    {
        AddUp(x, offset);
        for (int unit = 0; unit < HiddenCount; unit++)
        {
            int candidate = 2 * HiddenCount + unit;
            int r = Sigmoid[GateIndex(unit)];
            int z = Sigmoid[GateIndex(HiddenCount + unit)];
            int n = Tanh[CandidateIndex(candidate, (FromInputs[candidate] >> 1) + r * (FromHidden[candidate] >> 16))];
            State.Hidden[unit] = (short)(n + Fixed.RoundShift(z * (State.Hidden[unit] - n), 15));
        }
    }
}

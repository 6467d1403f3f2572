// The table-driven LSTM layer: reads its weights from a model file, so that a new model needs no new firmware.
//
//     i = sigmoid(Wi x + Ui h + bi)        c' = f c + i g
//     f = sigmoid(Wf x + Uf h + bf)        h' = o tanh(c')
//     g = tanh   (Wg x + Ug h + bg)
//     o = sigmoid(Wo x + Uo h + bo)
//
// SPEC.md, "The LSTM step", defines every shift and rounding. What executes per weight is counted and budgeted.

using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Firmware.Kernel;

/// <summary>An LSTM layer with its weights in tables.</summary>
public sealed class LstmLayer : LayerKernel
{
    // Weights taken per turn of the inner loop.
    private const int Unroll = 4;

    private readonly int _inputCount;
    private readonly int _hiddenCount;
    private readonly int _columnCount;
    private readonly int _cellIndexShift;
    private readonly int _candidateShift;

    // [hidden][inputs, hidden, padding]: the rows of i and f in one array, those of g and o in the other.
    private readonly long[][] _inputForgetWeights;
    private readonly long[][] _candidateOutputWeights;

    // [hidden]
    private readonly long[] _inputForgetBias;
    private readonly long[] _candidateOutputBias;

    // [4 hidden]: from a row's accumulator to an index of the activation table.
    private readonly byte[] _indexShift;

    // [inputs, hidden, padding]: x and h side by side, widened once per step.
    private readonly long[] _operands;

    /// <summary>Builds the layer.</summary>
    /// <param name="layer">The numbers of an LSTM layer; not referenced afterwards.</param>
    /// <param name="state">The layer's state.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public LstmLayer(FixedLayer layer, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(state, tables, saturations)
    {
        LayerShape shape = layer.Shape;
        _inputCount = shape.InputCount;
        _hiddenCount = shape.HiddenCount;
        _columnCount = PackedRows.PaddedCount(shape.ColumnCount, Unroll);
        _cellIndexShift = layer.CellFractionBits - ActivationTable.IndexFractionBits;
        _candidateShift = 15 - layer.CellFractionBits;

        _inputForgetWeights = new long[_hiddenCount][];
        _candidateOutputWeights = new long[_hiddenCount][];
        _inputForgetBias = new long[_hiddenCount];
        _candidateOutputBias = new long[_hiddenCount];
        for (int unit = 0; unit < _hiddenCount; unit++)
        {
            int i = unit, f = _hiddenCount + unit, g = 2 * _hiddenCount + unit, o = 3 * _hiddenCount + unit;
            _inputForgetWeights[unit] = PackedRows.Weights(layer, i, f, Unroll);
            _inputForgetBias[unit] = PackedRows.Bias(layer, i, f);
            _candidateOutputWeights[unit] = PackedRows.Weights(layer, g, o, Unroll);
            _candidateOutputBias[unit] = PackedRows.Bias(layer, g, o);
        }
        _indexShift = new byte[shape.RowCount];
        for (int row = 0; row < shape.RowCount; row++)
            _indexShift[row] = (byte)(layer.RowFractionBits(row) - ActivationTable.IndexFractionBits);
        _operands = new long[_columnCount];
    }

    /// <inheritdoc/>
    public override void Step(short[] x, int offset)
    {
        long[] operands = _operands;
        short[] hidden = State.Hidden, cell = State.Cell, sigmoid = Sigmoid, tanh = Tanh;
        byte[] indexShift = _indexShift;
        int inputCount = _inputCount, hiddenCount = _hiddenCount, columnCount = _columnCount;
        int candidateShift = _candidateShift, cellIndexShift = _cellIndexShift;

        for (int k = 0; k < inputCount; k++) operands[k] = x[offset + k];
        for (int k = 0; k < hiddenCount; k++) operands[inputCount + k] = hidden[k];

        for (int unit = 0; unit < hiddenCount; unit++)
        {
            // Four rows of W x + U h + b, two to a number.
            long inputForget = _inputForgetBias[unit], candidateOutput = _candidateOutputBias[unit];
            long[] w = _inputForgetWeights[unit], v = _candidateOutputWeights[unit];
            for (int k = 0; k < columnCount; k += Unroll)
            {
                long x0 = operands[k], x1 = operands[k + 1], x2 = operands[k + 2], x3 = operands[k + 3];
                inputForget += w[k] * x0 + w[k + 1] * x1 + w[k + 2] * x2 + w[k + 3] * x3;
                candidateOutput += v[k] * x0 + v[k + 1] * x1 + v[k + 2] * x2 + v[k + 3] * x3;
            }

            // The accumulators become indices of the activation tables; one unsigned comparison finds both ends.
            int i = (((int)inputForget ^ int.MinValue) >> indexShift[unit]) + ActivationTable.Zero;
            if ((uint)i >= ActivationTable.Length) i = SaturatedIndex(i);
            int f = ((int)(inputForget >> 32) >> indexShift[hiddenCount + unit]) + ActivationTable.Zero;
            if ((uint)f >= ActivationTable.Length) f = SaturatedIndex(f);
            int g = (((int)candidateOutput ^ int.MinValue) >> indexShift[2 * hiddenCount + unit]) + ActivationTable.Zero;
            if ((uint)g >= ActivationTable.Length) g = SaturatedIndex(g);
            int o = ((int)(candidateOutput >> 32) >> indexShift[3 * hiddenCount + unit]) + ActivationTable.Zero;
            if ((uint)o >= ActivationTable.Length) o = SaturatedIndex(o);

            // c' = f c + i g, rounded once. Fixed.RoundShift and SaturateInt16, written out: a call costs 14 instructions.
            int c = (sigmoid[f] * cell[unit] + (sigmoid[i] * tanh[g] >> candidateShift) + 16384) >> 15;
            if (c != (short)c) c = SaturatedCell(c);
            cell[unit] = (short)c;

            // h' = o tanh(c')
            int t = (c >> cellIndexShift) + ActivationTable.Zero;
            if ((uint)t >= ActivationTable.Length) t = t < 0 ? 0 : ActivationTable.Length - 1;
            hidden[unit] = (short)((sigmoid[o] * tanh[t] + 16384) >> 15);
        }
    }
}

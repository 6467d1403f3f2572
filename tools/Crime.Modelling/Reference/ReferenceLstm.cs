// The named reference of the fixed-point contract: SPEC.md, section 3, word for word and nothing clever. Every kernel of the
// project must give the same states at every step; golden vectors are made by this class.

using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Reference;

/// <summary>The fixed-point LSTM in its plainest form.</summary>
public sealed class ReferenceLstm
{
    private readonly ModelFile _model;
    private readonly FixedLayer _layer;
    private readonly short[] _sigmoid = ActivationTable.CreateSigmoid();
    private readonly short[] _tanh = ActivationTable.CreateTanh();

    /// <summary>Makes a reference for a model, in the zero state.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    public ReferenceLstm(ModelFile model)
    {
        _model = model;
        _layer = model.FixedLayers[0];
        Hidden = new short[model.Layers[0].HiddenCount];
        Cell = new short[model.Layers[0].HiddenCount];
    }

    /// <summary>Hidden state, Q0.15.</summary>
    public short[] Hidden { get; private set; }

    /// <summary>Cell state, in the model's cell format.</summary>
    public short[] Cell { get; private set; }

    /// <summary>One timestep.</summary>
    /// <param name="values">The sequence.</param>
    /// <param name="step">Which timestep of it.</param>
    public void Step(short[] values, int step)
    {
        int hidden = _model.Layers[0].HiddenCount;
        var newHidden = new short[hidden];
        var newCell = new short[hidden];
        for (int unit = 0; unit < hidden; unit++)
        {
            int i = _sigmoid[GateIndex(values, step, unit)];
            int f = _sigmoid[GateIndex(values, step, hidden + unit)];
            int g = _tanh[GateIndex(values, step, 2 * hidden + unit)];
            int o = _sigmoid[GateIndex(values, step, 3 * hidden + unit)];
            int c = Fixed.SaturateInt16(Fixed.RoundShift(f * Cell[unit] + ((i * g) >> (15 - _layer.CellFractionBits)), 15));
            int t = _tanh[Index(c, _layer.CellFractionBits)];
            newCell[unit] = (short)c;
            newHidden[unit] = (short)Fixed.RoundShift(o * t, 15);
        }
        Hidden = newHidden;
        Cell = newCell;
    }

    /// <summary>The logits of the present state, exact.</summary>
    public int[] Logits()
    {
        var logits = new int[_model.ClassCount];
        for (int k = 0; k < logits.Length; k++)
        {
            long sum = _model.HeadBias(k);
            for (int unit = 0; unit < _model.Layers[0].HiddenCount; unit++) sum += (long)_model.HeadWeight(k, unit) * Hidden[unit];
            logits[k] = checked((int)sum);
        }
        return logits;
    }

    /// <summary>Zero state: the start of a sequence.</summary>
    public void Reset()
    {
        Hidden = new short[_model.Layers[0].HiddenCount];
        Cell = new short[_model.Layers[0].HiddenCount];
    }

    private int GateIndex(short[] values, int step, int row)
    {
        long sum = _layer.Bias(row);
        for (int k = 0; k < _model.InputCount; k++) sum += (long)_layer.Weight(row, k) * Input(values, step, k);
        for (int k = 0; k < _model.Layers[0].HiddenCount; k++) sum += (long)_layer.Weight(row, _model.InputCount + k) * Hidden[k];
        // The row bound says that this cannot overflow: a reference checks it.
        return Index(checked((int)sum), _layer.RowFractionBits(row));
    }

    private short Input(short[] values, int step, int k)
    {
        if (_model.Input == InputKind.Features) return values[step * _model.InputCount + k];
        int token = (ushort)values[step];
        return _model.Embedding(token < _model.VocabularyCount ? token : 0, k);
    }

    private static int Index(int value, int fractionBits)
    {
        int index = (value >> (fractionBits - ActivationTable.IndexFractionBits)) + ActivationTable.Zero;
        return index < 0 ? 0 : index >= ActivationTable.Length ? ActivationTable.Length - 1 : index;
    }
}

// A fully connected layer between the recurrent layers and the head. It runs once per sequence, so one plain loop serves table-driven and
// compiled kernels.

using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>Computes a fully connected layer in fixed point; no allocation after construction.</summary>
internal sealed class DenseKernel
{
    private readonly short[][] _weights;
    private readonly int[] _bias;
    private readonly short[] _tanh;
    private readonly int _shift;
    private readonly DenseFunction _function;
    private readonly short[] _output;

    /// <summary>Reads a layer.</summary>
    /// <param name="layer">The layer; not referenced afterwards.</param>
    /// <param name="tables">The table of tanh.</param>
    public DenseKernel(DenseLayer layer, ActivationTables tables)
    {
        _function = layer.Function;
        _shift = layer.SumFractionBits - (_function == DenseFunction.Tanh ? ActivationTable.IndexFractionBits : layer.FractionBits);
        _tanh = tables.Tanh;
        _output = new short[layer.OutputCount];
        _bias = new int[layer.OutputCount];
        _weights = new short[layer.OutputCount][];
        for (int i = 0; i < _bias.Length; i++)
        {
            _bias[i] = layer.Bias(i);
            var weights = new short[layer.InputCount];
            for (int k = 0; k < weights.Length; k++) weights[k] = layer.Weight(i, k);
            _weights[i] = weights;
        }
    }

    /// <summary>Computes the layer.</summary>
    /// <param name="input">Numbers of the layer before.</param>
    /// <returns>The results; overwritten by the next call.</returns>
    public short[] Compute(short[] input)
    {
        for (int i = 0; i < _output.Length; i++)
        {
            short[] weights = _weights[i];
            int sum = _bias[i];
            for (int k = 0; k < input.Length; k++) sum += weights[k] * input[k];
            _output[i] = (short)ResultOf(sum);
        }
        return _output;
    }

    private int ResultOf(int sum)
    {
        if (_function == DenseFunction.Tanh)
        {
            int index = (sum >> _shift) + ActivationTable.Zero;
            return _tanh[index < 0 ? 0 : index >= ActivationTable.Length ? ActivationTable.Length - 1 : index];
        }
        if (sum < 0 && _function == DenseFunction.Relu) return 0;
        // Rounds half up without the overflow of a sum next to 2^31.
        return Fixed.SaturateInt16(_shift == 0 ? sum : ((sum >> (_shift - 1)) + 1) >> 1);
    }
}

// The mean or the maximum of the last layer's outputs over the timesteps. It stands behind the recurrent layers as one more layer, so that a
// network without it pays nothing, and its numbers are a part of the network's state: a sequence can be handed over in its middle.

using Crime.Model;

namespace Crime.Kernel;

/// <summary>Pools over the timesteps; no allocation after construction.</summary>
internal sealed class PoolLayer : LayerKernel
{
    // Sums of 32 bits hold so many timesteps.
    private const int MaxCount = 65535;

    private readonly short[] _values;
    private readonly short[] _rest;
    private readonly int _countAt;
    private readonly bool _isMean;
    private readonly short[] _result;

    /// <summary>Takes over the state of the pooling.</summary>
    /// <param name="pooling">Mean or maximum.</param>
    /// <param name="state">
    /// Mean: the lower halves of the sums, then their upper halves and the number of timesteps. Maximum: the largest values, then the number of
    /// timesteps.
    /// </param>
    /// <param name="tables">The tables of the layers, which pooling does not use.</param>
    /// <param name="saturations">The counters of the layers, which pooling does not use.</param>
    public PoolLayer(PoolingKind pooling, LayerState state, ActivationTables tables, SaturationCounters saturations) : base(state, tables, saturations)
    {
        _isMean = pooling == PoolingKind.Mean;
        _values = state.Hidden;
        _rest = state.Cell;
        _countAt = _rest.Length - 1;
        _result = new short[_values.Length];
    }

    /// <summary>Takes the outputs of a timestep. Those after the 65 535th do not count.</summary>
    /// <param name="x">Outputs of the last layer, Q0.15.</param>
    /// <param name="offset">Index of the first one.</param>
    public override void Step(short[] x, int offset)
    {
        int count = (ushort)_rest[_countAt];
        if (count == MaxCount) return;
        short[] values = _values, rest = _rest;
        if (_isMean)
        {
            for (int i = 0; i < values.Length; i++)
            {
                int sum = (rest[i] << 16 | (ushort)values[i]) + x[offset + i];
                values[i] = (short)sum;
                rest[i] = (short)(sum >> 16);
            }
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
                if (count == 0 || x[offset + i] > values[i]) values[i] = x[offset + i];
        }
        rest[_countAt] = (short)(count + 1);
    }

    /// <summary>Returns the mean, rounded half up, or the maximum; zeros before the first timestep. Overwritten by the next call.</summary>
    public short[] Result()
    {
        if (!_isMean) return _values;
        int count = (ushort)_rest[_countAt];
        for (int i = 0; i < _values.Length; i++) _result[i] = (short)(count == 0 ? 0 : RoundDivide(_rest[i] << 16 | (ushort)_values[i], count));
        return _result;
    }

    private static int RoundDivide(int sum, int count)
    {
        int quotient = sum / count, rest = sum - quotient * count;
        if (rest < 0)
        {
            quotient--;
            rest += count;
        }
        return 2 * rest >= count ? quotient + 1 : quotient;
    }
}

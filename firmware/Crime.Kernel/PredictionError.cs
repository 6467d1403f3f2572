// The error of a network that predicts the next timestep. Its sums are a part of the network's state: a sequence can be handed over in its middle.

using Crime.Model;

namespace Crime.Kernel;

/// <summary>Sums the squared differences between timesteps and their predictions; no allocation after construction.</summary>
internal sealed class PredictionError
{
    // Squares of 17 bits, so many features and timesteps: the sum stays below 2^57.
    private const int MaxCount = 65535;

    private readonly short[] _sum;
    private readonly short[] _count;
    private readonly int _inputFractionBits;
    private readonly float _threshold;
    private readonly int _shift;

    /// <summary>Takes over the state of the sums.</summary>
    /// <param name="state">The sum in four parts of 16 bits, the lowest first, and the number of timesteps.</param>
    /// <param name="model">The model, of which formats and threshold count.</param>
    public PredictionError(LayerState state, ModelFile model)
    {
        _threshold = model.Scale.Threshold;
        _sum = state.Hidden;
        _count = state.Cell;
        _inputFractionBits = model.InputFractionBits;
        _shift = model.LogitFractionBits - _inputFractionBits;
    }

    /// <summary>True when a timestep has been counted, so that there is a prediction of the next one.</summary>
    public bool HasPrediction => _count[0] != 0;

    /// <summary>Adds the squared errors of a timestep. Those after the 65 535th do not count.</summary>
    /// <param name="values">The sequence.</param>
    /// <param name="at">Index of the timestep's first number.</param>
    /// <param name="predictions">Its predictions.</param>
    public void Add(short[] values, int at, int[] predictions)
    {
        if ((ushort)_count[0] == MaxCount) return;
        long sum = 0;
        for (int i = 0; i < predictions.Length; i++)
        {
            // In 64 bits: a prediction next to 2^31 leaves 32 bits when it is rounded.
            long prediction = _shift > 0 ? (predictions[i] + (1L << (_shift - 1))) >> _shift : (long)predictions[i] << -_shift;
            if (prediction > short.MaxValue) prediction = short.MaxValue;
            else if (prediction < short.MinValue) prediction = short.MinValue;
            long error = values[at + i] - prediction;
            sum += error * error;
        }
        for (int i = 0; i < _sum.Length; i++)
        {
            sum += (ushort)_sum[i];
            _sum[i] = (short)sum;
            sum >>= 16;
        }
    }

    /// <summary>Counts a timestep.</summary>
    public void Count()
    {
        if ((ushort)_count[0] < MaxCount) _count[0]++;
    }

    /// <summary>True when a mean is that of an anomaly.</summary>
    public bool IsAbove(float mean) => mean > _threshold;

    /// <summary>Returns the mean squared error per predicted number, in the unit of the inputs; 0 before the second timestep.</summary>
    /// <param name="inputCount">Features per timestep.</param>
    public float Mean(int inputCount)
    {
        int count = (ushort)_count[0] - 1;
        if (count < 1) return 0;
        long sum = 0;
        for (int i = _sum.Length - 1; i >= 0; i--) sum = sum << 16 | (ushort)_sum[i];
        return (float)sum / ((float)count * inputCount * (1 << 2 * _inputFractionBits));
    }
}

// From what a sensor or a data set says to what the network eats: standardised, then in the model's Q-format.

using Crime.FixedPoint;

namespace Crime.Model;

/// <summary>Standardises features and writes them in a model's input format.</summary>
public sealed class InputNormaliser
{
    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly int _fractionBits;

    /// <summary>Takes mean and deviation from a model of kind <see cref="InputKind.Features"/>.</summary>
    public InputNormaliser(ModelFile model)
    {
        _mean = new float[model.InputCount];
        _deviation = new float[model.InputCount];
        for (int i = 0; i < model.InputCount; i++)
        {
            _mean[i] = model.Mean(i);
            _deviation[i] = model.Deviation(i);
        }
        _fractionBits = model.InputFractionBits;
    }

    /// <summary>Features per timestep.</summary>
    public int Count => _mean.Length;

    /// <summary>A standardised feature: <c>(raw - mean) / deviation</c> in single precision.</summary>
    public float Standardise(float raw, int feature) => (raw - _mean[feature]) / _deviation[feature];

    /// <summary>A standardised feature in the model's input format, rounded half up and saturated.</summary>
    public short Quantise(float raw, int feature) => QFormat.FromFloat(Standardise(raw, feature), _fractionBits);
}

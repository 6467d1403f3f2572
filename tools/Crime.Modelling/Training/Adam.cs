// Adam (Kingma and Ba, 2015) with the weight decay taken apart from the gradient (Loshchilov and Hutter, 2019).

using System;

namespace Crime.Modelling.Training;

/// <summary>The optimiser.</summary>
public sealed class Adam
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly float[] _mean;
    private readonly float[] _variance;
    private int _step;

    /// <summary>Makes an optimiser for so many parameters.</summary>
    public Adam(int count)
    {
        _mean = new float[count];
        _variance = new float[count];
    }

    /// <summary>Takes a step.</summary>
    /// <param name="parameters">Changed in place.</param>
    /// <param name="gradients">Mean gradients of the batch.</param>
    /// <param name="learningRate">Step size.</param>
    /// <param name="weightDecay">Share of a parameter that a step of size one takes away.</param>
    public void Step(Span<float> parameters, ReadOnlySpan<float> gradients, double learningRate, double weightDecay)
    {
        _step++;
        double meanScale = 1 / (1 - Math.Pow(Beta1, _step)), varianceScale = 1 / (1 - Math.Pow(Beta2, _step));
        for (int i = 0; i < parameters.Length; i++)
        {
            double gradient = gradients[i];
            double mean = _mean[i] = (float)(Beta1 * _mean[i] + (1 - Beta1) * gradient);
            double variance = _variance[i] = (float)(Beta2 * _variance[i] + (1 - Beta2) * gradient * gradient);
            double update = mean * meanScale / (Math.Sqrt(variance * varianceScale) + Epsilon);
            parameters[i] -= (float)(learningRate * (update + weightDecay * parameters[i]));
        }
    }
}

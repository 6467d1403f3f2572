// How far apart the few values of narrow weights lie. A step that serves the largest weight alone is too coarse for all the
// others; the best one leaves the least squared error. Weights that already are whole multiples of a step find it again, so
// quantising what was quantised before changes nothing.

using System;

namespace Crime.Modelling.Quantisation;

/// <summary>Chooses steps of narrow weights.</summary>
public static class WeightSteps
{
    /// <summary>Largest magnitude of a code, the same on both sides of zero.</summary>
    /// <param name="weightBits">2 to 16.</param>
    public static int LargestCode(int weightBits) => (1 << (weightBits - 1)) - 1;

    /// <summary>The step with which codes of so many bits come closest to the weights.</summary>
    /// <param name="weights">The weights of one row on operands of one format.</param>
    /// <param name="weightBits">4 to 8.</param>
    /// <returns>In units of the weights; 0 when all weights are 0.</returns>
    public static double Choose(ReadOnlySpan<float> weights, int weightBits)
    {
        double largest = 0;
        foreach (float weight in weights) largest = Math.Max(largest, Math.Abs((double)weight));
        if (largest == 0) return 0;
        int largestCode = LargestCode(weightBits), middle = (largestCode + 1) / 2;
        double best = largest / largestCode, bestError = double.MaxValue;
        void Try(double code, ReadOnlySpan<float> weights)
        {
            // Better by more than the noise of double precision: among equals the first, finest one stays.
            const double noise = 1e-9;
            double step = largest / code, error = SquaredError(weights, step, largestCode, bestError);
            if (error >= bestError * (1 - noise)) return;
            bestError = error;
            best = step;
        }
        // The largest weight as a whole multiple of the step: with weights that were quantised before, one of these leaves nothing.
        // Below the middle there is no need to look: a step twice as fine is as good.
        for (int code = largestCode; code >= middle; code--) Try(code, weights);
        // Others, up to steps that cut a third off the largest weight.
        double finest = largestCode > 100 ? 1 : 0.25;
        for (double code = middle; code <= 1.5 * largestCode; code += finest) Try(code, weights);
        return best;
    }

    /// <summary>The code of a weight.</summary>
    /// <param name="weight">The weight in units of the step.</param>
    /// <param name="largestCode">Codes beyond it are cut off.</param>
    public static int Code(double weight, int largestCode) => (int)Math.Clamp(Math.Floor(weight + 0.5), -largestCode, largestCode);

    private static double SquaredError(ReadOnlySpan<float> weights, double step, int largestCode, double limit)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            double error = weight - Code(weight / step, largestCode) * step;
            sum += error * error;
            if (sum >= limit) break;
        }
        return sum;
    }
}

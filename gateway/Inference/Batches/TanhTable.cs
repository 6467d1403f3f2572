// tanh by table for vectors that can look up 32 numbers in one instruction: a polynomial per interval, and no division.

using System;
using System.Linq;

namespace Crime.Gateway.Inference.Batches;

/// <summary>tanh on [0, 8] as 32 polynomials of degree 4, each through the function at its interval's Chebyshev nodes; beyond, 1.</summary>
internal static unsafe class TanhTable
{
    /// <summary>Largest argument that is looked up; tanh is within 4e-7 of 1 there.</summary>
    public const float Limit = 7.75f;

    /// <summary>Adding 3 * 2^20 leaves a quarter as the unit in the last place.</summary>
    public const float Rounder = 3 << 20;

    private const int Intervals = 32;
    private const int Terms = 5;
    private const double Width = 0.25;

    private static readonly AlignedFloats s_memory = Make();

    /// <summary>[power][interval]</summary>
    public static float* Coefficients { get; } = s_memory.Start;

    private static AlignedFloats Make()
    {
        var memory = new AlignedFloats();
        memory.Reserve(Terms * Intervals);
        for (int interval = 0; interval < Intervals; interval++)
        {
            // Arguments of the first interval lie on one side of its centre only.
            double half = Width / 2;
            double[] polynomial = interval == 0 ? Fit(0, 0, half) : Fit(interval * Width, -half, half);
            for (int power = 0; power < Terms; power++) memory.Start[power * Intervals + interval] = (float)polynomial[power];
        }
        // The last interval ends at the limit and stands for all beyond: a line that rises to a compromise.
        double last = (Intervals - 1) * Width, start = Math.Tanh(last - Width / 2), end = (Math.Tanh(last) + 1) / 2;
        double[] line = [end, (end - start) / (Width / 2), 0, 0, 0];
        for (int power = 0; power < Terms; power++) memory.Start[power * Intervals + Intervals - 1] = (float)line[power];
        return memory;
    }

    /// <summary>The polynomial through tanh at Chebyshev nodes: Newton's divided differences, multiplied out.</summary>
    /// <param name="centre">What the polynomial counts from.</param>
    /// <param name="from">Beginning of the nodes' range, counted from the centre.</param>
    /// <param name="to">Its end.</param>
    private static double[] Fit(double centre, double from, double to)
    {
        double[] nodes = Enumerable.Range(0, Terms)
            .Select(k => (from + to) / 2 + (to - from) / 2 * Math.Cos((2 * k + 1) * Math.PI / (2 * Terms))).ToArray();
        double[] differences = nodes.Select(node => Math.Tanh(centre + node)).ToArray();
        for (int order = 1; order < Terms; order++)
            for (int k = Terms - 1; k >= order; k--)
                differences[k] = (differences[k] - differences[k - 1]) / (nodes[k] - nodes[k - order]);
        var polynomial = new double[Terms];
        for (int k = Terms - 1; k >= 0; k--)
        {
            for (int power = Terms - 1; power > 0; power--) polynomial[power] = polynomial[power - 1] - nodes[k] * polynomial[power];
            polynomial[0] = differences[k] - nodes[k] * polynomial[0];
        }
        return polynomial;
    }
}

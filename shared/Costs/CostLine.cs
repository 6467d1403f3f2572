// The cost of a recurrent network is a line over the length of its input: every timestep costs the same, and so does
// getting started. Times are lines in µs, energies are lines in µJ, and one class serves both.

namespace Crime.Costs;

/// <summary>A cost that grows linearly with the length of a sequence: <c>BetaUs + AlphaNs * length / 1000</c>.</summary>
/// <remarks>
/// For a time, alpha is in ns per timestep and beta in µs; for an energy, alpha is in nJ per timestep and beta in µJ.
/// Values from the network are clamped to <see cref="MaxAlphaNs"/> and <see cref="MaxBetaUs"/>, so that sums of a few costs fit 32 bits.
/// </remarks>
public sealed class CostLine
{
    /// <summary>Largest slope: 0.1 s (or J) per timestep.</summary>
    public const int MaxAlphaNs = 100_000_000;

    /// <summary>Largest intercept, and largest cost that <see cref="At"/> returns: 100 s (or J).</summary>
    public const int MaxBetaUs = 100_000_000;

    /// <summary>Slope in thousandths of the cost's unit per timestep.</summary>
    public int AlphaNs { get; private set; }

    /// <summary>Cost of a sequence of length zero.</summary>
    public int BetaUs { get; private set; }

    /// <summary>Makes a line; both values are clamped to 0 and their maximum.</summary>
    public CostLine(long alpha, long beta) => Set(alpha, beta);

    /// <summary>Moves the line of a fit, which nobody else may change.</summary>
    internal void Set(long alpha, long beta)
    {
        AlphaNs = Clamp(alpha, MaxAlphaNs);
        BetaUs = Clamp(beta, MaxBetaUs);
    }

    /// <summary>The cost of a sequence.</summary>
    /// <param name="length">Timesteps, at least 0.</param>
    /// <returns>0 to <see cref="MaxBetaUs"/>.</returns>
    public int At(int length) => ValueAt(AlphaNs, BetaUs, length);

    /// <summary>The cost of a sequence by a line that is given in two numbers.</summary>
    /// <param name="alpha">Slope, at least 0.</param>
    /// <param name="beta">Intercept, at least 0.</param>
    /// <param name="length">Timesteps, 0 to 2^20.</param>
    /// <returns>0 to <see cref="MaxBetaUs"/>.</returns>
    public static int ValueAt(long alpha, long beta, int length) => Clamp(beta + alpha * length / 1000, MaxBetaUs);

    /// <summary>
    /// The cost of a model with a decoder: <c>T(n) = alpha_N * n + alpha_M * (gamma * n + delta) + beta</c>, which is a line again.
    /// </summary>
    /// <param name="input">Cost over the input's length, with what does not depend on any length.</param>
    /// <param name="outputAlpha">Cost of a step of output, in thousandths of the cost's unit; 0 to <see cref="MaxAlphaNs"/>.</param>
    /// <param name="output">How long the output is expected to be.</param>
    /// <remarks>Where a negative delta outweighs beta, the line starts at zero.</remarks>
    public static CostLine Decoder(CostLine input, int outputAlpha, OutputLength output)
    {
        var line = new CostLine(0, 0);
        line.SetDecoder(input, outputAlpha, output);
        return line;
    }

    /// <summary>Becomes the line of <see cref="Decoder"/>.</summary>
    internal void SetDecoder(CostLine input, int outputAlpha, OutputLength output) => Set(
        input.AlphaNs + (long)outputAlpha * output.GammaThousandths / 1000, input.BetaUs + (long)outputAlpha * output.DeltaThousandths / 1_000_000);

    /// <summary>The line through two measured costs.</summary>
    /// <param name="shortLength">Length of the shorter sequence.</param>
    /// <param name="shortCost">Its cost.</param>
    /// <param name="longLength">Length of the longer sequence, greater than <paramref name="shortLength"/>.</param>
    /// <param name="longCost">Its cost.</param>
    public static CostLine Through(int shortLength, long shortCost, int longLength, long longCost)
    {
        long alpha = (longCost - shortCost) * 1000 / (longLength - shortLength);
        if (alpha < 0) alpha = 0;
        return new CostLine(alpha, shortCost - alpha * shortLength / 1000);
    }

    /// <summary>A break-even length that no sequence reaches.</summary>
    public const int Never = 65535;

    private static int Clamp(long value, int max)
    {
        if (value < 0) return 0;
        return value > max ? max : (int)value;
    }
}

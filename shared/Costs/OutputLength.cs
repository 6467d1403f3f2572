// Models that write a sequence of their own (translation) do not know how long it will be. On average it is a line over the
// length of the input: M = gamma * n + delta (C-NMT, Jahier Pagliari et al., 2022), and so their cost is a line as well.

namespace Crime.Costs;

/// <summary>Expected output length of a decoder: <c>M = gamma * n + delta</c>.</summary>
public sealed class OutputLength
{
    /// <summary>Largest slope, in thousandths: 100 output steps per input step.</summary>
    public const int MaxGamma = 100_000;

    /// <summary>Largest intercept either way, in thousandths of a step: 4096 steps.</summary>
    public const int MaxDelta = 4_096_000;

    /// <summary>Output steps per input step, in thousandths.</summary>
    public int GammaThousandths { get; private set; }

    /// <summary>Output steps of an input of length zero, in thousandths; may be negative.</summary>
    public int DeltaThousandths { get; private set; }

    /// <summary>Makes the line; both values are clamped to their limits, gamma from 0 on.</summary>
    public OutputLength(int gammaThousandths, int deltaThousandths) => Set(gammaThousandths, deltaThousandths);

    /// <summary>Moves the line of a fit; only <see cref="OutputFit"/> does.</summary>
    internal void Set(int gammaThousandths, int deltaThousandths)
    {
        GammaThousandths = Clamp(gammaThousandths, 0, MaxGamma);
        DeltaThousandths = Clamp(deltaThousandths, -MaxDelta, MaxDelta);
    }

    /// <summary>The expected output length in thousandths of a step, at least 0.</summary>
    /// <param name="length">Timesteps of the input, at least 0.</param>
    public long ThousandthsAt(int length)
    {
        long steps = (long)GammaThousandths * length + DeltaThousandths;
        return steps < 0 ? 0 : steps;
    }

    private static int Clamp(int value, int min, int max) => value < min ? min : value > max ? max : value;
}

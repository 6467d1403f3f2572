// The certainty of a result: the softmax of its class, in integer arithmetic. A board computes it for its own results and for answers.

namespace Crime.FixedPoint;

/// <summary>The softmax of one class in per mille. Allocates nothing.</summary>
public static class Confidence
{
    // log2(e), with 16 fraction bits.
    private const int Log2E = 94548;
    private const int One = 1 << 16;

    // From 2^-17 on a term is nothing.
    private const long LargestExponent = 17L << 16;

    // 2^(-i / 16) with 16 fraction bits. Between two entries the line is at most 0.024 % above the curve.
    private static readonly int[] s_powers =
    {
        65536, 62757, 60097, 57549, 55109, 52773, 50535, 48393, 46341, 44376, 42495, 40693, 38968, 37316, 35734, 34219, 32768,
    };

    /// <summary>Returns <c>1000 / sum(exp(logit[i] - logit[label]))</c>, rounded: the softmax of the class with the largest logit.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="label">Index of the largest one.</param>
    /// <param name="count">Number of logits, at least 1.</param>
    /// <param name="fractionBits">Fraction bits of the logits, 0 to 30.</param>
    /// <returns>1 to 1000; within 1 of the softmax in real numbers.</returns>
    public static int PerMille(int[] logits, int label, int count, int fractionBits)
    {
        long sum = 0;
        int largest = logits[label];
        for (int i = 0; i < count; i++) sum += ExpMinus((long)largest - logits[i], fractionBits);
        return Share(sum);
    }

    /// <summary>Returns the same for logits of 16 bits.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="label">Index of the largest one.</param>
    /// <param name="count">Number of logits, at least 1.</param>
    /// <param name="fractionBits">Fraction bits of the logits, 0 to 15.</param>
    /// <returns>1 to 1000; within 1 of the softmax in real numbers.</returns>
    public static int PerMille(short[] logits, int label, int count, int fractionBits)
    {
        long sum = 0;
        int largest = logits[label];
        for (int i = 0; i < count; i++) sum += ExpMinus((long)largest - logits[i], fractionBits);
        return Share(sum);
    }

    /// <summary>exp(-difference) with 16 fraction bits, as a power of two. A label that is not the largest counts as such.</summary>
    private static int ExpMinus(long difference, int fractionBits)
    {
        if (difference <= 0) return One;
        long exponent = (difference * Log2E) >> fractionBits;
        if (exponent >= LargestExponent) return 0;
        int fraction = (int)exponent & (One - 1), at = fraction >> 12, rest = fraction & 4095;
        int power = s_powers[at] - ((s_powers[at] - s_powers[at + 1]) * rest >> 12);
        return power >> (int)(exponent >> 16);
    }

    private static int Share(long sum)
    {
        int share = (int)((1000L * One + (sum >> 1)) / sum);
        return share < 1 ? 1 : share;
    }
}

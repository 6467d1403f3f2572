// Q-formats: what a 16-bit number means. Q3.12 has 12 fraction bits and reaches from -8 to +8.

namespace Crime.FixedPoint;

/// <summary>Conversions between real numbers and 16-bit numbers with a given count of fraction bits.</summary>
public static class QFormat
{
    /// <summary>Fewest fraction bits a format may have.</summary>
    public const int MinFractionBits = 0;

    /// <summary>Most fraction bits a format may have (Q0.15).</summary>
    public const int MaxFractionBits = 15;

    /// <summary>The 16-bit number nearest to <paramref name="value"/>, half up, saturated.</summary>
    /// <param name="value">A real number; NaN becomes 0.</param>
    /// <param name="fractionBits">0 to 15.</param>
    public static short FromFloat(float value, int fractionBits) => Fixed.RoundToInt16(value * (1 << fractionBits));

    /// <summary>The most fraction bits with which numbers up to <paramref name="magnitude"/> still fit 16 bits.</summary>
    /// <param name="magnitude">Largest absolute value to be held, at least 0.</param>
    /// <returns>0 to 15; 0 also where even Q15.0 is too narrow.</returns>
    public static int FractionBitsFor(float magnitude)
    {
        int fractionBits = MaxFractionBits;
        while (fractionBits > MinFractionBits && magnitude * (1 << fractionBits) > Fixed.Int16Max) fractionBits--;
        return fractionBits;
    }
}

// Sigmoid and tanh by table. 2048 entries over [-8, 8), looked up without interpolation: docs/decisions/0001 has the
// accuracy and instruction counts behind that choice. The tables are computed in integers at start, so that every
// platform has the same ones without carrying 8 KB of literals: SPEC.md gives their checksums.

namespace Crime.FixedPoint;

/// <summary>The activation functions of the fixed-point kernels as look-up tables with outputs in Q0.15.</summary>
/// <remarks>
/// Entry k holds the function at the middle of its bin, <c>((k - 1024) + 1/2) / 128</c>, rounded half up and limited to
/// [-32767, 32767] (tanh) or [0, 32767] (sigmoid). The first and last entries of the sigmoid are its limits 0 and 32767,
/// because they also serve every input beyond the table: a forget gate that is wide open must not leak.
/// </remarks>
public static class ActivationTable
{
    /// <summary>Number of entries.</summary>
    public const int Length = 2048;

    /// <summary>Index of the bin that starts at zero.</summary>
    public const int Zero = Length / 2;

    /// <summary>The index is the input with this many fraction bits (floor), plus <see cref="Zero"/>.</summary>
    public const int IndexFractionBits = 7;

    // exp(-1/128) and exp(-1/256) as fractions of 2^64.
    private const ulong ExpStep = 0xFE01FEAB551127CB;
    private const ulong ExpHalfStep = 0xFF007FD55FFDDE38;

    /// <summary>Computes the sigmoid table: <c>1 / (1 + exp(-z))</c>, 0 to 32767.</summary>
    public static short[] CreateSigmoid()
    {
        var table = new short[Length];
        ulong exp = ExpHalfStep;
        for (int i = 0; i < Zero; i++)
        {
            // 2^15 / (1 + exp(-z)) with both sides scaled by 2^32.
            ulong denominator = (1UL << 32) + (exp >> 32);
            int value = (int)(((1UL << 47) + (denominator >> 1)) / denominator);
            table[Zero + i] = (short)value;
            table[Zero - 1 - i] = (short)(32768 - value);
            exp = MultiplyHigh(exp, ExpStep);
        }
        table[0] = 0;
        table[Length - 1] = Fixed.Int16Max;
        return table;
    }

    /// <summary>Computes the hyperbolic tangent table: -32767 to 32767, odd around its middle.</summary>
    public static short[] CreateTanh()
    {
        var table = new short[Length];
        ulong exp = ExpHalfStep;
        for (int i = 0; i < Zero; i++)
        {
            // 2^15 (1 - exp(-2z)) / (1 + exp(-2z)) with both sides scaled by 2^32.
            ulong squared = MultiplyHigh(exp, exp) >> 32;
            ulong denominator = (1UL << 32) + squared;
            ulong numerator = ((1UL << 32) - squared) << 15;
            int value = (int)((numerator + (denominator >> 1)) / denominator);
            if (value > Fixed.Int16Max) value = Fixed.Int16Max;
            table[Zero + i] = (short)value;
            table[Zero - 1 - i] = (short)-value;
            exp = MultiplyHigh(exp, ExpStep);
        }
        return table;
    }

    /// <summary>The upper 64 bits of the 128-bit product.</summary>
    private static ulong MultiplyHigh(ulong a, ulong b)
    {
        ulong aLow = a & 0xFFFFFFFF, aHigh = a >> 32, bLow = b & 0xFFFFFFFF, bHigh = b >> 32;
        ulong middle = aHigh * bLow + ((aLow * bLow) >> 32);
        ulong carry = aLow * bHigh + (middle & 0xFFFFFFFF);
        return aHigh * bHigh + (middle >> 32) + (carry >> 32);
    }
}

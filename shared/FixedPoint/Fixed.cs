// The integer arithmetic that every kernel shares. A board, a gateway and the golden vectors agree bit for bit
// because all of them round and saturate here and nowhere else (SPEC.md, "Rounding and saturation").

namespace Crime.FixedPoint;

/// <summary>The one rounding rule and the saturations of the fixed-point kernels.</summary>
public static class Fixed
{
    /// <summary>Largest value of a 16-bit activation; stands for "one" in Q0.15 (32767/32768).</summary>
    public const int Int16Max = 32767;

    /// <summary>Smallest value of a 16-bit activation.</summary>
    public const int Int16Min = -32768;

    /// <summary>
    /// Divides by 2^<paramref name="shift"/> and rounds half up (towards plus infinity): <c>floor(value / 2^shift + 1/2)</c>.
    /// </summary>
    /// <param name="value">Any value with <c>value + 2^(shift-1)</c> inside 32 bits; the kernels guarantee it by their row bounds.</param>
    /// <param name="shift">1 to 30.</param>
    public static int RoundShift(int value, int shift) => (value + (1 << (shift - 1))) >> shift;

    /// <summary>Rounds a real number to the nearest integer by the same rule, half up, then saturates to 16 bits.</summary>
    /// <param name="value">The number in units of the target format; NaN becomes 0.</param>
    public static short RoundToInt16(float value)
    {
        // First, and by name: on the board's CLR every comparison with NaN is true.
        if (float.IsNaN(value)) return 0;
        if (value >= Int16Max) return Int16Max;
        if (value <= Int16Min) return Int16Min;
        // Truncation and the remainder are exact in single precision; adding 0.5 first would not be.
        int whole = (int)value;
        float remainder = value - whole;
        if (remainder >= 0.5f) whole++;
        else if (remainder < -0.5f) whole--;
        return (short)whole;
    }

    /// <summary>Limits a value to the range of 16 bits.</summary>
    public static int SaturateInt16(int value)
    {
        if (value > Int16Max) return Int16Max;
        return value < Int16Min ? Int16Min : value;
    }
}

// Ranges and names of the formats, for reports.

using System;

namespace Crime.Modelling.Ranges;

/// <summary>The 16-bit Q-formats.</summary>
public static class Formats
{
    /// <summary>Returns the magnitude at which a format cuts numbers off: 8 for Q3.12.</summary>
    /// <param name="fractionBits">0 to 15.</param>
    public static double RangeOf(int fractionBits) => Math.ScaleB(1, 15 - fractionBits);

    /// <summary>Returns the name of a format: "Q3.12".</summary>
    /// <param name="fractionBits">0 to 15.</param>
    public static string NameOf(int fractionBits) => $"Q{15 - fractionBits}.{fractionBits}";

    /// <summary>Returns the magnitude at which a cell format cuts states off; no state of a wide cell reaches it.</summary>
    /// <param name="fractionBits">Fraction bits of the format.</param>
    /// <param name="isWide">Whether it has 32 bits.</param>
    public static double RangeOfCell(int fractionBits, bool isWide) => isWide ? RangeOf(0) : RangeOf(fractionBits);

    /// <summary>Returns the name of a cell format: "Q8.7", or "Q15.15" of a wide cell.</summary>
    /// <param name="fractionBits">Fraction bits of the format.</param>
    /// <param name="isWide">Whether it has 32 bits.</param>
    public static string NameOfCell(int fractionBits, bool isWide) => isWide ? $"Q15.{fractionBits}" : NameOf(fractionBits);
}

// Ranges and names of the 16-bit formats, for reports.

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
}

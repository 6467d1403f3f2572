// tanh x = (e^2x - 1) / (e^2x + 1) for vectors that cannot look up tables.

namespace Crime.Gateway.Inference.Batches;

/// <summary>Its constants.</summary>
internal static class ExponentialTanh
{
    /// <summary>Beyond it tanh is 1 in single precision.</summary>
    public const float Limit = 9.1f;

    /// <summary>2 / ln 2.</summary>
    public const float Scale = 2.88539008f;

    /// <summary>1.5 * 2^23: its unit in the last place is 1, on either side of it.</summary>
    public const float Rounder = 3 << 22;

    // 2^r on [-1/2, 1/2]: the polynomial through the Chebyshev nodes, within 1e-7 of the function.
    public const float C0 = 1.0f;
    public const float C1 = 0.693147188f;
    public const float C2 = 0.2402210749f;
    public const float C3 = 0.0555035711f;
    public const float C4 = 0.0096760319f;
    public const float C5 = 0.0013390863f;
}

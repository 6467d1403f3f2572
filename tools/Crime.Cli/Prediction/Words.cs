// What predictions say for people.

using System.Globalization;
using Crime.Modelling.Counting;

namespace Crime.Cli.Prediction;

/// <summary>Numbers and names as text.</summary>
internal static class Words
{
    /// <summary>Name of a kernel as the command line takes it.</summary>
    public static string Of(CountedKernel kernel) => kernel.ToString().ToLowerInvariant();

    /// <summary>A number with so many digits that three of them say something.</summary>
    public static string Of(double value)
    {
        double size = value < 0 ? -value : value;
        return value.ToString(size >= 100 ? "0" : size >= 10 ? "0.0" : size >= 1 ? "0.00" : "0.000", CultureInfo.InvariantCulture);
    }

    /// <summary>A break-even length: a number, "never", or "> 4096" where no request is so long.</summary>
    /// <param name="length">The break-even length; null for none.</param>
    /// <param name="crossing">The same without the limit of a request; null for never.</param>
    /// <param name="longestRequest">Most timesteps of a request.</param>
    public static string OfLength(long? length, long? crossing, int longestRequest) => length is { } reachable
        ? reachable.ToString(CultureInfo.InvariantCulture)
        : crossing == null ? "never" : Beyond(longestRequest);

    /// <summary>A length that no request has: "> 4096".</summary>
    public static string Beyond(int longestRequest) => string.Create(CultureInfo.InvariantCulture, $"> {longestRequest}");
}

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

    /// <summary>A break-even length.</summary>
    public static string OfLength(long? length) => length?.ToString(CultureInfo.InvariantCulture) ?? "never";
}

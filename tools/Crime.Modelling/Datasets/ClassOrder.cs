// The order of class names: that of the outputs of a trained network.

using System.Collections.Generic;
using System.Globalization;

namespace Crime.Modelling.Datasets;

/// <summary>Orders class names.</summary>
public static class ClassOrder
{
    /// <summary>By number where both are numbers, else by letter.</summary>
    public static Comparer<string> ByNumberThenText { get; } = Comparer<string>.Create((a, b) =>
        double.TryParse(a, NumberStyles.Float, CultureInfo.InvariantCulture, out double x)
        && double.TryParse(b, NumberStyles.Float, CultureInfo.InvariantCulture, out double y)
            ? x.CompareTo(y)
            : string.CompareOrdinal(a, b));
}

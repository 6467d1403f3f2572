// Lines through measurements, with how far they can be trusted.

using System;
using System.Collections.Generic;
using System.Linq;
using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearRegression;

namespace Crime.Modelling.Prediction;

/// <summary>A fitted number with its 95 % confidence interval.</summary>
/// <param name="Value">The number.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record FittedNumber(double Value, double Low, double High)
{
    /// <summary>Makes one from its standard error.</summary>
    /// <param name="value">The number.</param>
    /// <param name="standardError">Its standard error.</param>
    /// <param name="degreesOfFreedom">Measurements beyond those that the fit needs, at least 1.</param>
    public static FittedNumber From(double value, double standardError, int degreesOfFreedom)
    {
        double reach = StudentT.InvCDF(0, 1, degreesOfFreedom, 0.975) * standardError;
        return new FittedNumber(value, value - reach, value + reach);
    }
}

/// <summary>A straight line through measurements: <c>Intercept + Slope * x</c>.</summary>
/// <param name="Slope">In µs per unit of x.</param>
/// <param name="Intercept">In µs.</param>
/// <param name="RSquared">Share of the variance that the line explains.</param>
/// <param name="Points">How many measurements.</param>
/// <param name="Of">What x is, as the bench calls it.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"measured".</param>
public sealed record FittedLine(FittedNumber Slope, FittedNumber Intercept, double RSquared, int Points, string Of, string Source, string Confidence)
{
    /// <summary>Fewest points that say something about the scatter.</summary>
    public const int LeastPoints = 3;

    /// <summary>Fits a line by least squares.</summary>
    /// <param name="points">Pairs of x and µs, at least <see cref="LeastPoints"/> with two different x.</param>
    /// <param name="of">What x is.</param>
    /// <param name="source">Where the points come from.</param>
    public static FittedLine Through(IReadOnlyList<(double X, double Us)> points, string of, string source)
    {
        double[] x = points.Select(point => point.X).ToArray(), y = points.Select(point => point.Us).ToArray();
        var (intercept, slope) = SimpleRegression.Fit(x, y);
        double[] fitted = x.Select(value => intercept + slope * value).ToArray();
        int freedom = points.Count - 2;
        double meanX = x.Average(), spread = x.Sum(value => (value - meanX) * (value - meanX));
        double variance = y.Zip(fitted, (measured, line) => (measured - line) * (measured - line)).Sum() / freedom;
        return new FittedLine(
            FittedNumber.From(slope, Math.Sqrt(variance / spread), freedom),
            FittedNumber.From(intercept, Math.Sqrt(variance * (1.0 / points.Count + meanX * meanX / spread)), freedom),
            GoodnessOfFit.RSquared(fitted, y), points.Count, of, source, "measured");
    }
}

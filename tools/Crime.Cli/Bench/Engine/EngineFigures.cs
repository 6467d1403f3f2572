// A grid of ratios in a few figures.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Cli.Bench.Engine;

/// <summary>How a grid came out against ONNX Runtime: how many times as fast.</summary>
/// <param name="Small">Geometric mean over the small networks; null where none was run.</param>
/// <param name="Large">Geometric mean over the large ones; null where none was run.</param>
/// <param name="MinLarge">Least of the large ones; null where none was run.</param>
/// <param name="Difference">Largest difference of a result, as a share of the range.</param>
internal sealed record EngineFigures(double? Small, double? Large, double? MinLarge, double Difference)
{
    /// <summary>Sums up a grid.</summary>
    public static EngineFigures Of(IReadOnlyList<EngineResult> results)
    {
        double[] large = results.Where(result => result.Case.IsLarge).Select(result => result.Ratio).ToArray();
        double[] small = results.Where(result => !result.Case.IsLarge).Select(result => result.Ratio).ToArray();
        return new EngineFigures(GeometricMean(small), GeometricMean(large), large.Length == 0 ? null : large.Min(), results.Max(result => result.Difference));
    }

    private static double? GeometricMean(double[] ratios) => ratios.Length == 0 ? null : Math.Exp(ratios.Average(ratio => Math.Log(ratio)));
}

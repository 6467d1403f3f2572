// Linear maps that the layers behind them take in. The numbers are double until the sums are complete.

using System;
using System.Linq;

namespace Crime.Modelling.Import.Network;

/// <summary>Folds linear maps into recurrent layers.</summary>
internal static class LayerFolding
{
    /// <summary>Returns a layer that reads the numbers before a map.</summary>
    /// <param name="layer">A layer that reads the results of the map.</param>
    /// <param name="map">The map in front of it.</param>
    public static RecurrentLayer Folded(RecurrentLayer layer, LinearMap map)
    {
        if (map.IsIdentity) return layer;
        return layer.WithInput(map.InputCount, [.. layer.Directions.Select(weights =>
        {
            int rows = weights.InputBias.Length, width = layer.InputCount;
            var folded = new float[rows * map.InputCount];
            var bias = new float[rows];
            var sums = new double[map.InputCount];
            for (int row = 0; row < rows; row++)
            {
                Array.Clear(sums);
                double shift = weights.InputBias[row];
                for (int k = 0; k < width; k++)
                {
                    double weight = weights.InputWeights[row * width + k];
                    MapRow from = map.Rows[k];
                    shift += weight * from.Bias;
                    for (int n = 0; n < from.Columns.Length; n++) sums[from.Columns[n]] += weight * from.Weights[n];
                }
                bias[row] = (float)shift;
                for (int n = 0; n < sums.Length; n++) folded[row * sums.Length + n] = (float)sums[n];
            }
            return (folded, bias);
        })]);
    }
}

// The normalisation of the features: that of the metadata, and then that of the network where it scales and shifts each feature by
// itself. Boards send their inputs standardised, so the normalisation is a better place for it than the weights.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Metadata;

namespace Crime.Modelling.Import.Network;

/// <summary>Means and deviations of the features.</summary>
/// <param name="Mean">Means; null for none.</param>
/// <param name="Deviation">Deviations; null for none.</param>
/// <param name="Graph">The part of them that the network itself has; null where it has none, or where the map stays in the network.</param>
internal sealed record FrontNormalisation(float[]? Mean, float[]? Deviation, (float[] Mean, float[] Deviation)? Graph = null)
{
    /// <summary>Finds the normalisation.</summary>
    /// <param name="front">The map of the features that the network begins with.</param>
    /// <param name="metadata">The metadata of the file.</param>
    public static FrontNormalisation Of(LinearMap front, ModelMetadata metadata)
    {
        int count = front.InputCount;
        float[]? mean = metadata.Floats("feature_mean", count), deviation = metadata.Floats("feature_std", count);
        IReadOnlyList<MapRow> rows = front.Rows;
        bool isScale = rows.Count == count && !rows.Where((row, n) => row.Columns is not [var column] || column != n || row.Weights[0] <= 0).Any();
        if (front.IsIdentity || !isScale || (mean == null) != (deviation == null)) return new FrontNormalisation(mean, deviation);
        double Before(int n) => deviation?[n] ?? 1;
        float[] means = [.. rows.Select((row, n) => (float)((mean?[n] ?? 0) - row.Bias / row.Weights[0] * Before(n)))];
        float[] deviations = [.. rows.Select((row, n) => (float)(Before(n) / row.Weights[0]))];
        bool isUsable = means.All(float.IsFinite) && deviations.All(value => float.IsFinite(value) && value > 0);
        if (!isUsable) return new FrontNormalisation(mean, deviation);
        float[] own = [.. rows.Select(row => (float)(-row.Bias / row.Weights[0]))];
        return new FrontNormalisation(means, deviations, (own, [.. rows.Select(row => (float)(1 / row.Weights[0]))]));
    }
}

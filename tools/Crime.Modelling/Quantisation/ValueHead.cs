// Values of a foreign network may be pressures of a thousand, or a share and a pressure side by side. A bias of a thousand takes the bits of the
// weights, and one format for both rows leaves the share no bits. Offset and factor are single precision: they take both over.

using System;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Quantisation;

/// <summary>Makes the head's rows of values alike.</summary>
public static class ValueHead
{
    /// <summary>
    /// Returns the same network with rows whose largest weight is at least 1 and below 2, and without biases. Offset and factor of each value make up for it: the
    /// factor exactly, by a power of two, and the offset within a rounding of single precision.
    /// </summary>
    /// <param name="model">A network.</param>
    /// <returns>The model itself where its answer is not values.</returns>
    public static TrainedModel Balance(TrainedModel model)
    {
        if (model.Answer != AnswerKind.Values) return model;
        AnswerScale scale = model.ValueScale;
        int width = model.HeadInputCount, count = model.OutputCount;
        var weights = new float[model.HeadWeights.Length];
        float[] offsets = new float[count], factors = new float[count];
        for (int k = 0; k < count; k++)
        {
            ReadOnlySpan<float> row = model.HeadWeights.AsSpan(k * width, width);
            float largest = 0;
            foreach (float weight in row) largest = MathF.Max(largest, MathF.Abs(weight));
            int shift = largest == 0 ? 0 : -MathF.ILogB(largest);
            float factor = MathF.ScaleB(scale.Factor(k), -shift), offset = scale.Offset(k) + scale.Factor(k) * model.HeadBias[k];
            // Beyond single precision the row stays as it is.
            if (!float.IsNormal(factor) || !float.IsFinite(offset)) return model;
            for (int n = 0; n < width; n++) weights[k * width + n] = MathF.ScaleB(row[n], shift);
            (offsets[k], factors[k]) = (offset, factor);
        }
        return model.WithHead(weights, new float[count], new AnswerScale(0, offsets, factors, [.. Enumerable.Range(0, count).Select(scale.Unit)]));
    }
}

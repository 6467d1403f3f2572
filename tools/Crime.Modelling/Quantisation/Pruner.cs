// Sets small weights to zero where it pays: the compiled kernel multiplies two rows at once, so it can skip a product only when
// both weights of the pair are zero. The gateway computes with the same zeros; it is another network, with another identity.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Quantisation;

/// <summary>Magnitude pruning of the pairs of weights that share a multiplication.</summary>
public static class Pruner
{
    /// <summary>Zeroes the smallest pairs of every layer.</summary>
    /// <param name="model">A model that fits boards; not changed.</param>
    /// <param name="fraction">Share of each layer's pairs to zero, 0 to 1; rounded to whole pairs, half up.</param>
    /// <returns>The pruned model. Biases, embedding and head are the same.</returns>
    /// <remarks>
    /// A pair is, at one column: the input and forget gate of an LSTM's unit, or its candidate and output gate; the reset and
    /// update gate of a GRU's unit, or the candidates of units 2k and 2k + 1. Its size is the root of the sum of its weights'
    /// squares. Tried as well, each of which helps one model at hand and costs another more: dividing by the root mean square of the
    /// row, weighting by the variance of the operand, and letting the biases take over what the weights contributed on average.
    /// </remarks>
    public static TrainedModel Prune(TrainedModel model, double fraction) => model.WithLayers(model.Layers.Select(layer => Prune(layer, fraction)).ToArray());

    /// <summary>The rows that are packed together: the low and the high one; -1 for none.</summary>
    public static IReadOnlyList<(int Low, int High)> PairedRows(LayerShape shape)
    {
        int hidden = shape.HiddenCount;
        IEnumerable<int> units = Enumerable.Range(0, hidden);
        if (shape.Kind == CellKind.Lstm)
            return units.Select(unit => (unit, hidden + unit)).Concat(units.Select(unit => (2 * hidden + unit, 3 * hidden + unit))).ToArray();
        return units.Select(unit => (unit, hidden + unit))
            .Concat(units.Where(unit => unit % 2 == 0).Select(unit => (2 * hidden + unit, unit + 1 < hidden ? 2 * hidden + unit + 1 : -1)))
            .ToArray();
    }

    private static RecurrentLayer Prune(RecurrentLayer layer, double fraction)
    {
        LayerShape shape = layer.Shape;
        DirectionWeights source = layer.Directions[0];
        int inputs = shape.InputCount, columns = shape.ColumnCount;
        var onInputs = (float[])source.InputWeights.Clone();
        var onHidden = (float[])source.RecurrentWeights.Clone();
        ref float Weight(int row, int column) =>
            ref column < inputs ? ref onInputs[row * inputs + column] : ref onHidden[row * shape.HiddenCount + column - inputs];

        double Square(int row, int column) => row < 0 ? 0 : (double)Weight(row, column) * Weight(row, column);

        IReadOnlyList<(int Low, int High)> rows = PairedRows(shape);
        int pairCount = rows.Count * columns;
        IEnumerable<int> smallestFirst = Enumerable.Range(0, pairCount)
            .OrderBy(pair => Square(rows[pair / columns].Low, pair % columns) + Square(rows[pair / columns].High, pair % columns))
            .ToArray();
        foreach (int pair in smallestFirst.Take((int)Math.Floor(fraction * pairCount + 0.5)))
        {
            var (low, high) = rows[pair / columns];
            Weight(low, pair % columns) = 0;
            if (high >= 0) Weight(high, pair % columns) = 0;
        }
        return layer.WithWeights(onInputs, onHidden);
    }
}

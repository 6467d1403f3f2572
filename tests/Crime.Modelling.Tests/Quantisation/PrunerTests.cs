using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Quantisation;

public sealed class PrunerTests
{
    private static float Weight(RecurrentLayer layer, int row, int column)
    {
        DirectionWeights weights = layer.Directions[0];
        return column < layer.InputCount
            ? weights.InputWeights[row * layer.InputCount + column]
            : weights.RecurrentWeights[row * layer.HiddenCount + column - layer.InputCount];
    }

    private static double SquareOf(RecurrentLayer layer, (int Low, int High) rows, int column) =>
        Math.Pow(Weight(layer, rows.Low, column), 2) + (rows.High < 0 ? 0 : Math.Pow(Weight(layer, rows.High, column), 2));

    [Test]
    public void PairsShareAMultiplication()
    {
        Assert.That(Pruner.PairedRows(new LayerShape(CellKind.Lstm, Direction.Forward, 3, 2, LayerOptions.None)),
            Is.EqualTo(new[] { (0, 2), (1, 3), (4, 6), (5, 7) }), "input with forget, candidate with output gate");
        Assert.That(Pruner.PairedRows(new LayerShape(CellKind.Gru, Direction.Forward, 3, 3, LayerOptions.None)),
            Is.EqualTo(new[] { (0, 3), (1, 4), (2, 5), (6, 7), (8, -1) }), "reset with update gate, candidates of two units; the last one alone");
    }

    [Test]
    public void WholePairsGoTheSmallestFirstAndTheRestStays([Values] bool isGru, [Values(0.1, 0.5, 0.77)] double fraction)
    {
        TrainedModel model = TestModels.Make(5, isGru ? [(CellKind.Gru, 7), (CellKind.Gru, 4)] : [(CellKind.Lstm, 7), (CellKind.Lstm, 4)], 3);
        TrainedModel pruned = Pruner.Prune(model, fraction);
        foreach (var (before, after) in model.Layers.Zip(pruned.Layers))
        {
            int columns = before.Shape.ColumnCount;
            var gone = new List<double>();
            var kept = new List<double>();
            foreach (var rows in Pruner.PairedRows(before.Shape))
            {
                for (int column = 0; column < columns; column++)
                {
                    bool isGone = SquareOf(after, rows, column) == 0;
                    (isGone ? gone : kept).Add(SquareOf(before, rows, column));
                    if (!isGone) Assert.That(SquareOf(after, rows, column), Is.EqualTo(SquareOf(before, rows, column)));
                }
            }
            Assert.That(gone, Has.Count.EqualTo((int)Math.Floor(fraction * (gone.Count + kept.Count) + 0.5)));
            Assert.That(gone.Max(), Is.LessThanOrEqualTo(kept.Min()));
            Assert.That(after.Directions[0].InputBias, Is.EqualTo(before.Directions[0].InputBias));
            Assert.That(after.Directions[0].RecurrentBias, Is.EqualTo(before.Directions[0].RecurrentBias));
        }
        Assert.That((pruned.HeadWeights, pruned.HeadBias, pruned.Mean), Is.EqualTo((model.HeadWeights, model.HeadBias, model.Mean)));
    }

    [Test]
    public void ThePairsAreZeroInTheFileToo([Values(16, 8, 6, 4)] int weightBits)
    {
        TrainedModel pruned = Pruner.Prune(TestModels.Make(5, [(CellKind.Lstm, 6), (CellKind.Gru, 5)], 3), 0.5);
        ModelFile file = ModelLoading.Parse(TestModels.Write(pruned, weightBits), "test");
        foreach (FixedLayer layer in file.FixedLayers)
        {
            int pairs = 0, zeros = 0;
            foreach (var (low, high) in Pruner.PairedRows(layer.Shape))
            {
                for (int column = 0; column < layer.Shape.ColumnCount; column++)
                {
                    pairs++;
                    if (layer.Weight(low, column) == 0 && (high < 0 || layer.Weight(high, column) == 0)) zeros++;
                }
            }
            Assert.That(zeros, Is.GreaterThanOrEqualTo((int)Math.Floor(0.5 * pairs + 0.5)));
        }
    }

    [Test]
    public void NothingAskedNothingDone()
    {
        TrainedModel model = TestModels.Make(3, [(CellKind.Gru, 4)], 2);
        Assert.That(ModelFileWriter.Write(Pruner.Prune(model, 0), null), Is.EqualTo(ModelFileWriter.Write(model, null)));
    }
}

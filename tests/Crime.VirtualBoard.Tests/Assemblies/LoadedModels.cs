using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>Models of every shape that the compiler of kernels knows.</summary>
internal static class LoadedModels
{
    public static IEnumerable<TestCaseData> All()
    {
        TestCaseData Case(
            string name, CellKind kind, int inputs, int[] hidden, int vocabulary = 0, double scale = 0.5, double pruned = 0, int bits = 16, float maxCell = 20) =>
            new TestCaseData(Make(kind, inputs, hidden, vocabulary, scale, pruned, bits, maxCell)).SetArgDisplayNames(name);
        yield return Case("LSTM", CellKind.Lstm, 3, [16]);
        yield return Case("LSTM, cell of 7 fraction bits", CellKind.Lstm, 4, [6], maxCell: 170);
        yield return Case("LSTM, cell of 32 bits", CellKind.Lstm, 4, [6], maxCell: 200);
        yield return Case("two parts, cell of 32 bits", CellKind.Lstm, 13, [32], maxCell: 200);
        yield return Case("LSTM, narrow cell", CellKind.Lstm, 4, [6], maxCell: 0.6f);
        yield return Case("LSTM, wild", CellKind.Lstm, 4, [6], scale: 10);
        yield return Case("GRU", CellKind.Gru, 12, [16]);
        yield return Case("GRU, odd, wild", CellKind.Gru, 3, [7], scale: 10);
        yield return Case("stacked", CellKind.Lstm, 6, [9, 7, 5]);
        yield return Case("stacked GRU", CellKind.Gru, 6, [9, 8]);
        yield return Case("pruned", CellKind.Lstm, 12, [16], pruned: 0.5);
        yield return Case("empty", CellKind.Lstm, 2, [4], pruned: 1);
        yield return Case("tokens, 4 bits", CellKind.Lstm, 8, [10], vocabulary: 30, bits: 4);
        yield return Case("one unit", CellKind.Lstm, 1, [1]);
        yield return Case("one unit, GRU", CellKind.Gru, 1, [1]);
        yield return Case("two parts", CellKind.Lstm, 13, [32]);
        yield return Case("three parts, GRU", CellKind.Gru, 20, [48]);
        yield return Case("parts of stacked layers", CellKind.Lstm, 10, [30, 20, 8]);
    }

    public static byte[] Make(
        CellKind kind, int inputs, int[] hidden, int vocabulary = 0, double scale = 0.5, double pruned = 0, int bits = 16, float maxCell = 20, int seed = 11)
    {
        TrainedModel trained = TestModels.Make(inputs, hidden.Select(units => (kind, units)).ToArray(), 3, vocabulary, seed, scale);
        return TestModels.Write(Pruner.Prune(trained, pruned), bits, Calibration.FromDefaults with { MaxCells = [maxCell] });
    }

    public static byte[] Gestures() => File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Assemblies", "gestures.crime"));

    public static ModelFile Read(byte[] image)
    {
        Assert.That(ModelReader.TryRead(image, out ModelFile model), Is.EqualTo(ModelError.None));
        return model;
    }
}

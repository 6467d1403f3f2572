using System;
using System.Collections.Generic;
using System.IO;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Quantisation;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>The models in tests/golden: untrained, made from a seed for the golden vectors of what the bundled model does not have.</summary>
public sealed class GoldenModelTests
{
    private static IEnumerable<TestCaseData> Models()
    {
        string[] classes = [.. GestureGenerator.ClassNames];
        yield return new TestCaseData("random-gru", TestModels.Write(
            TestModels.Make(3, [(CellKind.Gru, 9)], classes.Length, seed: 7, name: "random-gru", classNames: classes)));
        yield return new TestCaseData("random-stacked", TestModels.Write(
            Pruner.Prune(
                TestModels.Make(
                    3, [(CellKind.Lstm, 6), (CellKind.Gru, 5), (CellKind.Lstm, 3)], classes.Length, seed: 8, scale: 2,
                    name: "random-stacked", classNames: classes),
                0.25),
            weightBits: 8));
    }

    [TestCaseSource(nameof(Models))]
    public void AModelIsWhatItsMakerMakes(string name, byte[] bytes)
    {
        string kept = Path.Combine(TestContext.CurrentContext.TestDirectory, "golden", name + ".crime");
        string made = Path.Combine(TestContext.CurrentContext.WorkDirectory, name + ".crime");
        File.WriteAllBytes(made, bytes);
        Assert.That(File.Exists(kept) && File.ReadAllBytes(kept).AsSpan().SequenceEqual(bytes), Is.True, $"tests/golden/{name}.crime differs from {made}");
    }
}

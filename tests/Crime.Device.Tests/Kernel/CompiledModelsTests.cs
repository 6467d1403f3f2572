using System;
using System.IO;
using System.Linq;
using Crime.Bench;
using Crime.Gestures;
using Crime.Kernel;
using Crime.Kernel.Compiled;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>The compiled kernels that the firmware carries.</summary>
public sealed class CompiledModelsTests
{
    private static ModelFile Gestures() => ModelLoading.Load(Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime"));

    [Test]
    public void TheBundledModelHasOne() => Assert.That(CompiledModels.For(Gestures(), BundledKernels.All()), Is.TypeOf<GesturesKernel>());

    [Test]
    public void AModelWithOtherWeightsHasNone() =>
        Assert.That(CompiledModels.For(ModelLoading.Parse(TestModels.Write(3, 16, 6), "other"), BundledKernels.All()), Is.Null);

    [Test]
    public void OtherSizesOverTheSameNumbersAreAnotherModel()
    {
        // Zeros for 4 inputs and 1 class, or for 1 input and 5 classes: the same bytes of weights.
        ModelFile one = ModelLoading.Parse(TestModels.Write(4, 1, 1, scale: 0), "one"), other = ModelLoading.Parse(TestModels.Write(1, 1, 5, scale: 0), "other");
        Assert.That(other.FixedPointChecksum(), Is.Not.EqualTo(one.FixedPointChecksum()));
    }

    [Test]
    public void NoTwoAreMadeFromTheSameWeights() =>
        Assert.That(BundledKernels.All().Select(compiled => compiled.FixedPointChecksum), Is.Unique);

    [Test]
    public void TheBundledOneIsWhatTheModelCompilesTo()
    {
        string made = Path.Combine(TestContext.CurrentContext.WorkDirectory, "GesturesKernel.g.cs");
        File.WriteAllText(made, KernelEmitter.Emit(Gestures(), nameof(GesturesKernel)).Source);
        string kept = Path.Combine(Checkout.Root, "firmware", "apps", "Gestures", "GesturesKernel.g.cs");
        Assert.That(
            File.ReadAllBytes(kept).AsSpan().SequenceEqual(File.ReadAllBytes(made)), Is.True,
            "the bundled model has changed: crime compile gateway/assets/gestures.crime -o firmware/apps/Gestures/GesturesKernel.g.cs");
    }

    [TestCase(CellKind.Lstm, 1, 4, "Bench/Compiled")]
    [TestCase(CellKind.Lstm, 2, 8, "Bench/Compiled")]
    [TestCase(CellKind.Lstm, 4, 8, "Bench/Compiled")]
    [TestCase(CellKind.Lstm, 8, 8, "Bench/Compiled")]
    [TestCase(CellKind.Lstm, 4, 12, "Bench/Compiled")]
    [TestCase(CellKind.Lstm, 8, 12, "Bench/Compiled")]
    [TestCase(CellKind.Lstm, 3, 16, "Bench.Kernels/Hidden16")]
    [TestCase(CellKind.Lstm, 8, 16, "Bench.Kernels/Hidden16")]
    [TestCase(CellKind.Lstm, 12, 16, "Bench.Kernels/Hidden16")]
    [TestCase(CellKind.Gru, 12, 16, "Bench.Kernels/Hidden16")]
    [TestCase(CellKind.Lstm, 6, 24, "Bench.Kernels/Hidden24")]
    [TestCase(CellKind.Lstm, 16, 24, "Bench.Kernels/Hidden24")]
    [TestCase(CellKind.Lstm, 13, 32, "Bench.Kernels/Hidden32")]
    public void TheBenchHasTheCodeOfItsOwnModels(CellKind kind, int inputCount, int hiddenCount, string folder)
    {
        string name = $"Synthetic{(kind == CellKind.Gru ? "Gru" : "")}{inputCount}x{hiddenCount}Kernel";
        string model = ModelLoading.SyntheticName(kind, inputCount, hiddenCount);
        string kept = File.ReadAllText(Path.Combine(Checkout.Root, "firmware", "apps", folder, name + ".g.cs"));
        Assert.That(
            kept == KernelEmitter.Emit(ModelLoading.Load(model), name).Source, Is.True,
            $"the models of the bench have changed: crime compile {model} -o firmware/apps/{folder}/{name}.g.cs --class {name}");
        Assert.That(CompiledModels.For(SyntheticModel.Create(kind, inputCount, hiddenCount), CompiledSizes.All())?.GetType().Name, Is.EqualTo(name));
    }

    [Test]
    public void NoTwoOfTheBenchAreMadeFromTheSameWeights() =>
        Assert.That(CompiledSizes.All().Select(compiled => compiled.FixedPointChecksum), Is.Unique);
}

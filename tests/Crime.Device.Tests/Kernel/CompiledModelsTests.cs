using System;
using System.IO;
using System.Linq;
using Crime.Bench;
using Crime.Gestures;
using Crime.Kernel;
using Crime.Kernel.Compiled;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Compilation;
using Crime.Shared.Tests.Model;
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
        string kept = Path.Combine(CheckoutRoot(), "firmware", "apps", "Gestures", "GesturesKernel.g.cs");
        Assert.That(
            File.ReadAllBytes(kept).AsSpan().SequenceEqual(File.ReadAllBytes(made)), Is.True,
            "the bundled model has changed: crime compile gateway/assets/gestures.crime -o firmware/apps/Gestures/GesturesKernel.g.cs");
    }

    [TestCase(1, 4)]
    [TestCase(2, 8)]
    [TestCase(4, 8)]
    [TestCase(8, 8)]
    [TestCase(4, 12)]
    [TestCase(8, 12)]
    public void TheBenchHasTheCodeOfItsOwnModels(int inputCount, int hiddenCount)
    {
        string name = $"Synthetic{inputCount}x{hiddenCount}Kernel", model = $"{ModelLoading.Synthetic}{inputCount}x{hiddenCount}";
        string kept = File.ReadAllText(Path.Combine(CheckoutRoot(), "firmware", "apps", "Bench", "Compiled", name + ".g.cs"));
        Assert.That(
            kept == KernelEmitter.Emit(ModelLoading.Load(model), name).Source, Is.True,
            $"the models of the bench have changed: crime compile {model} -o firmware/apps/Bench/Compiled/{name}.g.cs --class {name}");
        Assert.That(CompiledModels.For(SyntheticModel.Create(inputCount, hiddenCount), CompiledSizes.All())?.GetType().Name, Is.EqualTo(name));
    }

    private static string CheckoutRoot()
    {
        DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory);
        while (at != null && !File.Exists(Path.Combine(at.FullName, "Crime.Embedded.sln"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("the tests run outside the checkout");
    }
}

using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using System.Runtime.InteropServices;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Device.Tests.Kernel;

/// <summary>The golden vectors in the tree: made once, by the program that each file names.</summary>
public sealed class GoldenTests
{
    private static IEnumerable<string> Files() =>
        Directory.GetFiles(Path.Combine(TestContext.CurrentContext.TestDirectory, "golden"), "*.golden.json").Select(path => Path.GetFileName(path));

    private static (GoldenFile Golden, ModelFile Model) Load(string name)
    {
        string folder = TestContext.CurrentContext.TestDirectory;
        GoldenFile golden = GoldenFile.Load(Path.Combine(folder, "golden", name));
        // The bundled model, or one that was made for golden vectors alone.
        string[] paths = [Path.Combine(folder, "models", golden.Model + ".crime"), Path.Combine(folder, "golden", golden.Model + ".crime")];
        return (golden, ModelLoading.Load(paths.First(File.Exists)));
    }

    [TestCaseSource(nameof(Files))]
    public void TheFileSaysWhereItComesFrom(string name)
    {
        var (golden, model) = Load(name);
        Assert.That((golden.Maker, golden.Reference), Is.EqualTo(("crime golden", nameof(ReferenceNetwork))));
        Assert.That((golden.ModelId, golden.ModelChecksum), Is.EqualTo((model.Id.ToString("x8"), model.Checksum.ToString("x8"))));
        var hash = new Crc32();
        foreach (GoldenVector vector in golden.Vectors) hash.Append(MemoryMarshal.AsBytes<short>(vector.Values));
        Assert.That(golden.InputHash, Is.EqualTo(hash.GetCurrentHashAsUInt32().ToString("x8")));
        Assert.That(golden.Vectors, Is.Not.Empty);
    }

    [TestCaseSource(nameof(Files))]
    public void TheTableDrivenKernelGivesTheGoldenStates(string name)
    {
        var (golden, model) = Load(name);
        AssertGoldenStates(golden, new NetworkKernel(model));
    }

    [TestCaseSource(nameof(Files))]
    public void TheCompiledKernelGivesTheGoldenStates(string name)
    {
        var (golden, model) = Load(name);
        AssertGoldenStates(golden, new NetworkKernel(model, DeviceCompiler.Load(KernelEmitter.Emit(model))));
    }

    private static void AssertGoldenStates(GoldenFile golden, NetworkKernel kernel)
    {
        foreach (GoldenVector vector in golden.Vectors)
        {
            kernel.State.Reset();
            for (int step = 0; step < vector.Length; step++)
            {
                kernel.Advance(vector.Values, step, 1);
                Assert.That(kernel.State.Layers.Select(layer => layer.Hidden), Is.EqualTo(vector.Hidden[step]), $"sequence {vector.Index}, h after step {step}");
                Assert.That(kernel.State.Layers.Select(layer => layer.Cell), Is.EqualTo(vector.Cell[step]), $"sequence {vector.Index}, c after step {step}");
            }
            kernel.Classify();
            Assert.That(kernel.Logits, Is.EqualTo(vector.Logits), $"sequence {vector.Index}");
        }
    }

    [TestCaseSource(nameof(Files))]
    public void TheReferenceStillGivesTheGoldenStates(string name)
    {
        var (golden, model) = Load(name);
        var reference = new ReferenceNetwork(model);
        foreach (GoldenVector vector in golden.Vectors)
        {
            GoldenVector again = GoldenVector.Compute(reference, vector.Index, vector.Values, vector.Length);
            Assert.That(again.Hidden, Is.EqualTo(vector.Hidden));
            Assert.That(again.Cell, Is.EqualTo(vector.Cell));
            Assert.That(again.Logits, Is.EqualTo(vector.Logits));
        }
    }
}

using System.Collections.Generic;
using System.Linq;
using Crime.Device.Models;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Reference;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Conversions;

public sealed class GoldenSectionTests
{
    private const int MostBytes = 300;

    private static byte[] File(CellKind kind, int vocabulary) =>
        TestModels.Write(TestModels.Make(5, [(kind, 8), (kind, 6)], 4, vocabulary, seed: 3));

    [TestCase(CellKind.Lstm, 0)]
    [TestCase(CellKind.Gru, 0)]
    [TestCase(CellKind.Lstm, 20)]
    [TestCase(CellKind.Gru, 20)]
    public void TheKernelOfTheModelPassesAndEveryOtherResultFails(CellKind kind, int vocabulary)
    {
        byte[] plain = File(kind, vocabulary), file = GoldenSection.Add(plain);
        ModelFile model = TestModels.Parse(file);
        Assert.That(model.GoldenCount, Is.EqualTo(3));
        Assert.That(model.Id, Is.EqualTo(TestModels.Parse(plain).Id), "golden vectors are no other weights");
        Assert.That(ModelContainer.BoardImage(file).Length - ModelContainer.BoardImage(plain).Length, Is.InRange(1, MostBytes));
        Assert.That(GoldenReference.Holds(model), Is.True);
        Assert.That(ModelCheck.Passes(model, new NetworkKernel(model)), Is.True);
        Assert.That(GoldenSection.Add(file), Is.EqualTo(file));
        for (int sequence = 0; sequence < 3; sequence++)
        {
            int entry = ModelFormat.GoldenHeaderSize + sequence * ModelFormat.GoldenSequenceSize;
            // Seed, length and checksum.
            foreach (int offset in new[] { 0, 4, 8, 11 })
            {
                ModelFile wrong = TestModels.Parse(Altered(file, content => content[entry + offset] ^= 1));
                Assert.That(GoldenReference.Holds(wrong), Is.False, $"sequence {sequence}, byte {offset}");
                Assert.That(ModelCheck.Passes(wrong, new NetworkKernel(wrong)), Is.False, $"sequence {sequence}, byte {offset}");
            }
        }
    }

    [Test]
    public void TheKernelOfAnotherModelFails()
    {
        ModelFile model = TestModels.Parse(GoldenSection.Add(TestModels.Write(3, 8, 4, seed: 5)));
        Assert.That(ModelCheck.Passes(model, new NetworkKernel(TestModels.Parse(TestModels.Write(3, 8, 4, seed: 6)))), Is.False);
    }

    [TestCase(0, 0)]
    [TestCase(0, 9)]
    [TestCase(8, 0)]
    [TestCase(8, 65)]
    [TestCase(9, 16)]
    [TestCase(10, 4)]
    public void ASectionOutsideItsLimitsIsRefused(int offset, byte value)
    {
        byte[] file = Altered(GoldenSection.Add(File(CellKind.Lstm, 0)), content => content[offset] = value);
        Assert.That(ModelReader.TryRead(file, out _), Is.EqualTo(ModelError.Golden));
    }

    [Test]
    public void GoldenVectorsWithoutFixedPointWeightsAreRefused()
    {
        byte[] file = GoldenSection.Add(File(CellKind.Lstm, 0));
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(file);
        sections.RemoveAll(section => section.Tag == ModelFormat.FixedPointTag);
        Assert.That(ModelReader.TryRead(ModelContainer.Write(1, sections), out _), Is.EqualTo(ModelError.Golden));
    }

    private static byte[] Altered(byte[] file, System.Action<byte[]> alter)
    {
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(file);
        alter(sections.Single(section => section.Tag == ModelFormat.GoldenTag).Content);
        return ModelContainer.Write(TestModels.Parse(file).Id, sections);
    }
}

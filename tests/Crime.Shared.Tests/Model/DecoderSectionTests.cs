using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Crime.Gateway.Inference;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Shared.Tests.Model;

public sealed class DecoderSectionTests
{
    private static readonly byte[] s_file = TestDecoders.Write(TestDecoders.Make(CellKind.Lstm, AttentionKind.Bahdanau, beam: 4));

    private static ModelError Changed(Action<byte[]> change, uint tag = ModelFormat.DecoderTag)
    {
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(s_file);
        change(sections.Find(section => section.Tag == tag).Content);
        return ModelReader.TryRead(ModelContainer.Write(1, sections, ModelFormat.GraphVersion), out _);
    }

    [Test]
    public void ADecoderIsRead([Values] AttentionKind attention, [Values(CellKind.Lstm, CellKind.Gru)] CellKind cell)
    {
        ModelFile model = TestModels.Parse(TestDecoders.Write(TestDecoders.Make(cell, attention, beam: 3)));
        DecoderSection decoder = model.Decoder;
        Assert.That((model.Answer, decoder.Attention, decoder.Cell.Kind, decoder.BeamWidth), Is.EqualTo((AnswerKind.Sequence, attention, cell, 3)));
        Assert.That((decoder.LongestOutput, decoder.EmbeddingCount, decoder.Output.GammaThousandths, decoder.Output.DeltaThousandths, decoder.DeviationThousandths),
            Is.EqualTo((9, 3, 500, 1250, 750)));
    }

    [Test]
    public void AnImageForBoardsKeepsTheLineOfTheOutputLength()
    {
        ModelFile image = TestModels.Parse(ModelContainer.BoardImage(s_file));
        Assert.That((image.HasFloat, image.Decoder.Output.GammaThousandths), Is.EqualTo((false, 500)));
        image.ReleaseNumbers();
        Assert.That(image.Decoder.ExpectedSteps(4), Is.EqualTo(3));
    }

    // Offset, the wrong value as 16 bits or as 32.
    [TestCase(0, 3)]
    [TestCase(1, 4)]
    [TestCase(2, 0)]
    [TestCase(2, 9)]
    public void AByteOutsideItsRangeIsRefused(int offset, byte value) => Assert.That(Changed(bytes => bytes[offset] = value), Is.EqualTo(ModelError.Architecture));

    [TestCase(4, 7, TestName = "hidden units that are not the encoder's")]
    [TestCase(6, 0, TestName = "no embedding")]
    [TestCase(6, 1025, TestName = "an embedding that is too wide")]
    [TestCase(8, 0, TestName = "no output")]
    [TestCase(8, 1025, TestName = "an output that is too long")]
    [TestCase(10, 0, TestName = "no attention")]
    [TestCase(10, 1025, TestName = "an attention that is too wide")]
    public void ASizeOutsideItsRangeIsRefused(int offset, int value) =>
        Assert.That(Changed(bytes => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), (ushort)value)), Is.EqualTo(ModelError.Architecture));

    [TestCase(12, -1)]
    [TestCase(12, 100_001)]
    [TestCase(16, 4_096_001)]
    [TestCase(16, -4_096_001)]
    [TestCase(20, -1)]
    public void ALineOutsideItsRangeIsRefused(int offset, int value) =>
        Assert.That(Changed(bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value)), Is.EqualTo(ModelError.Architecture));

    [Test]
    public void TheAnswerAndTheSectionBelongTogether()
    {
        Assert.That(Changed(bytes => bytes[12] = 4, ModelFormat.ArchitectureTag), Is.EqualTo(ModelError.Architecture), "an answer that is not known");
        Assert.That(Changed(bytes => bytes[0] = 1, ModelFormat.ArchitectureTag), Is.EqualTo(ModelError.Architecture), "a head that sees the last output");
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(s_file);
        sections.RemoveAll(section => section.Tag == ModelFormat.DecoderTag);
        Assert.That(ModelReader.TryRead(ModelContainer.Write(1, sections, ModelFormat.GraphVersion), out _), Is.EqualTo(ModelError.Architecture));
    }

    [Test]
    public void ALargerEmbeddingNeedsMoreNumbers() =>
        Assert.That(Changed(bytes => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), 4)), Is.EqualTo(ModelError.FloatWeights));
}

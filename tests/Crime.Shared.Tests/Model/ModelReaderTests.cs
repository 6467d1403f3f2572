using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Shared.Tests.Model;

public sealed class ModelReaderTests
{
    private static readonly byte[] s_features = TestModels.Write(3, 5, 4);
    private static readonly byte[] s_tokens = TestModels.Write(4, 6, 2, vocabulary: 7);
    private static readonly byte[] s_dense = ModelContainer.BoardImage(
        TestModels.Write(TestModels.WithTail(TestModels.Make(3, [(CellKind.Lstm, 5)], 4), 1, 1, PoolKind.Mean, (6, GraphFunction.Relu), (4, GraphFunction.Tanh))));

    // A convolution of three timesteps, and a window as it is.
    private static readonly byte[] s_front = ModelContainer.BoardImage(TestModels.Write(TestFronts.WithFront(
        TestModels.Make(10, [(CellKind.Lstm, 5)], 4), 3, 1, 1,
        new TestConvolution(TestFronts.Window(3, 2, 1, 2), 5, GraphFunction.Relu), new TestConvolution(TestFronts.Window(2), 0, null))));

    private static ModelError Read(byte[] bytes) => ModelReader.TryRead(bytes, out _);

    /// <summary>Changes bytes and makes the checksum right again: damage that only the other checks can find.</summary>
    private static byte[] Altered(byte[] file, Action<byte[]> change)
    {
        byte[] altered = [.. file];
        change(altered);
        BinaryPrimitives.WriteUInt32LittleEndian(altered.AsSpan(altered.Length - 4), Crc32.HashToUInt32(altered.AsSpan(0, altered.Length - 4)));
        return altered;
    }

    private static int Offset(byte[] file, uint tag)
    {
        for (int i = 0; i < BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(6)); i++)
        {
            ReadOnlySpan<byte> entry = file.AsSpan(16 + 12 * i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) == tag) return BinaryPrimitives.ReadInt32LittleEndian(entry[4..]);
        }
        throw new KeyNotFoundException();
    }

    [Test]
    public void FullyConnectedLayersAreRead()
    {
        Assert.That(ModelReader.TryRead(s_dense, out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That(model.DenseLayers.Select(layer => (layer.InputCount, layer.OutputCount, layer.Function)), Is.EqualTo(new[]
        {
            (5, 6, DenseFunction.Relu), (6, 4, DenseFunction.Tanh),
        }));
        Assert.That((model.HasGraph, model.HasFixedPoint, model.HeadInputCount, model.Pooling), Is.EqualTo((false, true, 4, PoolingKind.Mean)));
    }

    [Test]
    public void AFullyConnectedLayerThatCouldLeave32BitsIsRefused()
    {
        int at = Offset(s_dense, ModelFormat.TailTag) + ModelFormat.TailHeaderSize + DenseLayer.HeaderSize;
        byte[] altered = Altered(s_dense, bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), int.MaxValue));
        Assert.That(Read(altered), Is.EqualTo(ModelError.FixedPoint));
    }

    [Test]
    public void ConvolutionsAreRead()
    {
        Assert.That(ModelReader.TryRead(s_front, out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That(model.ReadFront().Select(layer => (layer.Size, layer.Stride, layer.Before, layer.After, layer.InputCount, layer.OutputCount)), Is.EqualTo(new[]
        {
            (3, 2, 1, 2, 3, 5), (2, 1, 0, 0, 5, 10),
        }));
        Assert.That(model.FixedLayers[0].InputFractionBits, Is.EqualTo(model.ReadFront()[0].FractionBits));
        model.ReleaseNumbers();
        Assert.That(model.ReadFront(), Is.Null);
    }

    /// <summary>Each number of the first convolution and of the section, one beyond its range.</summary>
    [TestCase(0, 0)]
    [TestCase(0, 3)]
    [TestCase(4, 0)]
    [TestCase(4, 9)]
    [TestCase(5, 0)]
    [TestCase(5, 5)]
    [TestCase(6, 3)]
    [TestCase(7, 3)]
    [TestCase(8, 6)]
    [TestCase(9, 5)]
    [TestCase(10, 3)]
    [TestCase(11, 31)]
    [TestCase(12, 16)]
    public void AConvolutionOutsideItsLimitsIsRefused(int at, byte value)
    {
        int front = Offset(s_front, ModelFormat.FrontTag);
        Assert.That(Read(Altered(s_front, bytes => bytes[front + at] = value)), Is.EqualTo(ModelError.FixedPoint));
    }

    [Test]
    public void AConvolutionRoundsByOneBitAtLeast()
    {
        int front = Offset(s_front, ModelFormat.FrontTag);
        Assert.That(Read(Altered(s_front, bytes => bytes[front + 11] = bytes[front + 12])), Is.EqualTo(ModelError.FixedPoint));
    }

    [Test]
    public void AConvolutionThatCouldLeave32BitsIsRefused()
    {
        int bias = Offset(s_front, ModelFormat.FrontTag) + 16;
        Assert.That(Read(Altered(s_front, bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bias), int.MaxValue))), Is.EqualTo(ModelError.FixedPoint));
    }

    [Test]
    public void AConvolutionIsCutOffNowhere()
    {
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(s_front);
        int front = sections.FindIndex(section => section.Tag == ModelFormat.FrontTag);
        byte[] content = sections[front].Content;
        for (int length = 0; length < content.Length; length += 4)
        {
            sections[front] = (ModelFormat.FrontTag, content[..length]);
            Assert.That(Read(ModelContainer.Write(1, sections, ModelFormat.GraphVersion)), Is.EqualTo(ModelError.FixedPoint), $"{length} bytes");
        }
    }

    /// <summary>A file of version 2 whose only layer reads six numbers, and whose input has three.</summary>
    private static byte[] WithWiderLayer(params uint[] weights)
    {
        byte[] good = TestModels.Write(6, 5, 4);
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(good);
        uint[] kept = [ModelFormat.ArchitectureTag, ModelFormat.LayersTag, ModelFormat.NamesTag, .. weights];
        sections.RemoveAll(section => !kept.Contains(section.Tag));
        byte[] Content(uint tag) => sections.Find(section => section.Tag == tag).Content;
        BinaryPrimitives.WriteUInt16LittleEndian(Content(ModelFormat.LayersTag).AsSpan(6), 6);
        Assert.That(Read(ModelContainer.Write(1, sections, ModelFormat.GraphVersion)), Is.EqualTo(ModelError.None), "the same widths everywhere");
        BinaryPrimitives.WriteUInt16LittleEndian(Content(ModelFormat.ArchitectureTag).AsSpan(4), 3);
        return ModelContainer.Write(1, sections, ModelFormat.GraphVersion);
    }

    [Test]
    public void ALayerThatReadsMoreThanThereIsNeedsAGraph() => Assert.That(Read(WithWiderLayer(ModelFormat.FloatTag)), Is.EqualTo(ModelError.Architecture));

    [Test]
    public void ABoardsLayerReadsTheOneBeforeIt() => Assert.That(Read(WithWiderLayer(ModelFormat.FixedPointTag)), Is.EqualTo(ModelError.FixedPoint));

    [TestCase(AnswerKind.ClassPerStep, ModelError.FixedPoint)]
    [TestCase(AnswerKind.Values, ModelError.None)]
    [TestCase(AnswerKind.ValuesPerStep, ModelError.FixedPoint)]
    [TestCase(AnswerKind.Anomaly, ModelError.Architecture)]
    [TestCase((AnswerKind)99, ModelError.Architecture)]
    public void APooledNetworkOfBoardsGivesOneAnswer(AnswerKind answer, ModelError error)
    {
        int at = Offset(s_dense, ModelFormat.ArchitectureTag) + 12;
        Assert.That(Read(Altered(s_dense, bytes => bytes[at] = (byte)answer)), Is.EqualTo(error));
    }

    private static byte[] WithAnswer(AnswerKind answer, int outputs = 2) =>
        TestModels.Write(TestModels.WithAnswer(TestModels.Make(3, [(CellKind.Lstm, 5)], outputs), answer));

    [Test]
    public void ValuesHaveTheirScaleAndUnit()
    {
        Assert.That(ModelReader.TryRead(WithAnswer(AnswerKind.Values), out ModelFile model), Is.EqualTo(ModelError.None));
        AnswerScale scale = model.Scale;
        Assert.That((model.Answer, model.OutputCount, scale.Count, scale.Threshold), Is.EqualTo((AnswerKind.Values, 2, 2, 0f)));
        Assert.That((scale.ValueOf(1, 2f), scale.Unit(1)), Is.EqualTo((26f, "C")));
    }

    [Test]
    public void AnAnomalyPredictsItsInputsAndNamesTwoClasses()
    {
        Assert.That(ModelReader.TryRead(WithAnswer(AnswerKind.Anomaly), out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That((model.OutputCount, model.Scale.Threshold), Is.EqualTo((3, 0.5f)));
        Assert.That(model.ClassNames, Is.EqualTo(AnswerScale.AnomalyNames));
    }

    [Test]
    public void AScaleThatIsNoneIsRefused()
    {
        byte[] values = WithAnswer(AnswerKind.Values);
        int section = Offset(values, ModelFormat.AnswerTag), factor = section + AnswerScale.HeaderSize + 4, unit = section + AnswerScale.HeaderSize + 16;
        void IsRefused(Action<byte[]> change, string reason) => Assert.That(Read(Altered(values, change)), Is.EqualTo(ModelError.Architecture), reason);
        IsRefused(bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(factor), 0), "a factor of 0");
        IsRefused(bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(factor), float.NaN), "a factor that is no number");
        IsRefused(bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(section), -1), "a negative threshold");
        IsRefused(bytes => bytes[unit] = 200, "a unit beyond the section");
        IsRefused(bytes => bytes[unit] = 0, "bytes behind the last unit");
        byte[] anomaly = WithAnswer(AnswerKind.Anomaly);
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(anomaly);
        sections.RemoveAll(entry => entry.Tag == ModelFormat.AnswerTag);
        Assert.That(Read(ModelContainer.Write(1, sections, ModelFormat.GraphVersion)), Is.EqualTo(ModelError.Architecture), "no threshold");
        List<(uint Tag, byte[] Content)> classes = ModelContainer.Sections(s_dense);
        classes.Add((ModelFormat.AnswerTag, new byte[AnswerScale.HeaderSize]));
        Assert.That(Read(ModelContainer.Write(1, classes, ModelFormat.GraphVersion)), Is.EqualTo(ModelError.Architecture), "classes have no scale");
    }

    [Test]
    public void AHeadThatReadsOtherNumbersThanThereAreIsRefused()
    {
        int at = Offset(s_dense, ModelFormat.ArchitectureTag) + 14;
        Assert.That(Read(Altered(s_dense, bytes => bytes[at]++)), Is.EqualTo(ModelError.FixedPoint));
    }

    [Test]
    public void AFeatureModelIsRead()
    {
        Assert.That(ModelReader.TryRead(s_features, out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That(
            (model.Name, model.Layers[0].Kind, model.Input, model.InputCount, model.Layers[0].HiddenCount, model.ClassCount, model.VocabularyCount),
            Is.EqualTo(("test", CellKind.Lstm, InputKind.Features, 3, 5, 4, 0)));
        Assert.That(model.ClassNames, Is.EqualTo(new[] { "class 0", "class 1", "class 2", "class 3" }));
        Assert.That((model.HasFixedPoint, model.HasFloat, model.ValuesPerStep), Is.EqualTo((true, true, 3)));
        Assert.That(model.Checksum, Is.EqualTo(Crc32.HashToUInt32(s_features.AsSpan(0, s_features.Length - 4))));
    }

    [Test]
    public void ATokenModelIsRead()
    {
        Assert.That(ModelReader.TryRead(s_tokens, out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That((model.Input, model.VocabularyCount, model.ValuesPerStep, model.CodePoint(1), model.CodePoint(6)),
            Is.EqualTo((InputKind.Tokens, 7, 1, (int)'a', (int)'f')));
    }

    [Test]
    public void BoardsSeeTheEndOnly()
    {
        byte[] first = Altered(s_features, bytes => bytes[Offset(bytes, ModelFormat.ArchitectureTag)] = (byte)HeadInput.FirstStep);
        Assert.That(Read(first), Is.EqualTo(ModelError.FixedPoint));
    }

    [Test]
    public void EveryTruncationIsRefused()
    {
        for (int length = 0; length < s_features.Length; length++)
            Assert.That(Read(s_features[..length]), Is.Not.EqualTo(ModelError.None), $"{length} bytes");
    }

    [Test]
    public void EverySingleFlippedBitIsRefused()
    {
        for (int bit = 0; bit < 8 * s_features.Length; bit++)
        {
            byte[] flipped = [.. s_features];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(Read(flipped), Is.Not.EqualTo(ModelError.None), $"bit {bit}");
        }
    }

    [Test]
    public void RandomDamageUnderAGoodChecksumNeverThrowsAndNeverReadsOutside()
    {
        Random random = TestSeed.Random();
        var reasons = new HashSet<ModelError>();
        foreach (byte[] file in new[] { s_features, s_tokens, s_dense, s_front })
        {
            for (int n = 0; n < 10_000; n++)
            {
                byte[] altered = Altered(file, bytes =>
                {
                    // The first 200 bytes hold all the structure.
                    for (int k = random.Next(3); k >= 0; k--) bytes[random.Next(4, random.Next(2) == 0 ? 200 : bytes.Length)] = (byte)random.Next(256);
                });
                ModelError error = ModelReader.TryRead(altered, out ModelFile model);
                reasons.Add(error);
                if (error == ModelError.None) TouchEverything(model);
                else Assert.That(model, Is.Null);
            }
        }
        Assert.That(reasons, Is.SupersetOf(new[]
        {
            ModelError.None, ModelError.Version, ModelError.Length, ModelError.SectionTable, ModelError.MissingSection,
            ModelError.Architecture, ModelError.Names, ModelError.FixedPoint,
        }));
    }

    private static void TouchEverything(ModelFile model)
    {
        for (int i = 0; i < model.InputCount; i++) _ = model.Mean(i) + model.Deviation(i);
        for (int token = 1; token < model.VocabularyCount; token++) _ = model.CodePoint(token);
        if (model.HasFloat)
            model.ReadFloats(0, (int)model.FloatCount);
        if (!model.HasFixedPoint) return;
        foreach (FixedLayer layer in model.FixedLayers)
        {
            for (int i = 0; i < layer.Shape.FixedBiasCount; i++) _ = layer.Bias(i);
            for (int row = 0; row < layer.Shape.RowCount; row++)
            {
                _ = layer.RowFractionBits(row);
                for (int column = 0; column < layer.Shape.ColumnCount; column++) _ = layer.Weight(row, column);
            }
        }
        foreach (DenseLayer layer in model.DenseLayers ?? [])
            for (int output = 0; output < layer.OutputCount; output++)
                for (int input = 0; input < layer.InputCount; input++) _ = layer.Bias(output) + layer.Weight(output, input);
        foreach (ConvolutionLayer layer in model.ReadFront() ?? [])
        {
            Assert.That((layer.Size, layer.Stride, layer.OutputCount, layer.FractionBits), Is.EqualTo((
                Math.Clamp(layer.Size, 1, 8), Math.Clamp(layer.Stride, 1, 4), Math.Clamp(layer.OutputCount, 1, 4096), Math.Clamp(layer.FractionBits, 0, 15))));
            for (int output = 0; output < layer.Map.OutputCount; output++)
                for (int input = 0; input < layer.Map.InputCount; input++) _ = layer.Map.Bias(output) + layer.Map.Weight(output, input);
        }
        for (int k = 0; k < model.ClassCount; k++)
            for (int unit = 0; unit < model.HeadInputCount; unit++) _ = model.HeadBias(k) + model.HeadWeight(k, unit);
        for (int token = 0; token < model.VocabularyCount; token++)
            for (int i = 0; i < model.InputCount; i++) _ = model.Embedding(token, i);
    }

    [Test]
    public void TheReasonsAreTheRightOnes()
    {
        Assert.That(Read(null!), Is.EqualTo(ModelError.Length));
        Assert.That(Read(new byte[100]), Is.EqualTo(ModelError.Magic));
        Assert.That(Read(Altered(s_features, bytes => bytes[4] = 3)), Is.EqualTo(ModelError.Version));
        Assert.That(Read([.. s_features, 0, 0, 0, 0]), Is.EqualTo(ModelError.Length));
        Assert.That(Read(Altered(s_features, bytes => bytes[6] = 0)), Is.EqualTo(ModelError.SectionTable));
        Assert.That(Read(Altered(s_features, bytes => bytes[Offset(bytes, ModelFormat.ArchitectureTag)] = 9)), Is.EqualTo(ModelError.Architecture));
        Assert.That(Read(Altered(s_features, bytes => bytes[Offset(bytes, ModelFormat.NamesTag)]++)), Is.EqualTo(ModelError.Names));
        Assert.That(
            Read(Altered(s_features, bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(Offset(bytes, ModelFormat.NormalisationTag) + 12), 0))),
            Is.EqualTo(ModelError.Normalisation));
        Assert.That(
            Read(Altered(s_features, bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(Offset(bytes, ModelFormat.NormalisationTag)), float.NaN))),
            Is.EqualTo(ModelError.Normalisation));
        Assert.That(Read(Altered(s_features, bytes => bytes[Offset(bytes, ModelFormat.FixedPointTag) + 4] = 6)), Is.EqualTo(ModelError.FixedPoint));
        Assert.That(Read(Altered(s_features, bytes => bytes[Offset(bytes, ModelFormat.FixedPointTag) + 8] = 31)), Is.EqualTo(ModelError.FixedPoint));
    }

    /// <summary>Of all bytes in the place of a cell's fraction bits: 7 to 15, and 31 for a wide cell. A GRU has 0.</summary>
    [Test]
    public void ACellFormatIsOneOfTen()
    {
        byte[] gru = TestModels.Write(TestModels.Make(3, [(CellKind.Gru, 4)], 2));
        for (int value = 0; value < 256; value++)
        {
            byte[] Written(byte[] file) => Altered(file, bytes => bytes[Offset(bytes, ModelFormat.FixedPointTag) + 4] = (byte)value);
            bool isGood = value is (>= 7 and <= 15) or 31;
            Assert.That(Read(Written(s_features)), Is.EqualTo(isGood ? ModelError.None : ModelError.FixedPoint), $"{value}");
            Assert.That(Read(Written(gru)), Is.EqualTo(value == 0 ? ModelError.None : ModelError.FixedPoint), $"{value} in a GRU");
        }
    }

    [Test]
    public void ARowThatCouldOverflowIsRefused()
    {
        // One bias of 2^31 - 1 leaves no room for any weight.
        byte[] altered = Altered(s_features, bytes =>
        {
            int rows = 4 * 5, bias = Offset(bytes, ModelFormat.FixedPointTag) + 8 + rows;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bias), int.MaxValue);
        });
        Assert.That(Read(altered), Is.EqualTo(ModelError.RowBound));
    }

    [Test]
    public void EveryReasonHasAText()
    {
        foreach (ModelError error in Enum.GetValues<ModelError>())
            Assert.That(ModelErrors.Describe(error), Is.Not.EqualTo(ModelErrors.Describe((ModelError)99)), error.ToString());
    }

    [Test]
    public void AnUnknownSectionIsSkipped()
    {
        byte[] altered = Altered(s_features, bytes =>
        {
            // FLT4 is the last of five sections; renamed, the model is one for boards only.
            int entry = Enumerable.Range(0, 16).Select(i => 16 + 12 * i).First(at => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) == ModelFormat.FloatTag);
            bytes[entry] = (byte)'X';
        });
        Assert.That(ModelReader.TryRead(altered, out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That((model.HasFixedPoint, model.HasFloat), Is.EqualTo((true, false)));
    }
}

using System.Collections.Generic;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import;
using Crime.Modelling.Reference;
using Crime.Modelling.Training;
using Crime.Modelling.Training.Decoding;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import;

/// <summary>Decoders in safetensors files: what crime train writes, crime convert reads.</summary>
public sealed class DecoderTensorsTests
{
    private static Safetensors Exported(AttentionKind attention, CellKind cell = CellKind.Lstm) =>
        PyTorchImporter.Export(TestDecoders.Make(cell, attention, beam: 3), new Dictionary<string, string>());

    [Test]
    public void AFileHoldsTheWholeNetwork([Values(CellKind.Lstm, CellKind.Gru)] CellKind cell, [Values] AttentionKind attention)
    {
        TrainedModel read = PyTorchImporter.Import(Safetensors.Parse(Exported(attention, cell).Write(), "net"), "writer.safetensors");
        Assert.That(TestDecoders.Write(read), Is.EqualTo(TestDecoders.Write(TestDecoders.Make(cell, attention, beam: 3))));
    }

    [TestCase("decoder.cell.weight_hh")]
    [TestCase("decoder.embedding")]
    [TestCase("decoder.attention.1")]
    public void AMissingOrShortTensorIsRefused(string name)
    {
        Safetensors file = Exported(AttentionKind.LuongGeneral);
        file.Tensors[name] = new([1], [0]);
        Assert.Throws<UserInputException>(() => PyTorchImporter.Import(file, "writer.safetensors"));
        file = Exported(AttentionKind.LuongGeneral);
        file.Tensors.Remove(name);
        Assert.Throws<UserInputException>(() => PyTorchImporter.Import(file, "writer.safetensors"));
    }

    [TestCase("{")]
    [TestCase("null")]
    [TestCase("{\"Cell\":\"lstm\",\"Attention\":7,\"Hidden\":6,\"Embedding\":3,\"Beam\":1,\"Longest\":9}")]
    [TestCase("{\"Cell\":\"lstm\",\"Attention\":0,\"Hidden\":2000000000,\"Embedding\":3,\"Beam\":1,\"Longest\":9}")]
    public void SizesOutsideTheirRangeAreRefused(string metadata)
    {
        Safetensors file = Exported(AttentionKind.None);
        file.Metadata["decoder"] = metadata;
        Assert.Throws<UserInputException>(() => PyTorchImporter.Import(file, "writer.safetensors"));
    }

    [Test]
    public void AConvertedDecoderRunsOnBoards()
    {
        Dataset data = NumberWords.Generate("numbers", 1, 1000, 50);
        var pairs = new WriterData(data);
        var options = new TrainingOptions { HiddenCount = 16, EmbeddingCount = 6, Epochs = 6, LearningRate = 0.02 };
        TrainedModel model = new WriterTrainer(pairs, options, AttentionKind.None).Train("numbers", 2, null, default);
        ModelFile file = Conversion.Make(model, data, new ConversionOptions()).Model;
        Assert.That((file.HasFixedPoint, file.GoldenCount > 0, GoldenReference.Holds(file)), Is.EqualTo((true, true, true)));
        WriterResult result = new WriterEvaluator(file).Evaluate(data, 0, null, default);
        Assert.That(result.Agreement, Is.GreaterThan(0.9));
        Assert.That((result.Sequences, result.Beam != null, result.WrittenLength.Pairs), Is.EqualTo((50, true, 50)));
    }
}

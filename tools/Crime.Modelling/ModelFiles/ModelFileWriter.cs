// Writes a trained model, and its fixed-point weights if boards can run it, as the bytes of a .crime file.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.ModelFiles;

/// <summary>Writes model files. SPEC.md, "The model file", describes the format.</summary>
public static class ModelFileWriter
{
    /// <summary>Writes a file.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="quantised">Its fixed-point weights; null for a model that only gateways run.</param>
    /// <param name="calibration">Ranges of the inputs, for a model that only gateways run: boards send their inputs in this format.</param>
    /// <returns>The bytes; the same for the same input.</returns>
    public static byte[] Write(TrainedModel model, QuantisedModel? quantised, Calibration? calibration = null)
    {
        calibration ??= quantised?.Calibration ?? Calibration.FromDefaults;
        byte[] architecture = Section(writer =>
        {
            writer.Write((byte)model.HeadInput);
            writer.Write((byte)model.Layers.Count);
            writer.Write((byte)Quantiser.InputFractionBits(model, calibration));
            writer.Write((byte)model.Input);
            writer.Write((ushort)model.InputCount);
            writer.Write((ushort)model.OutputCount);
            writer.Write((ushort)model.VocabularyCount);
            writer.Write((ushort)Math.Min(calibration.LongestLength, ushort.MaxValue));
            writer.Write((byte)model.Answer);
            writer.Write((byte)0);
            writer.Write((ushort)(model.Graph == null ? 0 : model.HeadInputCount));
        });
        byte[] floats = Section(writer =>
        {
            var layers = model.Layers.SelectMany(layer => layer.Directions).SelectMany(weights => weights.Arrays());
            IEnumerable<float[]> operations = model.Graph?.Operations.Select(operation => operation.Numbers) ?? [];
            IEnumerable<float[]> decoder = model.Decoder?.Arrays() ?? [];
            foreach (float[] values in layers.Prepend(model.Embedding).Concat(operations).Concat(decoder).Append(model.HeadWeights).Append(model.HeadBias))
                foreach (float value in values) writer.Write(value);
        });

        var sections = new List<(uint Tag, byte[] Content)>
        {
            (ModelFormat.ArchitectureTag, architecture),
            (ModelFormat.LayersTag, Section(writer => WriteLayers(writer, model))),
            (ModelFormat.NamesTag, Section(writer => WriteNames(writer, model))),
        };
        if (model.Mean != null && model.Deviation != null)
            sections.Add((ModelFormat.NormalisationTag, Section(writer =>
            {
                foreach (float value in model.Mean.Concat(model.Deviation)) writer.Write(value);
            })));
        if (model.CodePoints != null)
            sections.Add((ModelFormat.VocabularyTag, Section(writer =>
            {
                foreach (int codePoint in model.CodePoints) writer.Write(codePoint);
            })));
        if (model.Layers.Any(layer => layer.HasActivations))
            sections.Add((ModelFormat.OptionsTag, Section(writer => WriteOptions(writer, model))));
        if (model.Scale is { } scale) sections.Add((ModelFormat.AnswerTag, Section(writer => WriteScale(writer, scale))));
        if (model.Graph != null) sections.Add((ModelFormat.GraphTag, model.Graph.Write()));
        if (model.Decoder is { } deco) sections.Add((ModelFormat.DecoderTag, Section(deco.Write)));
        if (quantised != null) sections.Add((ModelFormat.FixedPointTag, Section(writer => WriteFixedPoint(writer, quantised))));
        if (quantised is { Front.Count: > 0 }) sections.Add((ModelFormat.FrontTag, Section(writer => WriteFront(writer, quantised))));
        if (quantised is { DenseLayers.Count: > 0 } or { Pooling: not PoolingKind.None })
            sections.Add((ModelFormat.TailTag, Section(writer => WriteTail(writer, quantised))));
        sections.Add((ModelFormat.FloatTag, floats));
        bool isNew = model.Graph != null || model.Answer != AnswerKind.Class;
        return ModelContainer.Write(Identity(sections, model.Answer), sections, isNew ? ModelFormat.GraphVersion : ModelFormat.Version);
    }

    /// <summary>
    /// Returns the identity. It covers all sections except the fixed-point weights and the architecture: a new quantisation keeps it. The
    /// same numbers with another meaning are another model.
    /// </summary>
    private static uint Identity(List<(uint Tag, byte[] Content)> sections, AnswerKind answer)
    {
        var crc = new Crc32();
        if (answer != AnswerKind.Class) crc.Append([(byte)answer]);
        foreach (var (tag, content) in sections)
            if (tag is not ModelFormat.FixedPointTag and not ModelFormat.FrontTag and not ModelFormat.TailTag and not ModelFormat.ArchitectureTag) crc.Append(content);
        return crc.GetCurrentHashAsUInt32();
    }

    private static void WriteNames(BinaryWriter writer, TrainedModel model)
    {
        foreach (string name in model.ClassNames.Prepend(model.Name)) WriteName(writer, name);
    }

    private static void WriteName(BinaryWriter writer, string name)
    {
        if (ModelNames.Problem(name) is { } problem) throw new UserInputException(problem);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        writer.Write((byte)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteScale(BinaryWriter writer, AnswerScale scale)
    {
        writer.Write(scale.Threshold);
        for (int i = 0; i < scale.Count; i++)
        {
            writer.Write(scale.Offset(i));
            writer.Write(scale.Factor(i));
        }
        for (int i = 0; i < scale.Count; i++)
        {
            if (ModelNames.UnitProblem(scale.Unit(i)) is { } problem) throw new UserInputException(problem);
            WriteName(writer, scale.Unit(i));
        }
    }

    private static void WriteLayers(BinaryWriter writer, TrainedModel model)
    {
        foreach (LayerShape shape in model.Layers.Select(layer => layer.Shape))
        {
            writer.Write((byte)shape.Kind);
            writer.Write((byte)shape.Direction);
            writer.Write((ushort)shape.HiddenCount);
            writer.Write((ushort)shape.Options);
            writer.Write((ushort)(model.Graph == null ? 0 : shape.InputCount));
        }
    }

    private static void WriteOptions(BinaryWriter writer, TrainedModel model)
    {
        foreach (RecurrentLayer layer in model.Layers.Where(layer => layer.HasActivations))
        {
            writer.Write(layer.Clip);
            foreach (ActivationFunction activation in layer.Directions.SelectMany(layer.ActivationsOf))
            {
                writer.Write((uint)activation.Function);
                writer.Write(activation.Alpha);
                writer.Write(activation.Beta);
            }
        }
    }

    private static void WriteFixedPoint(BinaryWriter writer, QuantisedModel model)
    {
        writer.Write((byte)model.LogitFractionBits);
        writer.Write((byte)model.WeightBits);
        writer.Write((ushort)model.OutputFractionBits);
        foreach (QuantisedLayer layer in model.Layers) WriteLayer(writer, layer, model.WeightBits);
        foreach (int value in model.HeadBias) writer.Write(value);
        foreach (short value in model.HeadWeights) writer.Write(value);
        foreach (short value in model.Embedding) writer.Write(value);
        if (model.Decoder == null) return;
        Pad(writer);
        WriteLayer(writer, model.Decoder, model.WeightBits);
        foreach (short value in model.OutputEmbedding) writer.Write(value);
    }

    private static void WriteLayer(BinaryWriter writer, QuantisedLayer layer, int weightBits)
    {
        writer.Write((uint)(layer.IsWideCell ? ModelFormat.WideCell : layer.CellFractionBits));
        foreach (int bits in layer.RowFractionBits) writer.Write((byte)bits);
        Pad(writer);
        foreach (int value in layer.Bias) writer.Write(value);
        if (weightBits != Quantiser.FullWeightBits)
            foreach (int step in layer.Steps) writer.Write((ushort)step);
        WriteBits(writer, layer.Codes, weightBits);
        Pad(writer);
    }

    private static void WriteTail(BinaryWriter writer, QuantisedModel model)
    {
        writer.Write((byte)model.DenseLayers.Count);
        writer.Write((byte)model.Pooling);
        writer.Write((ushort)0);
        foreach (QuantisedDense layer in model.DenseLayers) WriteDense(writer, layer);
    }

    private static void WriteFront(BinaryWriter writer, QuantisedModel model)
    {
        writer.Write((uint)model.Front.Count);
        foreach (QuantisedConvolution layer in model.Front)
        {
            foreach (int number in new[] { layer.Window.Size, layer.Window.Stride, layer.Window.Before, layer.Window.After }) writer.Write((byte)number);
            if (layer.Map == null) writer.Write(0L);
            else WriteDense(writer, layer.Map);
        }
    }

    private static void WriteDense(BinaryWriter writer, QuantisedDense layer)
    {
        writer.Write((ushort)layer.OutputCount);
        writer.Write((byte)layer.Function);
        writer.Write((byte)layer.SumFractionBits);
        writer.Write((uint)layer.FractionBits);
        foreach (int value in layer.Bias) writer.Write(value);
        foreach (short value in layer.Weights) writer.Write(value);
        Pad(writer);
    }

    /// <summary>Codes as a stream of bits, the lowest first.</summary>
    private static void WriteBits(BinaryWriter writer, short[] codes, int bitsPerCode)
    {
        uint pending = 0;
        int count = 0;
        foreach (short code in codes)
        {
            pending |= (uint)(code & ((1 << bitsPerCode) - 1)) << count;
            for (count += bitsPerCode; count >= 8; count -= 8)
            {
                writer.Write((byte)pending);
                pending >>= 8;
            }
        }
        if (count > 0) writer.Write((byte)pending);
    }

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % 4 != 0) writer.Write((byte)0);
    }

    private static byte[] Section(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }
}

// From a trained model, and its quantised weights where boards can run it, to the bytes of a .crime file.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using Crime.Gateway.Models;
using Crime.Model;
using Crime.Modelling.Quantisation;

namespace Crime.Modelling;

/// <summary>Writes model files. SPEC.md, "The model file", is the text to this code.</summary>
public static class ModelFileWriter
{
    private const int MaxNameSize = 255;

    /// <summary>Writes a file.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="quantised">Its fixed-point weights; null for a model that only gateways run.</param>
    /// <returns>The bytes; the same for the same input.</returns>
    public static byte[] Write(TrainedModel model, QuantisedModel? quantised)
    {
        byte[] architecture = Section(writer =>
        {
            writer.Write((byte)CellKind.Lstm);
            writer.Write((byte)1);
            writer.Write((byte)1);
            writer.Write((byte)model.Input);
            writer.Write((ushort)model.InputCount);
            writer.Write((ushort)model.HiddenCount);
            writer.Write((ushort)model.ClassNames.Count);
            writer.Write((ushort)model.VocabularyCount);
            writer.Write((ushort)Math.Min(quantised?.Calibration.LongestLength ?? 0, ushort.MaxValue));
            writer.Write((ushort)0);
        });
        byte[] floats = Section(writer =>
        {
            foreach (float[] values in new[]
            {
                model.Embedding, model.InputWeights, model.RecurrentWeights, model.InputBias, model.RecurrentBias,
                model.HeadWeights, model.HeadBias,
            })
                foreach (float value in values) writer.Write(value);
        });

        var sections = new List<(uint Tag, byte[] Content)>
        {
            (ModelFormat.ArchitectureTag, architecture),
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
        if (quantised != null) sections.Add((ModelFormat.FixedPointTag, Section(writer => WriteFixedPoint(writer, quantised))));
        sections.Add((ModelFormat.FloatTag, floats));
        return ModelContainer.Write(Identity(sections), sections);
    }

    /// <summary>The identity covers everything but the fixed-point weights: quantising anew does not make another network.</summary>
    private static uint Identity(List<(uint Tag, byte[] Content)> sections)
    {
        var crc = new Crc32();
        foreach (var (tag, content) in sections)
            if (tag is not ModelFormat.FixedPointTag and not ModelFormat.ArchitectureTag) crc.Append(content);
        return crc.GetCurrentHashAsUInt32();
    }

    private static void WriteNames(BinaryWriter writer, TrainedModel model)
    {
        foreach (string name in model.ClassNames.Prepend(model.Name))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            if (bytes.Length > MaxNameSize) throw new UserInputException($"the name '{name[..20]}...' is longer than {MaxNameSize} bytes");
            if (bytes.Any(letter => letter < ' ' || letter >= 0xF0))
                throw new UserInputException($"the name '{name}' holds a control character or one outside the basic plane");
            writer.Write((byte)bytes.Length);
            writer.Write(bytes);
        }
    }

    private static void WriteFixedPoint(BinaryWriter writer, QuantisedModel model)
    {
        writer.Write((byte)model.InputFractionBits);
        writer.Write((byte)model.CellFractionBits);
        writer.Write((byte)model.LogitFractionBits);
        writer.Write((byte)0);
        foreach (int bits in model.RowFractionBits) writer.Write((byte)bits);
        foreach (int value in model.Bias) writer.Write(value);
        foreach (int value in model.HeadBias) writer.Write(value);
        foreach (short value in model.Weights) writer.Write(value);
        foreach (short value in model.HeadWeights) writer.Write(value);
        foreach (short value in model.Embedding) writer.Write(value);
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

// Adds short sequences with their exact results to a model file. A board computes them before it uses the model in the place of another one.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Reference;

namespace Crime.Modelling.ModelFiles;

/// <summary>The golden vectors of a model file. SPEC.md, "The model file", describes them.</summary>
public static class GoldenSection
{
    private const int NumberBits = 16;

    // Bits of a standardised input beyond its fraction: 4 deviations either way, and 1.
    private const int WideBits = 3;
    private const int NarrowBits = 1;

    // Long enough that the state depends on all weights of a stacked network, short enough for a table-driven kernel: 24 timesteps of its layers in all.
    private const int StepCount = 8;

    /// <summary>Adds the section: a sequence over the full range of 16 bits, one over four deviations, and one over one deviation.</summary>
    /// <param name="file">A model file.</param>
    /// <returns>The file with the section; the same bytes when boards cannot compute the model.</returns>
    public static byte[] Add(byte[] file)
    {
        ModelFile model = ModelLoading.Parse(file, "the model");
        if (!model.HasFixedPoint || model.GoldenCount > 0) return file;
        int steps = Math.Min(StepCount * new ReferenceNetwork(model).Stride, ModelFormat.MaxGoldenSteps);
        int[] shifts = [0, ShiftTo(model.InputFractionBits + WideBits), ShiftTo(model.InputFractionBits + NarrowBits)];
        var content = new byte[ModelFormat.GoldenHeaderSize + shifts.Length * ModelFormat.GoldenSequenceSize];
        content[0] = (byte)shifts.Length;
        for (int i = 0; i < shifts.Length; i++)
        {
            var golden = new GoldenSequence((uint)i + 1, steps, model.Input == InputKind.Tokens ? 0 : shifts[i], 0, 0);
            int classIndex = GoldenReference.Compute(model, golden, out uint checksum);
            Span<byte> entry = content.AsSpan(ModelFormat.GoldenHeaderSize + i * ModelFormat.GoldenSequenceSize);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, golden.Seed);
            entry[4] = (byte)golden.StepCount;
            entry[5] = (byte)golden.Shift;
            BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], (ushort)classIndex);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], checksum);
        }
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(file);
        sections.Add((ModelFormat.GoldenTag, content));
        return ModelContainer.Write(model.Id, sections, ModelContainer.VersionOf(file));
    }

    private static int ShiftTo(int bits) => Math.Max(NumberBits - bits, 0);
}

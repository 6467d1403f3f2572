// Makes the file from which a board loads a kernel: the assemblies, and golden vectors of the named reference.

using System;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using Crime.Binary;
using Crime.Packages;
using Crime.Model;
using Crime.Modelling.Reference;

namespace Crime.Modelling.Compilation.Packaging;

/// <summary>Makes kernel packages.</summary>
public static class KernelPackager
{
    /// <summary>
    /// Lengths of the golden sequences in timesteps of the recurrent layers. One has ordinary inputs, one inputs of any size, one the ends of the range.
    /// </summary>
    private static readonly int[] s_lengths = [12, 6, 2];

    /// <summary>Compiles a model and packs the result. The same model gives the same bytes.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="target">The device library; null for the one of this product.</param>
    /// <returns>The package, as SPEC.md describes it.</returns>
    /// <exception cref="UserInputException">Boards cannot run the model, or it is too large.</exception>
    public static byte[] Build(ModelFile model, DeviceTarget? target = null) => Pack(model, KernelAssemblies.Compile(model, target: target), target);

    /// <summary>Packs assemblies.</summary>
    /// <param name="model">The model that they were compiled from.</param>
    /// <param name="assemblies">The assemblies.</param>
    /// <param name="target">The device library that they refer to; null for the one of this product.</param>
    public static byte[] Pack(ModelFile model, KernelAssemblies assemblies, DeviceTarget? target = null)
    {
        Version library = (target ?? DeviceTarget.Default).Version;
        byte[] name = Encoding.UTF8.GetBytes(assemblies.FullName), golden = Golden(model);
        int tableSize = assemblies.Parts.Count * KernelPackageFormat.PartEntrySize;
        var header = new byte[KernelPackageFormat.FixedHeaderSize + tableSize + name.Length + KernelPackageFormat.ChecksumSize];
        LittleEndian.WriteUInt32(header, 0, KernelPackageFormat.Magic);
        LittleEndian.WriteInt16(header, 4, KernelPackageFormat.Version);
        LittleEndian.WriteInt16(header, 6, header.Length);
        LittleEndian.WriteUInt32(header, 8, model.Id);
        LittleEndian.WriteUInt32(header, 12, model.FixedPointChecksum());
        LittleEndian.WriteInt16(header, 16, library.Major);
        LittleEndian.WriteInt16(header, 18, library.Minor);
        header[20] = checked((byte)assemblies.Parts.Count);
        LittleEndian.WriteInt16(header, 22, name.Length);
        LittleEndian.WriteInt32(header, 24, golden.Length);
        LittleEndian.WriteUInt32(header, 28, Crc32.HashToUInt32(golden));
        for (int part = 0; part < assemblies.Parts.Count; part++)
        {
            int entry = KernelPackageFormat.FixedHeaderSize + part * KernelPackageFormat.PartEntrySize;
            LittleEndian.WriteInt32(header, entry, assemblies.Parts[part].Length);
            LittleEndian.WriteUInt32(header, entry + 4, Crc32.HashToUInt32(assemblies.Parts[part]));
        }
        name.CopyTo(header, KernelPackageFormat.FixedHeaderSize + tableSize);
        int end = header.Length - KernelPackageFormat.ChecksumSize;
        LittleEndian.WriteUInt32(header, end, Crc32.HashToUInt32(header.AsSpan(0, end)));
        return [.. header, .. golden, .. assemblies.Parts.SelectMany(part => part)];
    }

    private static byte[] Golden(ModelFile model)
    {
        var reference = new ReferenceNetwork(model);
        var random = new Random(unchecked((int)model.Id));
        int stateCount = reference.Hidden.Concat(reference.Cell).Sum(values => values.Length);
        var bytes = new List<byte>();
        foreach (int value in new[] { s_lengths.Length, model.ValuesPerStep, stateCount, model.OutputCount }) Add(bytes, value);
        for (int sequence = 0; sequence < s_lengths.Length; sequence++)
        {
            int length = s_lengths[sequence] * reference.Stride;
            short[] values = Enumerable.Range(0, length * model.ValuesPerStep).Select(_ => Value(model, random, sequence)).ToArray();
            reference.Reset();
            for (int step = 0; step < length; step++) reference.Step(values, step);
            int[] logits = reference.Logits();
            Add(bytes, length);
            Add(bytes, Array.IndexOf(logits, logits.Max()));
            foreach (short value in values) Add(bytes, value);
            foreach ((short[] hidden, short[] cell) in reference.Hidden.Zip(reference.Cell))
                foreach (short value in hidden.Concat(cell)) Add(bytes, value);
            foreach (int logit in logits)
            {
                Add(bytes, logit);
                Add(bytes, logit >> 16);
            }
        }
        if (bytes.Count > KernelPackageFormat.MaxGoldenSize)
            throw new UserInputException($"model '{model.Name}' is too wide for a kernel over the air: its golden vectors take {bytes.Count} bytes, at most "
                + $"{KernelPackageFormat.MaxGoldenSize} are allowed; take fewer inputs");
        return [.. bytes];
    }

    private static short Value(ModelFile model, Random random, int sequence)
    {
        // One beyond the vocabulary: an unknown token.
        if (model.Input == InputKind.Tokens) return (short)random.Next(Math.Min(model.VocabularyCount + 1, ushort.MaxValue + 1));
        // Standardised features are mostly within two deviations.
        int ordinary = Math.Min(2 << model.InputFractionBits, short.MaxValue);
        return sequence switch
        {
            0 => (short)random.Next(-ordinary, ordinary + 1),
            1 => (short)random.Next(short.MinValue, short.MaxValue + 1),
            _ => random.Next(2) == 0 ? short.MinValue : short.MaxValue,
        };
    }

    private static void Add(List<byte> bytes, int value)
    {
        bytes.Add((byte)value);
        bytes.Add((byte)(value >> 8));
    }
}

// Writes the .crime container. Reading it is the shared ModelReader's part; only hosts write.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO.Hashing;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Assembles model files from sections, and takes the gateway's part off for boards.</summary>
public static class ModelContainer
{
    /// <summary>Writes a file.</summary>
    /// <param name="id">Identity of the trained weights.</param>
    /// <param name="sections">Tag and content, in the order they shall have.</param>
    /// <param name="version">Version of the format that the sections need.</param>
    public static byte[] Write(uint id, IReadOnlyList<(uint Tag, byte[] Content)> sections, int version = ModelFormat.Version)
    {
        int offset = ModelFormat.HeaderSize + sections.Count * ModelFormat.SectionEntrySize;
        int size = offset + ModelFormat.ChecksumSize;
        foreach (var (_, content) in sections) size += Padded(content.Length);
        var file = new byte[size];
        BinaryPrimitives.WriteUInt32LittleEndian(file, ModelFormat.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(4), (ushort)version);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(6), (ushort)sections.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(8), (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(12), id);
        for (int i = 0; i < sections.Count; i++)
        {
            var (tag, content) = sections[i];
            Span<byte> entry = file.AsSpan(ModelFormat.HeaderSize + i * ModelFormat.SectionEntrySize);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)offset);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], (uint)content.Length);
            content.CopyTo(file.AsSpan(offset));
            offset += Padded(content.Length);
        }
        uint checksum = Crc32.HashToUInt32(file.AsSpan(0, size - ModelFormat.ChecksumSize));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(size - ModelFormat.ChecksumSize), checksum);
        return file;
    }

    /// <summary>The image that boards load: the same model without the float weights.</summary>
    /// <param name="file">A file that <see cref="ModelReader"/> accepted.</param>
    /// <remarks>A model without fixed-point weights has an image too: with it a board knows how to send its inputs away.</remarks>
    public static byte[] BoardImage(byte[] file)
    {
        List<(uint Tag, byte[] Content)> sections = Sections(file);
        sections.RemoveAll(section => section.Tag is ModelFormat.FloatTag or ModelFormat.OptionsTag or ModelFormat.GraphTag);
        return Write(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(12)), sections, VersionOf(file));
    }

    /// <summary>Returns the version of a file.</summary>
    /// <param name="file">A file that <see cref="ModelReader"/> accepted.</param>
    public static int VersionOf(byte[] file) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(4));

    /// <summary>Returns the sections of a file, in their order.</summary>
    /// <param name="file">A file that <see cref="ModelReader"/> accepted.</param>
    public static List<(uint Tag, byte[] Content)> Sections(byte[] file)
    {
        var sections = new List<(uint Tag, byte[] Content)>();
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(6));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = file.AsSpan(ModelFormat.HeaderSize + i * ModelFormat.SectionEntrySize);
            uint tag = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            int offset = BinaryPrimitives.ReadInt32LittleEndian(entry[4..]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(entry[8..]);
            sections.Add((tag, file.AsSpan(offset, length).ToArray()));
        }
        return sections;
    }

    private static int Padded(int length) => (length + 3) & ~3;
}

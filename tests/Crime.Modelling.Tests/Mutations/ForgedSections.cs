// Damages one section of a model and gives the file the table and the checksum that it then needs: what the checks of the section itself have to find.

using System;
using System.Collections.Generic;
using System.IO.Hashing;
using Crime.Gateway.Inference;
using Crime.Model;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>Forges sections.</summary>
internal static class ForgedSections
{
    private const int TagSize = 4, MaxResize = 40;

    /// <summary>Returns a model with a forged section.</summary>
    /// <param name="mutator">The random draws.</param>
    /// <param name="file">A good model.</param>
    /// <param name="tag">The section.</param>
    public static byte[] Of(Mutator mutator, byte[] file, uint tag)
    {
        List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(file);
        int place = sections.FindIndex(section => section.Tag == tag);
        int kind = mutator.Draw(5);
        // Now and then what the section has to fit to: the architecture, the layers, the weights.
        if (kind == 4) place = mutator.Draw(sections.Count);
        byte[] content = sections[place].Content;
        sections[place] = (sections[place].Tag, kind switch
        {
            0 => mutator.Change(content, [content]),
            1 => Resized(mutator, content),
            2 => mutator.WithLimits(Resized(mutator, content)),
            _ => mutator.WithLimits(content),
        });
        byte[] forged = ModelContainer.Write(BitConverter.ToUInt32(file, 12), sections, ModelContainer.VersionOf(file));
        if (mutator.Draw(8) == 0) ForgeEntry(mutator, forged, place);
        return Sealed(forged);
    }

    /// <summary>Returns the file with the checksum that it needs.</summary>
    public static byte[] Sealed(byte[] file) =>
        [.. file[..^ModelFormat.ChecksumSize], .. BitConverter.GetBytes(Crc32.HashToUInt32(file.AsSpan(0, file.Length - ModelFormat.ChecksumSize)))];

    private static byte[] Resized(Mutator mutator, byte[] content)
    {
        byte[] resized = [.. content];
        Array.Resize(ref resized, Math.Max(0, content.Length - MaxResize + mutator.Draw(2 * MaxResize)));
        return resized;
    }

    /// <summary>Forges place and length of a section in the table.</summary>
    private static void ForgeEntry(Mutator mutator, byte[] file, int place)
    {
        int entry = ModelFormat.HeaderSize + place * ModelFormat.SectionEntrySize + TagSize, end = entry + ModelFormat.SectionEntrySize - TagSize;
        mutator.WithLimits(file[entry..end]).CopyTo(file, entry);
    }
}

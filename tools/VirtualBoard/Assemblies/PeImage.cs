// Reads the bytes of a nanoFramework assembly. They come from outside: every offset, count and index is checked before it is used.

using System;
using System.Buffers.Binary;
using System.Linq;
using System.Text;
using Crime.Modelling.Compilation.Pe;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>An entry of a table.</summary>
/// <param name="bytes">The assembly.</param>
/// <param name="start">Offset of the entry, which lies in the assembly as a whole.</param>
internal readonly struct PeRow(byte[] bytes, int start)
{
    /// <summary>A number of 8 bits.</summary>
    public byte Byte(int offset) => bytes[start + offset];

    /// <summary>A number of 16 bits.</summary>
    public ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(start + offset));

    /// <summary>A number of 32 bits.</summary>
    public uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(start + offset));
}

/// <summary>Header and tables of an assembly for boards.</summary>
internal sealed class PeImage
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly PeTable[] s_emptyTables =
        [PeTable.Attributes, PeTable.TypeSpecifications, PeTable.Resources, PeTable.ResourceData, PeTable.ResourceFiles];

    private readonly byte[] _bytes;
    private readonly int[] _starts = new int[PeFormat.TableCount];
    private readonly int[] _sizes = new int[PeFormat.TableCount];

    /// <summary>Reads an assembly.</summary>
    /// <param name="bytes">Its bytes; nobody changes them while this object is in use.</param>
    /// <exception cref="ArgumentException">It is damaged.</exception>
    /// <exception cref="Exception">The CLR refuses its flags.</exception>
    /// <exception cref="NotSupportedException">It has contents that the virtual board does not play.</exception>
    public PeImage(byte[] bytes)
    {
        _bytes = bytes;
        CheckChecksums();
        CheckFlags();
        for (int table = 0; table < (int)PeTable.End; table++) CheckTable(table);
        foreach (PeTable table in s_emptyTables)
            if (Size(table) != 0) throw LoadRefusal.NotPlayed($"table {table} is not empty");
        Name = Identifier(Header.UInt16(PeFormat.NameOffset));
        Version = VersionOf(Header, PeFormat.VersionOffset);
    }

    /// <summary>Name of the assembly.</summary>
    public string Name { get; }

    /// <summary>Version of the assembly.</summary>
    public Version Version { get; }

    /// <summary>The methods' instructions.</summary>
    public ReadOnlySpan<byte> ByteCode => Content(PeTable.ByteCode);

    /// <summary>
    /// Managed heap in bytes that the loaded assembly takes beside its own bytes: a record of 140 bytes and the entries of its tables, the
    /// debugger's included, as nf-interpreter allocates them. With the kernel's object of 12 bytes this equals the measured figures: 252 bytes
    /// for a kernel of one part, 480 bytes for a kernel of two parts.
    /// </summary>
    public int HeapBytes
    {
        get
        {
            int Places(PeTable table, int size) => (Count(table) * size + 3) / 4 * 4;
            int size = 140 + Places(PeTable.AssemblyReferences, 4) + Places(PeTable.TypeReferences, 4) + Places(PeTable.FieldReferences, 4)
                + Places(PeTable.MethodReferences, 4) + Places(PeTable.Types, 8) + Places(PeTable.Fields, 2) + Places(PeTable.Methods, 2)
                + Places(PeTable.Methods, 1);
            return DeviceSizes.Blocks(size);
        }
    }

    private PeRow Header => new(_bytes, 0);

    /// <summary>Count of entries of a table.</summary>
    public int Count(PeTable table) => Size(table) / RowSize(table);

    /// <summary>An entry of a table.</summary>
    /// <exception cref="NotSupportedException">The table has no entry of this index.</exception>
    public PeRow Row(PeTable table, int index) => index < Count(table)
        ? new PeRow(_bytes, _starts[(int)table] + index * RowSize(table))
        : throw LoadRefusal.NotPlayed($"entry {index} of table {table} is missing");

    /// <summary>All entries of a table.</summary>
    public PeRow[] Rows(PeTable table) => Enumerable.Range(0, Count(table)).Select(index => Row(table, index)).ToArray();

    /// <summary>A byte of the table of signatures.</summary>
    /// <exception cref="NotSupportedException">It lies outside.</exception>
    public byte SignatureByte(int offset)
    {
        ReadOnlySpan<byte> signatures = Content(PeTable.Signatures);
        return offset < signatures.Length ? signatures[offset] : throw LoadRefusal.NotPlayed("a signature leaves its table");
    }

    /// <summary>A version of four numbers.</summary>
    public static Version VersionOf(PeRow row, int offset) =>
        new(row.UInt16(offset), row.UInt16(offset + 2), row.UInt16(offset + 4), row.UInt16(offset + 6));

    /// <summary>A name of letters, digits, underscores and dots.</summary>
    /// <exception cref="NotSupportedException">The name is empty, has other characters or does not lie in the table.</exception>
    public string Identifier(int offset)
    {
        string name = Text(offset);
        return name.Length > 0 && IsPlain(name) ? name : throw LoadRefusal.NotPlayed($"the name at {offset} has other characters than letters and digits");
    }

    /// <summary>A namespace; empty for none.</summary>
    /// <exception cref="NotSupportedException">It has characters other than those of a name or does not lie in the table.</exception>
    public string Namespace(int offset)
    {
        string name = Text(offset);
        return IsPlain(name) ? name : throw LoadRefusal.NotPlayed($"the namespace at {offset} has other characters than letters and digits");
    }

    private static bool IsPlain(string name) => name.All(character => char.IsLetterOrDigit(character) || character is '_' or '.');

    private string Text(int offset)
    {
        if (offset >= PeFormat.FirstWellKnownString) throw LoadRefusal.NotPlayed($"name {offset} is one of the CLR's own table");
        ReadOnlySpan<byte> strings = Content(PeTable.Strings);
        int size = offset < strings.Length ? strings[offset..].IndexOf((byte)0) : -1;
        if (size < 0) throw LoadRefusal.NotPlayed($"name {offset} leaves its table");
        try
        {
            return s_utf8.GetString(strings.Slice(offset, size));
        }
        catch (DecoderFallbackException e)
        {
            throw LoadRefusal.NotPlayed($"name {offset} is not UTF-8", e);
        }
    }

    private ReadOnlySpan<byte> Content(PeTable table) => _bytes.AsSpan(_starts[(int)table], Size(table));

    private int Size(PeTable table) => _sizes[(int)table];

    /// <summary>Checks the marker and the checksums in the order of the CLR.</summary>
    private void CheckChecksums()
    {
        if (_bytes.Length < PeFormat.HeaderSize) throw LoadRefusal.Damaged("it is shorter than a header");
        byte[] header = _bytes[..PeFormat.HeaderSize];
        header.AsSpan(PeFormat.HeaderCrcOffset, sizeof(uint)).Clear();
        if (PeCrc.Of(header) != Header.UInt32(PeFormat.HeaderCrcOffset)) throw LoadRefusal.Damaged("the header's CRC is wrong");
        if (Header.UInt16(PeFormat.StringTableVersionOffset) != PeFormat.StringTableVersion) throw LoadRefusal.Damaged("it is for another table of names");
        // The CLR compares the zero after the marker too.
        ReadOnlySpan<byte> marker = header.AsSpan(0, PeFormat.Marker.Length + 1);
        if (!marker.SequenceEqual(Encoding.ASCII.GetBytes(PeFormat.Marker + '\0'))) throw LoadRefusal.Damaged("the marker is wrong");
        uint size = Header.UInt32(PeFormat.TablesOffset + 4 * (int)PeTable.End);
        if (size < PeFormat.HeaderSize || size > _bytes.Length) throw LoadRefusal.Damaged($"its header states {size} bytes, there are {_bytes.Length}");
        if (PeCrc.Of(_bytes.AsSpan(PeFormat.HeaderSize, (int)size - PeFormat.HeaderSize)) != Header.UInt32(PeFormat.ContentCrcOffset))
            throw LoadRefusal.Damaged("the CRC of its contents is wrong");
        _starts[(int)PeTable.End] = (int)size;
    }

    private void CheckFlags()
    {
        uint flags = Header.UInt32(PeFormat.FlagsOffset);
        if ((flags & PeFormat.NeedsReboot) != 0) throw LoadRefusal.Unresolved("it needs a restart");
        if (Header.UInt32(PeFormat.PatchedMethodsOffset) != 0) throw LoadRefusal.Unresolved("it has patched methods");
        if (flags != 0) throw LoadRefusal.NotPlayed($"its flags are 0x{flags:x}");
        if (Header.UInt32(PeFormat.NativeChecksumOffset) != 0) throw LoadRefusal.NotPlayed("it has native methods");
        if (Header.UInt32(PeFormat.PatchEntryOffset) != uint.MaxValue) throw LoadRefusal.NotPlayed("it has a patch");
    }

    private void CheckTable(int table)
    {
        long start = Header.UInt32(PeFormat.TablesOffset + 4 * table), end = Header.UInt32(PeFormat.TablesOffset + 4 * (table + 1));
        long size = end - start - _bytes[PeFormat.PaddingOffset + table];
        var name = (PeTable)table;
        if (start < PeFormat.HeaderSize || end > _starts[(int)PeTable.End] || size < 0) throw LoadRefusal.NotPlayed($"table {name} leaves the assembly");
        if (start % 4 != 0 || size > PeFormat.MaxTableSize || size % RowSize(name) != 0) throw LoadRefusal.NotPlayed($"table {name} has an odd size or place");
        _starts[table] = (int)start;
        _sizes[table] = (int)size;
    }

    private static int RowSize(PeTable table) => table switch
    {
        PeTable.AssemblyReferences => PeFormat.AssemblyReferenceSize,
        PeTable.TypeReferences or PeTable.FieldReferences or PeTable.MethodReferences => PeFormat.ReferenceSize,
        PeTable.Types => PeFormat.TypeSize,
        PeTable.Fields => PeFormat.FieldSize,
        PeTable.Methods => PeFormat.MethodSize,
        _ => 1,
    };
}

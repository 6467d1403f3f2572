// Reads what the writer of assemblies wrote, with the layout of the CLR's own headers and nothing of the writer. Every offset,
// token and checksum is checked on the way.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Reflection.Emit;
using System.Text;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Compilation;

/// <summary>A method of an assembly.</summary>
/// <param name="Name">Its name with that of its class.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Signature">Its signature as text.</param>
/// <param name="ArgumentCount">Arguments, the object included.</param>
/// <param name="Locals">Types of its local variables.</param>
/// <param name="StackSize">Values on the evaluation stack.</param>
/// <param name="Instructions">What it does: name and operand, a branch with the index of its target.</param>
/// <param name="Size">Bytes of its instructions.</param>
internal sealed record PeMethod(
    string Name, uint Flags, string Signature, int ArgumentCount, string[] Locals, int StackSize, string[] Instructions, int Size);

/// <summary>A type of an assembly.</summary>
internal sealed record PeType(string Name, string Base, string Outer, int VirtualCount, int OwnCount, ushort Flags, string[] Fields, PeMethod[] Methods);

/// <summary>An assembly for boards.</summary>
internal sealed class PeReader
{
    private const int HeaderSize = 124;
    private const int TableCount = 16;

    private static readonly Dictionary<byte, OpCode> s_codes = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!)
        .Where(code => code.Size == 1 && code.OpCodeType != OpCodeType.Nternal).ToDictionary(code => (byte)code.Value);

    private readonly byte[] _bytes;
    private readonly int[] _starts = new int[TableCount];
    private readonly int[] _ends = new int[TableCount];

    public PeReader(byte[] bytes)
    {
        _bytes = bytes;
        Assert.That(Encoding.ASCII.GetString(bytes, 0, 8), Is.EqualTo("NFMRK1\0\0"));
        byte[] header = bytes[..HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 0);
        Assert.That(UInt(8), Is.EqualTo(Crc(header)), "CRC of the header");
        Assert.That(UInt(12), Is.EqualTo(Crc(bytes[HeaderSize..])), "CRC of the content");
        Assert.That((UInt(16), UInt(20), UInt(24), UShort(38), UInt(104)), Is.EqualTo((0u, 0u, uint.MaxValue, (ushort)1, 0u)));
        for (int table = 0; table < TableCount; table++) _starts[table] = (int)UInt(40 + 4 * table);
        Assert.That(_starts[0], Is.EqualTo(HeaderSize));
        Assert.That(_starts[^1], Is.EqualTo(bytes.Length));
        for (int table = 0; table + 1 < TableCount; table++)
        {
            _ends[table] = _starts[table + 1] - bytes[108 + table];
            Assert.That((_starts[table] % 4, bytes[108 + table] < 4, _ends[table] >= _starts[table]), Is.EqualTo((0, true, true)), $"table {table}");
        }
        Name = String(UShort(36));
        Version = new Version(UShort(28), UShort(30), UShort(32), UShort(34));
        // Attributes, type specifications, resources.
        foreach (int table in new[] { 7, 8, 9, 10, 14 }) Assert.That(_ends[table] - _starts[table], Is.Zero, $"table {table}");
        Assert.That(Strings(), Is.Unique);
        References = Enumerable.Range(0, Count(0, 12)).Select(i => (String(Entry(0, 12, i, 0)), Version4(Row(0, 12, i) + 4))).ToArray();
        Types = Enumerable.Range(0, Count(4, 24)).Select(Type).ToArray();
        Assert.That(Types.Sum(type => type.Methods.Length), Is.EqualTo(Count(6, 16)));
        Assert.That(Types.Sum(type => type.Fields.Length), Is.EqualTo(Count(5, 8)));
        Assert.That(Types.SelectMany(type => type.Methods).Sum(method => method.Size), Is.EqualTo(_ends[13] - _starts[13]));
    }

    public string Name { get; }

    public Version Version { get; }

    /// <summary>Assemblies that it refers to.</summary>
    public (string Name, Version Version)[] References { get; }

    public PeType[] Types { get; }

    /// <summary>Members of other assemblies that it refers to, with their assembly and signature.</summary>
    public IEnumerable<string> ExternalMembers() =>
        Enumerable.Range(0, Count(2, 8)).Select(i => $"{Reference(Entry(2, 8, i, 1))}::{String(Entry(2, 8, i, 0))} {FieldType(Entry(2, 8, i, 2))}")
            .Concat(Enumerable.Range(0, Count(3, 8)).Select(i => $"{Reference(Entry(3, 8, i, 1))}::{String(Entry(3, 8, i, 0))}{MethodType(Entry(3, 8, i, 2))}"));

    private PeType Type(int index)
    {
        int row = Row(4, 24, index);
        string name = TypeName(index);
        int first = UShort(row + 10), virtuals = _bytes[row + 12], own = _bytes[row + 13];
        Assert.That((UShort(row + 8), _bytes[row + 14], _bytes[row + 15], _bytes[row + 20]), Is.EqualTo((ushort.MaxValue, 0, 17, 0)));
        int firstField = UShort(row + 18);
        return new PeType(
            name, TypeToken(UShort(row + 4)), UShort(row + 6) == 0xFFFF ? "" : TypeName(UShort(row + 6)), virtuals, own, UShort(row + 22),
            Enumerable.Range(firstField, _bytes[row + 21]).Select(Field).ToArray(),
            Enumerable.Range(first, virtuals + own).Select(i => Method(name, i)).ToArray());
    }

    private string Field(int index) => $"{String(Entry(5, 8, index, 0))} {FieldType(Entry(5, 8, index, 1))} {Entry(5, 8, index, 2):x} {Entry(5, 8, index, 3):x}";

    private PeMethod Method(string type, int index)
    {
        int row = Row(6, 16, index);
        int start = UShort(row + 2), end = index + 1 < Count(6, 16) ? UShort(Row(6, 16, index + 1) + 2) : _ends[13] - _starts[13];
        int at = UShort(row + 12);
        var locals = new List<string>();
        int signature = at;
        for (int i = 0; i < _bytes[row + 10]; i++) locals.Add(SignatureType(ref signature));
        if (locals.Count == 0) Assert.That(at, Is.EqualTo(0xFFFF));
        string text = MethodType(UShort(row + 14));
        Assert.That(_bytes[row + 8], Is.EqualTo(text.EndsWith(": void") ? 0 : text.EndsWith(": uint") ? 8 : text.EndsWith(": int") ? 7 : 17));
        return new PeMethod(
            $"{type}::{String(UShort(row))}", UInt(row + 4), text, _bytes[row + 9], locals.ToArray(),
            _bytes[row + 11], Decode(start, end), end - start);
    }

    private string[] Decode(int start, int end)
    {
        byte[] code = _bytes[(_starts[13] + start)..(_starts[13] + end)];
        var offsets = new List<int>();
        var found = new List<(string Text, int Target)>();
        for (int at = 0; at < code.Length;)
        {
            offsets.Add(at);
            OpCode opcode = s_codes[code[at++]];
            ReadOnlySpan<byte> rest = code.AsSpan(at);
            (string operand, int size, int target) = opcode.OperandType switch
            {
                OperandType.InlineNone => ("", 0, -1),
                OperandType.ShortInlineBrTarget => ("", 1, at + 1 + (sbyte)rest[0]),
                OperandType.InlineBrTarget => ("", 2, at + 2 + BinaryPrimitives.ReadInt16LittleEndian(rest)),
                OperandType.ShortInlineVar => (rest[0].ToString(), 1, -1),
                OperandType.ShortInlineI => (((sbyte)rest[0]).ToString(), 1, -1),
                OperandType.InlineI => (BinaryPrimitives.ReadInt32LittleEndian(rest).ToString(), 4, -1),
                OperandType.InlineI8 => (BinaryPrimitives.ReadInt64LittleEndian(rest).ToString(), 8, -1),
                OperandType.InlineMethod => (MethodToken(BinaryPrimitives.ReadUInt16LittleEndian(rest)), 2, -1),
                OperandType.InlineField => (FieldToken(BinaryPrimitives.ReadUInt16LittleEndian(rest)), 2, -1),
                _ => throw new AssertionException($"{opcode.Name} is not expected in a kernel"),
            };
            found.Add(($"{opcode.Name} {operand}".TrimEnd(), target));
            at += size;
        }
        return found.Select(item => item.Target < 0 ? item.Text : $"{item.Text} @{offsets.IndexOf(item.Target)}").ToArray();
    }

    private string MethodToken(ushort token) => (token & 0x8000) != 0
        ? $"{Reference(Entry(3, 8, token & 0x7FFF, 1))}::{String(Entry(3, 8, token & 0x7FFF, 0))}"
        : $"{OwnerOf(token, 10, 12, 13)}::{String(Entry(6, 16, token, 0))}";

    private string FieldToken(ushort token) => (token & 0x8000) != 0
        ? $"{Reference(Entry(2, 8, token & 0x7FFF, 1))}::{String(Entry(2, 8, token & 0x7FFF, 0))}"
        : $"{OwnerOf(token, 18, 21, 21)}::{String(Entry(5, 8, token, 0))}";

    /// <summary>The type whose run of members an index lies in.</summary>
    private string OwnerOf(int index, int firstOffset, int countOffset, int moreOffset)
    {
        for (int type = 0; type < Count(4, 24); type++)
        {
            int row = Row(4, 24, type), first = UShort(row + firstOffset);
            int count = _bytes[row + countOffset] + (moreOffset == countOffset ? 0 : _bytes[row + moreOffset]);
            if (index >= first && index < first + count) return TypeName(type);
        }
        throw new AssertionException($"member {index} belongs to no type");
    }

    private string TypeName(int index)
    {
        int row = Row(4, 24, index);
        string space = String(UShort(row + 2));
        return space.Length == 0 ? String(UShort(row)) : $"{space}.{String(UShort(row))}";
    }

    private string TypeToken(ushort token) => (token & 0x8000) != 0 ? Reference(token & 0x7FFF) : TypeName(token);

    private string Reference(int index)
    {
        Assert.That(Entry(1, 8, index, 2), Is.LessThan(References?.Length ?? ushort.MaxValue));
        return $"{String(Entry(1, 8, index, 1))}.{String(Entry(1, 8, index, 0))}";
    }

    /// <summary>The assembly that a class of another assembly is looked for in.</summary>
    public string AssemblyOf(string reference) => Enumerable.Range(0, Count(1, 8)).Where(i => Reference(i) == reference)
        .Select(i => References[Entry(1, 8, i, 2)].Name).Single();

    private string FieldType(int signature)
    {
        Assert.That(_bytes[_starts[12] + signature], Is.EqualTo(6));
        signature++;
        return SignatureType(ref signature);
    }

    private string MethodType(int signature)
    {
        byte convention = _bytes[_starts[12] + signature++];
        int count = _bytes[_starts[12] + signature++];
        string returns = SignatureType(ref signature);
        var parameters = new List<string>();
        for (int i = 0; i < count; i++) parameters.Add(SignatureType(ref signature));
        Assert.That(convention, Is.AnyOf((byte)0, (byte)0x20));
        return $"({(convention == 0 ? "static " : "")}{string.Join(", ", parameters)}): {returns}";
    }

    private string SignatureType(ref int signature)
    {
        Assert.That(_starts[12] + signature, Is.LessThan(_ends[12]));
        switch (_bytes[_starts[12] + signature++])
        {
            case 0: return "void";
            case 5: return "short";
            case 7: return "int";
            case 8: return "uint";
            case 10: return "long";
            case 19: return SignatureType(ref signature) + "[]";
            case 17:
                int token = _bytes[_starts[12] + signature++];
                if (token > 0x7F) token = ((token & 0x3F) << 8) | _bytes[_starts[12] + signature++];
                return (token & 3) == 1 ? Reference(token >> 2) : TypeName(token >> 2);
            default: throw new AssertionException("a type that a kernel does not have");
        }
    }

    private IEnumerable<string> Strings() => Encoding.UTF8.GetString(_bytes, _starts[11], _ends[11] - _starts[11] - 1).Split('\0');

    private string String(int offset)
    {
        int at = _starts[11] + offset, end = Array.IndexOf(_bytes, (byte)0, at);
        Assert.That(end, Is.LessThan(_ends[11]));
        return Encoding.UTF8.GetString(_bytes, at, end - at);
    }

    private int Count(int table, int size)
    {
        Assert.That((_ends[table] - _starts[table]) % size, Is.Zero);
        return (_ends[table] - _starts[table]) / size;
    }

    private int Row(int table, int size, int index)
    {
        Assert.That(index, Is.LessThan(Count(table, size)), $"index into table {table}");
        return _starts[table] + size * index;
    }

    private ushort Entry(int table, int size, int index, int column) => UShort(Row(table, size, index) + 2 * column);

    private Version Version4(int at) => new(UShort(at), UShort(at + 2), UShort(at + 4), UShort(at + 6));

    private ushort UShort(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));

    private uint UInt(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));

    /// <summary>Bit by bit, most significant first.</summary>
    private static uint Crc(byte[] bytes)
    {
        uint crc = 0;
        foreach (byte value in bytes)
        {
            crc ^= (uint)value << 24;
            for (int bit = 0; bit < 8; bit++) crc = crc >> 31 == 1 ? (crc << 1) ^ 0x04C11DB7 : crc << 1;
        }
        return crc;
    }
}

// Writes an assembly for a board: what nanoFramework's metadata processor makes of a .NET assembly, for the narrow shape that a
// kernel has - sealed classes and their bases, no static fields, no static constructors, no attributes, no exception handlers,
// no strings. Everything else of the format stays empty.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection.Emit;
using System.Text;
using Crime.Binary;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation.Pe;

/// <summary>Writes one assembly.</summary>
internal sealed class PeWriter
{
    private readonly IReadOnlyList<KernelClass> _classes;
    private readonly Dictionary<(ClassName Owner, string Name), ushort> _methodIndexes = [];
    private readonly Dictionary<(ClassName Owner, string Name), ushort> _fieldIndexes = [];
    private readonly PeTables _tables;
    private readonly List<byte> _types = [];
    private readonly List<byte> _fields = [];
    private readonly List<byte> _methods = [];
    private readonly List<byte> _code = [];
    private readonly Func<ClassName, ClassPlace> _place;

    private PeWriter(IReadOnlyList<KernelClass> classes, Func<ClassName, ClassPlace> place)
    {
        _classes = classes;
        _place = place;
        _tables = new PeTables(classes.Select((written, index) => (written.Name, index)).ToDictionary(), place);
        foreach (KernelClass written in classes)
        {
            foreach (FieldName field in written.Fields) _fieldIndexes.Add((field.Owner, field.Name), (ushort)_fieldIndexes.Count);
            foreach (KernelMethod method in InTableOrder(written)) _methodIndexes.Add((method.Name.Owner, method.Name.Name), (ushort)_methodIndexes.Count);
        }
    }

    /// <summary>Writes an assembly.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="classes">Its classes; an outer class comes before those nested in it.</param>
    /// <param name="place">Where any class lies.</param>
    public static byte[] Write(string name, Version version, IReadOnlyList<KernelClass> classes, Func<ClassName, ClassPlace> place) =>
        new PeWriter(classes, place).Write(name, version);

    /// <summary>Methods in the order of the method table: virtual ones first.</summary>
    private static IEnumerable<KernelMethod> InTableOrder(KernelClass written) =>
        [.. written.Methods.Where(method => method.IsOverride), written.Constructor, .. written.Methods.Where(method => !method.IsOverride)];

    private byte[] Write(string name, Version version)
    {
        _tables.String("");
        ushort nameOffset = _tables.String(name);
        foreach (KernelClass written in _classes) AddClass(written);
        List<byte>[] tables = Enumerable.Range(0, (int)PeTable.End).Select(table => Content((PeTable)table)).ToArray();
        foreach (List<byte> table in tables)
            if (table.Count > PeFormat.MaxTableSize) throw new InvalidOperationException("a table of the assembly needs more than 16 bits");
        if (_tables.Strings.Count >= PeFormat.FirstWellKnownString) throw new InvalidOperationException("the names of the assembly are too many");

        var file = new byte[PeFormat.HeaderSize + tables.Sum(table => Padded(table.Count))];
        Encoding.ASCII.GetBytes(PeFormat.Marker).CopyTo(file, 0);
        LittleEndian.WriteUInt32(file, PeFormat.PatchEntryOffset, uint.MaxValue);
        ushort[] numbers = PeTables.VersionNumbers(version);
        for (int i = 0; i < numbers.Length; i++) LittleEndian.WriteInt16(file, PeFormat.VersionOffset + 2 * i, numbers[i]);
        LittleEndian.WriteInt16(file, PeFormat.NameOffset, nameOffset);
        LittleEndian.WriteInt16(file, PeFormat.StringTableVersionOffset, PeFormat.StringTableVersion);
        int at = PeFormat.HeaderSize;
        for (int table = 0; table < tables.Length; table++)
        {
            LittleEndian.WriteInt32(file, PeFormat.TablesOffset + 4 * table, at);
            file[PeFormat.PaddingOffset + table] = (byte)(Padded(tables[table].Count) - tables[table].Count);
            tables[table].CopyTo(file, at);
            at += Padded(tables[table].Count);
        }
        LittleEndian.WriteInt32(file, PeFormat.TablesOffset + 4 * tables.Length, at);
        LittleEndian.WriteUInt32(file, PeFormat.ContentCrcOffset, PeCrc.Of(file.AsSpan(PeFormat.HeaderSize)));
        LittleEndian.WriteUInt32(file, PeFormat.HeaderCrcOffset, PeCrc.Of(file.AsSpan(0, PeFormat.HeaderSize)));
        return file;
    }

    private List<byte> Content(PeTable table) => table switch
    {
        PeTable.AssemblyReferences => _tables.AssemblyReferences,
        PeTable.TypeReferences => _tables.TypeReferences,
        PeTable.FieldReferences => _tables.FieldReferences,
        PeTable.MethodReferences => _tables.MethodReferences,
        PeTable.Types => _types,
        PeTable.Fields => _fields,
        PeTable.Methods => _methods,
        PeTable.Strings => _tables.Strings,
        PeTable.Signatures => _tables.Signatures,
        PeTable.ByteCode => _code,
        _ => [],
    };

    private static int Padded(int size) => (size + 3) / 4 * 4;

    private void AddClass(KernelClass written)
    {
        KernelMethod[] methods = InTableOrder(written).ToArray();
        ClassPlace place = _place(written.Name);
        ushort firstField = (ushort)(_fields.Count / PeFormat.FieldSize);
        AddTo(_types, _tables.String(written.Name.Name), _tables.String(written.Outer == null ? place.Namespace : ""));
        AddTo(_types, _tables.TypeToken(written.Base), written.Outer == null ? PeFormat.None : _tables.TypeToken(written.Outer));
        // No interfaces; then methods: virtual, of the object, static.
        AddTo(_types, PeFormat.None, (ushort)(_methods.Count / PeFormat.MethodSize));
        int virtualCount = methods.Count(method => method.IsOverride);
        _types.AddRange([(byte)virtualCount, (byte)(methods.Length - virtualCount), 0, (byte)PeDataType.Class]);
        // No static fields.
        AddTo(_types, firstField, firstField);
        _types.AddRange([0, (byte)written.Fields.Count]);
        PeTypeFlags flags = written.Outer == null ? PeTypeFlags.Public : PeTypeFlags.NestedPrivate;
        AddTo(_types, (ushort)(flags | (written.IsAbstract ? PeTypeFlags.Abstract : PeTypeFlags.Sealed) | PeTypeFlags.BeforeFieldInit));

        PeFieldFlags fieldFlags = PeFieldFlags.InitOnly | (written.FieldAccess == Access.Private ? PeFieldFlags.Private : PeFieldFlags.Family);
        foreach (FieldName field in written.Fields)
            AddTo(_fields, _tables.String(field.Name), _tables.FieldSignature(field.Type), PeFormat.None, (ushort)fieldFlags);
        foreach (KernelMethod method in methods)
            AddMethod(method, method == written.Constructor ? IlWriter.WriteConstructor(method, written.BaseConstructor) : IlWriter.Write(method));
    }

    private void AddMethod(KernelMethod method, IlBody body)
    {
        bool isConstructor = method.Name.Name == MethodName.Constructor;
        PeMethodFlags flags = PeMethodFlags.HideBySignature | method.Access switch
        {
            Access.Private => PeMethodFlags.Private,
            Access.Protected => PeMethodFlags.Family,
            _ => PeMethodFlags.Public,
        };
        if (method.IsOverride) flags |= PeMethodFlags.Virtual;
        if (isConstructor) flags |= PeMethodFlags.SpecialName | PeMethodFlags.Constructor;
        else if (method.Name.Name.StartsWith("get_", StringComparison.Ordinal)) flags |= PeMethodFlags.SpecialName;
        AddTo(_methods, _tables.String(method.Name.Name), checked((ushort)_code.Count), (ushort)flags, (ushort)((uint)flags >> 16));
        _methods.AddRange(
        [
            (byte)PeTables.DataType(method.Name.Returns.Kind), (byte)(method.Name.Parameters.Count + 1),
            checked((byte)body.Locals.Count), checked((byte)body.MaxStack),
        ]);
        AddTo(_methods, _tables.LocalsSignature(body.Locals), _tables.MethodSignature(method.Name));
        for (int i = 0; i < body.Instructions.Count; i++) AddInstruction(body, i);
    }

    private void AddInstruction(IlBody body, int index)
    {
        IlInstruction instruction = body.Instructions[index];
        if (instruction.Code.Size != 1) throw new InvalidOperationException($"{instruction.Code.Name} has two bytes");
        _code.Add((byte)instruction.Code.Value);
        switch (instruction.Code.OperandType)
        {
            case OperandType.InlineNone:
                break;
            case OperandType.ShortInlineBrTarget:
                _code.Add(checked((byte)(sbyte)SizeOf(body, index + 1, instruction.Skips)));
                break;
            case OperandType.InlineBrTarget:
                AddTo(_code, (ushort)checked((short)SizeOf(body, index + 1, instruction.Skips)));
                break;
            case OperandType.ShortInlineVar:
                _code.Add((byte)instruction.Operand!);
                break;
            case OperandType.ShortInlineI:
                _code.Add((byte)(int)instruction.Operand!);
                break;
            case OperandType.InlineI:
                AddNumber((int)instruction.Operand!, sizeof(int));
                break;
            case OperandType.InlineI8:
                AddNumber((long)instruction.Operand!, sizeof(long));
                break;
            case OperandType.InlineMethod:
                var method = (MethodName)instruction.Operand!;
                AddTo(_code, _methodIndexes.TryGetValue((method.Owner, method.Name), out ushort own)
                    ? own : (ushort)(_tables.MethodReference(method) | PeFormat.External));
                break;
            case OperandType.InlineField:
                var field = (FieldName)instruction.Operand!;
                AddTo(_code, _fieldIndexes.TryGetValue((field.Owner, field.Name), out ushort ownField)
                    ? ownField : (ushort)(_tables.FieldReference(field) | PeFormat.External));
                break;
            default:
                throw new InvalidOperationException($"{instruction.Code.Name} is not among a kernel's instructions");
        }
    }

    private static int SizeOf(IlBody body, int first, int count)
    {
        int size = 0;
        for (int i = first; i < first + count; i++) size += body.Instructions[i].Size;
        return size;
    }

    private void AddNumber(long value, int size)
    {
        for (int i = 0; i < size; i++) _code.Add((byte)(value >> (8 * i)));
    }

    private static void AddTo(List<byte> bytes, params ushort[] values)
    {
        foreach (ushort value in values) PeTables.Add(bytes, value);
    }
}

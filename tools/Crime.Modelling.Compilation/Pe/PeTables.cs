// The tables that grow while the instructions are written: names, signatures, and references to other assemblies. An entry that
// is asked for twice is written once.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation.Pe;

/// <summary>Where a class lies.</summary>
/// <param name="Assembly">Name of its assembly.</param>
/// <param name="Version">Version of the assembly.</param>
/// <param name="Namespace">Namespace of the class.</param>
/// <param name="Name">Name of the class.</param>
internal sealed record ClassPlace(string Assembly, Version Version, string Namespace, string Name);

/// <summary>Tables with an entry per name that is used.</summary>
/// <param name="own">Index of each class that the assembly defines.</param>
/// <param name="place">Where any other class lies.</param>
internal sealed class PeTables(IReadOnlyDictionary<ClassName, int> own, Func<ClassName, ClassPlace> place)
{
    private readonly Dictionary<string, ushort> _strings = [];
    private readonly Dictionary<string, ushort> _signatures = [];
    private readonly Dictionary<(string Table, string Key), ushort> _entries = [];

    public List<byte> Strings { get; } = [];

    public List<byte> Signatures { get; } = [];

    public List<byte> AssemblyReferences { get; } = [];

    public List<byte> TypeReferences { get; } = [];

    public List<byte> FieldReferences { get; } = [];

    public List<byte> MethodReferences { get; } = [];

    /// <summary>Offset of a name.</summary>
    public ushort String(string value)
    {
        if (_strings.TryGetValue(value, out ushort offset)) return offset;
        offset = checked((ushort)Strings.Count);
        _strings.Add(value, offset);
        Strings.AddRange(Encoding.UTF8.GetBytes(value));
        Strings.Add(0);
        return offset;
    }

    /// <summary>Offset of a field's signature.</summary>
    public ushort FieldSignature(DeviceType type) => Signature([0x06, .. TypeBytes(type)]);

    /// <summary>Offset of a method's signature: whether it has an object, count of parameters, type of the result, types of the parameters.</summary>
    public ushort MethodSignature(MethodName method) => Signature(
        [(byte)(method.IsStatic ? 0x00 : 0x20), (byte)method.Parameters.Count, .. TypeBytes(method.Returns), .. method.Parameters.SelectMany(TypeBytes)]);

    /// <summary>Offset of the signature of local variables; none without any.</summary>
    public ushort LocalsSignature(IReadOnlyList<ValueKind> locals) =>
        locals.Count == 0 ? PeFormat.None : Signature(locals.SelectMany(kind => TypeBytes(new DeviceType(kind))).ToArray());

    /// <summary>Token of a class in the record of a type: its index, or that of a reference.</summary>
    public ushort TypeToken(ClassName name) =>
        own.TryGetValue(name, out int index) ? (ushort)index : (ushort)(TypeReference(name) | PeFormat.External);

    /// <summary>Index of a reference to a class of another assembly.</summary>
    public ushort TypeReference(ClassName name)
    {
        ClassPlace found = place(name);
        return Entry("type", $"{found.Namespace}.{found.Name}", TypeReferences, PeFormat.ReferenceSize, () =>
            [String(found.Name), String(found.Namespace), AssemblyReference(found), 0]);
    }

    /// <summary>Index of a reference to a field of another assembly.</summary>
    public ushort FieldReference(FieldName field) => Entry(
        "field", $"{field.Owner}.{field.Name}", FieldReferences, PeFormat.ReferenceSize,
        () => [String(field.Name), TypeReference(field.Owner), FieldSignature(field.Type), 0]);

    /// <summary>Index of a reference to a method of another assembly. The device library's overloads differ in their count of parameters.</summary>
    public ushort MethodReference(MethodName method) => Entry(
        "method", $"{method.Owner}.{method.Name}/{method.Parameters.Count}", MethodReferences, PeFormat.ReferenceSize,
        () => [String(method.Name), TypeReference(method.Owner), MethodSignature(method), 0]);

    private ushort AssemblyReference(ClassPlace found) => Entry("assembly", found.Assembly, AssemblyReferences, PeFormat.AssemblyReferenceSize, () =>
        [String(found.Assembly), 0, .. VersionNumbers(found.Version)]);

    /// <summary>The four numbers of a version; 0 where one is not given.</summary>
    public static ushort[] VersionNumbers(Version version) =>
        [(ushort)version.Major, (ushort)version.Minor, (ushort)Math.Max(version.Build, 0), (ushort)Math.Max(version.Revision, 0)];

    /// <summary>Type of a value without the token of its class.</summary>
    public static PeDataType DataType(ValueKind kind) => kind switch
    {
        ValueKind.Void => PeDataType.Void,
        ValueKind.Int16 => PeDataType.Int16,
        ValueKind.Int32 => PeDataType.Int32,
        ValueKind.UInt32 => PeDataType.UInt32,
        ValueKind.Int64 => PeDataType.Int64,
        ValueKind.UInt64 => PeDataType.UInt64,
        ValueKind.Int16Array => PeDataType.Array,
        _ => PeDataType.Class,
    };

    private byte[] TypeBytes(DeviceType type) => type.Kind switch
    {
        ValueKind.Int16Array => [(byte)PeDataType.Array, (byte)PeDataType.Int16],
        ValueKind.Class => [(byte)PeDataType.Class, .. ClassToken(type.Class!)],
        _ => [(byte)DataType(type.Kind)],
    };

    /// <summary>The compressed token of ECMA-335, II.23.2.8, with 0 for a type and 1 for a reference in the lowest two bits.</summary>
    private byte[] ClassToken(ClassName name)
    {
        int token = own.TryGetValue(name, out int index) ? index << 2 : (TypeReference(name) << 2) | 1;
        return token <= 0x7F ? [(byte)token] : [(byte)((token >> 8) | 0x80), (byte)token];
    }

    private ushort Signature(byte[] signature)
    {
        string key = Convert.ToHexString(signature);
        if (_signatures.TryGetValue(key, out ushort offset)) return offset;
        offset = checked((ushort)Signatures.Count);
        _signatures.Add(key, offset);
        Signatures.AddRange(signature);
        return offset;
    }

    private ushort Entry(string table, string key, List<byte> bytes, int size, Func<ushort[]> create)
    {
        if (_entries.TryGetValue((table, key), out ushort index)) return index;
        ushort[] values = create();
        index = (ushort)(bytes.Count / size);
        _entries.Add((table, key), index);
        foreach (ushort value in values) Add(bytes, value);
        return index;
    }

    /// <summary>Appends a number of 16 bits.</summary>
    public static void Add(List<byte> bytes, ushort value)
    {
        bytes.Add((byte)value);
        bytes.Add((byte)(value >> 8));
    }
}

// The constants of a nanoFramework assembly (".pe") of the 1.x line. All numbers are little-endian. docs/decisions/0011 says
// which part of the format the writer uses.

using System;

namespace Crime.Modelling.Compilation.Pe;

/// <summary>The tables of an assembly, in the order of the file.</summary>
internal enum PeTable
{
    /// <summary>Assemblies referred to: name, zero, version of four numbers.</summary>
    AssemblyReferences,

    /// <summary>Types of other assemblies: name, namespace, assembly, zero.</summary>
    TypeReferences,

    /// <summary>Fields of other assemblies: name, type reference, signature, zero.</summary>
    FieldReferences,

    /// <summary>Methods of other assemblies: name, type reference, signature, zero.</summary>
    MethodReferences,

    /// <summary>The assembly's own types.</summary>
    Types,

    /// <summary>Their fields.</summary>
    Fields,

    /// <summary>Their methods.</summary>
    Methods,

    /// <summary>Attributes; none in a kernel.</summary>
    Attributes,

    /// <summary>Array types in instructions; none in a kernel.</summary>
    TypeSpecifications,

    /// <summary>Resources; none in a kernel.</summary>
    Resources,

    /// <summary>Their bytes.</summary>
    ResourceData,

    /// <summary>Names, each ended by a zero; the first is empty.</summary>
    Strings,

    /// <summary>Signatures, addressed by their first byte.</summary>
    Signatures,

    /// <summary>The methods' instructions.</summary>
    ByteCode,

    /// <summary>Groups of resources; none in a kernel.</summary>
    ResourceFiles,

    /// <summary>No table: its offset is the size of the file.</summary>
    End,
}

/// <summary>Sizes, offsets and flags.</summary>
internal static class PeFormat
{
    /// <summary>What the file starts with; two zeros follow.</summary>
    public const string Marker = "NFMRK1";

    /// <summary>Offset of the CRC over the header, formed with zeros in its place.</summary>
    public const int HeaderCrcOffset = 8;

    /// <summary>Offset of the CRC over all that follows the header.</summary>
    public const int ContentCrcOffset = 12;

    /// <summary>Offset of the flags: 0, or <see cref="NeedsReboot"/>.</summary>
    public const int FlagsOffset = 16;

    /// <summary>The CLR loads the assembly only when it starts.</summary>
    public const uint NeedsReboot = 1;

    /// <summary>Offset of the checksum of native methods: 0 without any.</summary>
    public const int NativeChecksumOffset = 20;

    /// <summary>Offset of the patch entry: all ones for none.</summary>
    public const int PatchEntryOffset = 24;

    /// <summary>Offset of the version: four numbers of 16 bits.</summary>
    public const int VersionOffset = 28;

    /// <summary>Offset of the name.</summary>
    public const int NameOffset = 36;

    /// <summary>Offset of the number of the table of well-known names.</summary>
    public const int StringTableVersionOffset = 38;

    /// <summary>The table of well-known names that the CLR has.</summary>
    public const int StringTableVersion = 1;

    /// <summary>Offset of the tables' offsets, 32 bits each.</summary>
    public const int TablesOffset = 40;

    /// <summary>Tables, the end included.</summary>
    public const int TableCount = (int)PeTable.End + 1;

    /// <summary>Offset of the count of patched methods: 0, or the CLR refuses the assembly.</summary>
    public const int PatchedMethodsOffset = TablesOffset + 4 * TableCount;

    /// <summary>Offset of the count of zeros that fill each table up to a multiple of four, a byte each.</summary>
    public const int PaddingOffset = PatchedMethodsOffset + 4;

    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = PaddingOffset + TableCount;

    /// <summary>Bytes of an entry of the reference tables.</summary>
    public const int ReferenceSize = 8;

    /// <summary>Bytes of an entry of the assembly references.</summary>
    public const int AssemblyReferenceSize = 12;

    /// <summary>Bytes of a type.</summary>
    public const int TypeSize = 24;

    /// <summary>Bytes of a field.</summary>
    public const int FieldSize = 8;

    /// <summary>Bytes of a method.</summary>
    public const int MethodSize = 16;

    /// <summary>No entry, no signature, no instructions.</summary>
    public const ushort None = 0xFFFF;

    /// <summary>Marks a 16-bit token of a member, or of a base class, as one of another assembly.</summary>
    public const ushort External = 0x8000;

    /// <summary>Byte code, strings and signatures are addressed with 16 bits.</summary>
    public const int MaxTableSize = ushort.MaxValue;

    /// <summary>Names from here on are well-known ones, which the CLR has in a table of its own. The writer uses none.</summary>
    public const int FirstWellKnownString = 0xFC00;
}

/// <summary>Flags of a type.</summary>
[Flags]
internal enum PeTypeFlags : ushort
{
    /// <summary>Everybody sees it.</summary>
    Public = 0x0001,

    /// <summary>The outer type sees it.</summary>
    NestedPrivate = 0x0003,

    /// <summary>It cannot be made.</summary>
    Abstract = 0x0040,

    /// <summary>Nothing is derived from it.</summary>
    Sealed = 0x0080,

    /// <summary>It has no static constructor that must run at a certain time.</summary>
    BeforeFieldInit = 0x1000,
}

/// <summary>Flags of a field.</summary>
[Flags]
internal enum PeFieldFlags : ushort
{
    /// <summary>The type sees it.</summary>
    Private = 0x0001,

    /// <summary>Derived types see it too.</summary>
    Family = 0x0004,

    /// <summary>The constructor sets it.</summary>
    InitOnly = 0x0020,
}

/// <summary>Flags of a method.</summary>
[Flags]
internal enum PeMethodFlags : uint
{
    /// <summary>The type sees it.</summary>
    Private = 0x0001,

    /// <summary>Derived types see it too.</summary>
    Family = 0x0004,

    /// <summary>Everybody sees it.</summary>
    Public = 0x0006,

    /// <summary>It overrides a method of the base class.</summary>
    Virtual = 0x0040,

    /// <summary>It hides methods of its name and signature only.</summary>
    HideBySignature = 0x0080,

    /// <summary>Its name has a meaning: a constructor, or the method of a property.</summary>
    SpecialName = 0x0400,

    /// <summary>It makes objects.</summary>
    Constructor = 0x1000,
}

/// <summary>Types of values in signatures.</summary>
internal enum PeDataType : byte
{
    /// <summary>No value.</summary>
    Void = 0,

    /// <summary>16 bits, signed.</summary>
    Int16 = 5,

    /// <summary>32 bits, signed.</summary>
    Int32 = 7,

    /// <summary>32 bits, unsigned.</summary>
    UInt32 = 8,

    /// <summary>64 bits, signed.</summary>
    Int64 = 10,

    /// <summary>64 bits, unsigned.</summary>
    UInt64 = 11,

    /// <summary>An object; the token of its class follows.</summary>
    Class = 17,

    /// <summary>An array of one dimension; the type of its elements follows.</summary>
    Array = 19,
}

// What a kernel refers to: types, fields and methods of its own and of the device library.

using System.Collections.Generic;

namespace Crime.Modelling.Compilation.Code;

/// <summary>What a value is.</summary>
internal enum ValueKind
{
    /// <summary>No value.</summary>
    Void,

    /// <summary>16 bits, signed; 32 bits on the evaluation stack.</summary>
    Int16,

    /// <summary>32 bits, signed.</summary>
    Int32,

    /// <summary>32 bits, unsigned.</summary>
    UInt32,

    /// <summary>64 bits, signed.</summary>
    Int64,

    /// <summary>64 bits, unsigned.</summary>
    UInt64,

    /// <summary>An array of 16-bit numbers.</summary>
    Int16Array,

    /// <summary>An object.</summary>
    Class,
}

/// <summary>Name of a class.</summary>
/// <param name="Namespace">Its namespace; empty for a nested class.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsDevice">Whether the device library has it; otherwise the kernel.</param>
internal sealed record ClassName(string Namespace, string Name, bool IsDevice);

/// <summary>Type of a value.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Class">The class of an object, otherwise null.</param>
internal sealed record DeviceType(ValueKind Kind, ClassName? Class = null)
{
    public static readonly DeviceType Void = new(ValueKind.Void);

    public static readonly DeviceType Int32 = new(ValueKind.Int32);

    public static readonly DeviceType UInt32 = new(ValueKind.UInt32);

    public static readonly DeviceType Int64 = new(ValueKind.Int64);

    public static readonly DeviceType Int16Array = new(ValueKind.Int16Array);
}

/// <summary>A field.</summary>
internal sealed record FieldName(ClassName Owner, string Name, DeviceType Type);

/// <summary>A method.</summary>
/// <param name="Owner">The class that declares it.</param>
/// <param name="Name">Its name; ".ctor" for a constructor.</param>
/// <param name="IsStatic">Whether it has no object.</param>
/// <param name="Returns">What it returns; for a constructor nothing.</param>
/// <param name="Parameters">What it takes.</param>
internal sealed record MethodName(ClassName Owner, string Name, bool IsStatic, DeviceType Returns, IReadOnlyList<DeviceType> Parameters)
{
    public const string Constructor = ".ctor";
}

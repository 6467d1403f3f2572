// Signatures of fields, methods and local variables, as types of Mono.Cecil.

using System;
using System.Collections.Generic;
using Crime.Modelling.Compilation.Pe;
using Mono.Cecil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>Parameters and result of a method.</summary>
/// <param name="IsStatic">True when it has no object.</param>
/// <param name="Returns">Type of the result.</param>
/// <param name="Parameters">Types of the parameters.</param>
internal sealed record MethodShape(bool IsStatic, TypeReference Returns, IReadOnlyList<TypeReference> Parameters)
{
    /// <summary>Returns whether a method has this shape.</summary>
    public bool Fits(MethodDefinition method)
    {
        if (method.IsStatic != IsStatic || method.Parameters.Count != Parameters.Count || !PeSignature.IsSame(method.ReturnType, Returns)) return false;
        for (int i = 0; i < Parameters.Count; i++)
            if (!PeSignature.IsSame(method.Parameters[i].ParameterType, Parameters[i])) return false;
        return true;
    }
}

/// <summary>Reads signatures.</summary>
/// <param name="image">The assembly.</param>
/// <param name="types">The module's own basic types.</param>
/// <param name="own">Class of an index into the table of types.</param>
/// <param name="reference">Class of an index into the table of type references.</param>
internal sealed class PeSignature(PeImage image, TypeSystem types, Func<int, TypeReference> own, Func<int, TypeReference> reference)
{
    private const byte FieldMarker = 0x06;
    private const byte HasThis = 0x20;

    /// <summary>Type of a field.</summary>
    /// <exception cref="NotSupportedException">The signature is not one of a field, or has a type that a kernel does not have.</exception>
    public TypeReference Field(int offset)
    {
        if (image.SignatureByte(offset++) != FieldMarker) throw LoadRefusal.NotPlayed("the signature of a field has another marker");
        return ValueType(ref offset);
    }

    /// <summary>Shape of a method.</summary>
    /// <exception cref="NotSupportedException">The signature has a calling convention or type that a kernel does not have.</exception>
    public MethodShape Method(int offset)
    {
        byte convention = image.SignatureByte(offset++);
        if (convention is not (0 or HasThis)) throw LoadRefusal.NotPlayed($"calling convention 0x{convention:x2}");
        byte count = image.SignatureByte(offset++);
        TypeReference returns = Type(ref offset);
        return new MethodShape(convention == 0, returns, ValueTypes(ref offset, count));
    }

    /// <summary>First byte of a method's result, after the convention and the count of parameters.</summary>
    public byte ReturnByte(int offset) => image.SignatureByte(offset + 2);

    /// <summary>Types of local variables.</summary>
    /// <param name="offset">Their signature.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="NotSupportedException">The signature has a type that a kernel does not have.</exception>
    public IReadOnlyList<TypeReference> Locals(int offset, int count) => ValueTypes(ref offset, count);

    /// <summary>Returns whether two references mean one type.</summary>
    public static bool IsSame(TypeReference left, TypeReference right)
    {
        if (left.FullName != right.FullName) return false;
        return left.IsPrimitive || left.IsArray || left.MetadataType == MetadataType.Void || left.Resolve() == right.Resolve();
    }

    private TypeReference[] ValueTypes(ref int offset, int count)
    {
        var found = new TypeReference[count];
        for (int i = 0; i < count; i++) found[i] = ValueType(ref offset);
        return found;
    }

    private TypeReference ValueType(ref int offset)
    {
        TypeReference type = Type(ref offset);
        return type.MetadataType == MetadataType.Void ? throw LoadRefusal.NotPlayed("a value of type void") : type;
    }

    private TypeReference Type(ref int offset)
    {
        var type = (PeDataType)image.SignatureByte(offset++);
        return type switch
        {
            PeDataType.Void => types.Void,
            PeDataType.Int16 => types.Int16,
            PeDataType.Int32 => types.Int32,
            PeDataType.UInt32 => types.UInt32,
            PeDataType.Int64 => types.Int64,
            PeDataType.UInt64 => types.UInt64,
            PeDataType.Class => Class(ref offset),
            PeDataType.Array when (PeDataType)image.SignatureByte(offset++) == PeDataType.Int16 => new ArrayType(types.Int16),
            PeDataType.Array => throw LoadRefusal.NotPlayed("an array of anything but short"),
            _ => throw LoadRefusal.NotPlayed($"a value of type {(int)type}"),
        };
    }

    /// <summary>ECMA-335, II.23.2.8: the lowest two bits name the table; one byte, or two with the highest bit set.</summary>
    private TypeReference Class(ref int offset)
    {
        int token = image.SignatureByte(offset++);
        if ((token & 0xC0) == 0xC0) throw LoadRefusal.NotPlayed("a class token of four bytes");
        if ((token & 0x80) != 0) token = ((token & 0x3F) << 8) | image.SignatureByte(offset++);
        return (token & 3) switch
        {
            0 => own(token >> 2),
            1 => reference(token >> 2),
            _ => throw LoadRefusal.NotPlayed("a class token of another table"),
        };
    }
}

// What things take on the heap of a board. The heap is made of blocks of 12 bytes. An object is one block and one more per
// field, whatever the field's type; an array has a header of 20 bytes and packed elements (references take a block each); a
// string is one block and its UTF-8 text with a zero at the end. Measured on the 32-bit CLR: object 12, class of int, long and
// byte 48, int[0] 24, int[10] 60, long[10] 108, short[16] 60, object[10] 144, boxed int 24, string literal 12 each time its
// instruction executes, delegate 36; objects of library classes as in the table below. With these rules what a model holds came out
// to the byte as the CLR's own count of free bytes.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace Crime.VirtualBoard.Model;

/// <summary>Bytes on the heap of nanoFramework's 32-bit CLR.</summary>
internal static class DeviceSizes
{
    /// <summary>The unit of the heap, in bytes.</summary>
    public const int Block = 12;

    /// <summary>A boxed number, in bytes.</summary>
    public const int Boxed = 2 * Block;

    /// <summary>A string literal, each time it is loaded, in bytes: its text stays in flash.</summary>
    public const int Literal = Block;

    private const int ArrayHeader = 20;

    private const int Delegate = 3 * Block;

    // With its message's reference and, once thrown, its stack trace: 72 before it is thrown.
    private const int Exception = 120;

    // A class without a figure of its own: a header and three fields. An estimate.
    private const int OtherLibraryObject = 4 * Block;

    private static readonly Dictionary<string, int> s_libraryObjects = new()
    {
        ["System.Object"] = Block,
        ["System.MulticastDelegate"] = Delegate,
        ["System.Threading.AutoResetEvent"] = 12,
        ["System.Threading.ManualResetEvent"] = 12,
        ["System.Threading.Thread"] = 72,
        ["System.Collections.ArrayList"] = 120,
        ["System.Collections.Queue"] = 132,
        ["System.Collections.Hashtable"] = 180,
        ["System.Text.StringBuilder"] = 132,
        ["System.Random"] = 48,
        // The virtual board's client accounts for itself.
        ["nanoFramework.M2Mqtt.MqttClient"] = 0,
    };

    /// <summary>An object.</summary>
    /// <param name="fieldCount">Instance fields, inherited ones included.</param>
    public static int Object(int fieldCount) => Block * (1 + fieldCount);

    /// <summary>A string.</summary>
    /// <param name="textSize">Bytes of its UTF-8 text.</param>
    public static int String(int textSize) => Blocks(Block + textSize + 1);

    /// <summary>An array.</summary>
    /// <param name="length">Elements.</param>
    /// <param name="elementSize">Bytes of one: see <c>Element</c>.</param>
    public static int Array(int length, int elementSize) => Blocks(ArrayHeader + length * elementSize);

    /// <summary>An element of an array.</summary>
    /// <param name="typeName">Full name of its type as the runtime has it, such as System.Int16; of the underlying type for an enum.</param>
    /// <param name="isReference">True when it is a reference.</param>
    /// <exception cref="NotSupportedException">A structure: device code has no arrays of them.</exception>
    public static int Element(string typeName, bool isReference) => isReference ? Block : typeName switch
    {
        "System.Byte" or "System.SByte" or "System.Boolean" => 1,
        "System.Int16" or "System.UInt16" or "System.Char" => 2,
        "System.Int32" or "System.UInt32" or "System.Single" => 4,
        "System.Int64" or "System.UInt64" or "System.Double" => 8,
        _ => throw new NotSupportedException($"an array of {typeName}"),
    };

    /// <summary>An element of an array of this type.</summary>
    public static int Element(TypeReference type)
    {
        if (!type.IsValueType || type.IsPrimitive) return Element(type.FullName, !type.IsValueType);
        TypeDefinition definition = type.Resolve();
        return Element(definition.IsEnum ? definition.GetEnumUnderlyingType().FullName : definition.FullName, isReference: false);
    }

    /// <summary>An object of a class of device code, or of a library's: its fields, and what its base in a library takes.</summary>
    public static int Object(TypeReference type)
    {
        int count = 0;
        TypeReference at = type;
        while (IsDeviceCode(at))
        {
            TypeDefinition definition = at.Resolve();
            count += definition.Fields.Count(field => !field.IsStatic);
            at = definition.BaseType;
        }
        return LibraryObject(at) + count * Block;
    }

    private static int LibraryObject(TypeReference type)
    {
        for (TypeReference? at = type; at != null; at = at.Resolve().BaseType)
        {
            if (at.FullName == "System.Exception") return Exception;
            // Every class ends at System.Object, which is not what it is.
            if ((at == type || at.FullName == "System.MulticastDelegate") && s_libraryObjects.TryGetValue(at.FullName, out int size)) return size;
        }
        return OtherLibraryObject;
    }

    private static bool IsDeviceCode(TypeReference type) => type.GetElementType() is { } element
        && (element.DeclaringType ?? element).Namespace is { } name && (name + ".").StartsWith("Crime.", StringComparison.Ordinal);

    /// <summary>Bytes rounded up to whole blocks.</summary>
    public static int Blocks(int size) => (size + Block - 1) / Block * Block;
}

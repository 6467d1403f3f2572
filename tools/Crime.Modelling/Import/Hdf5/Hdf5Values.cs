// The elements of datasets and attributes: IEEE numbers, integers and texts.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Crime.Modelling.Import.Hdf5;

/// <summary>Numbers of a dataset.</summary>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Values">The numbers, row-major.</param>
/// <param name="IsInteger">True when the file holds whole numbers.</param>
internal sealed record Hdf5Array(int[] Shape, float[] Values, bool IsInteger)
{
    /// <summary>The shape as people write it.</summary>
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";
}

/// <summary>Reads values.</summary>
internal static class Hdf5Values
{
    private const int MaxRank = 8;

    /// <summary>The type of an element.</summary>
    private enum ElementKind
    {
        Integer,
        Number,
        FixedText,
        Text,
    }

    private readonly record struct ElementType(ElementKind Kind, int Size, bool IsSigned);

    /// <summary>Returns the elements of a dataset.</summary>
    public static Hdf5Array Dataset(Hdf5Bytes bytes, IReadOnlyList<HeaderMessage> messages)
    {
        if (messages.Any(message => message.Type == MessageType.ExternalFiles)) throw Hdf5Bytes.Other("a dataset with its elements in another file");
        int[] shape = Shape(bytes, Single(messages, MessageType.Dataspace).At, out long count);
        ElementType type = Type(bytes, Single(messages, MessageType.Datatype).At);
        if (type.Kind is ElementKind.Text or ElementKind.FixedText) throw Hdf5Bytes.Damaged("a dataset of texts lies where weights are expected");
        ReadOnlySpan<byte> data = Elements(bytes, Single(messages, MessageType.Layout).At, checked((ulong)count * (ulong)type.Size));
        var values = new float[count];
        for (int n = 0; n < values.Length; n++) values[n] = Number(data.Slice(n * type.Size, type.Size), type);
        return new Hdf5Array(shape, values, type.Kind == ElementKind.Integer);
    }

    /// <summary>Returns the texts of an attribute; null when there is no such attribute.</summary>
    public static string[]? Attribute(Hdf5Bytes bytes, IReadOnlyList<HeaderMessage> messages, string wanted)
    {
        foreach (HeaderMessage message in messages.Where(message => message.Type == MessageType.Attribute))
        {
            ulong at = message.At;
            int version = bytes.Byte(at);
            if (version is < 1 or > 3) throw Hdf5Bytes.Other($"attributes of version {version}");
            if (version > 1 && bytes.Byte(at + 1) != 0) throw Hdf5Bytes.Other("an attribute whose type objects share");
            ulong name = bytes.UInt16(at + 2), type = bytes.UInt16(at + 4), space = bytes.UInt16(at + 6);
            at += version == 3 ? 9u : 8u;
            string text = Encoding.UTF8.GetString(bytes.Slice(at, name)).TrimEnd('\0');
            if (text != wanted) continue;
            // Version 1 fills each part up to a multiple of 8 bytes.
            ulong Padded(ulong size) => version == 1 ? (size + 7) & ~7ul : size;
            ulong typeAt = at + Padded(name), spaceAt = typeAt + Padded(type), dataAt = spaceAt + Padded(space);
            Shape(bytes, spaceAt, out long count);
            return Texts(bytes, Type(bytes, typeAt), dataAt, count);
        }
        bool isDense = messages.Any(message => message.Type == MessageType.AttributeInfo
            && bytes.UInt64(message.At + ((bytes.Byte(message.At + 1) & 1) != 0 ? 4u : 2u)) != Hdf5Bytes.Undefined);
        return isDense ? throw Hdf5Bytes.Other("an index of attributes") : null;
    }

    private static string[]? Texts(Hdf5Bytes bytes, ElementType type, ulong at, long count)
    {
        if (type.Kind is not (ElementKind.Text or ElementKind.FixedText)) return null;
        ReadOnlySpan<byte> data = bytes.Slice(at, checked((ulong)count * (ulong)type.Size));
        bytes.Spend(count);
        var texts = new string[count];
        for (int n = 0; n < texts.Length; n++)
        {
            ReadOnlySpan<byte> element = data.Slice(n * type.Size, type.Size);
            if (type.Kind == ElementKind.FixedText)
            {
                int end = element.IndexOf((byte)0);
                texts[n] = Encoding.UTF8.GetString(end < 0 ? element : element[..end]);
            }
            else texts[n] = HeapText(bytes, BinaryPrimitives.ReadUInt32LittleEndian(element),
                BinaryPrimitives.ReadUInt64LittleEndian(element[4..]), BinaryPrimitives.ReadUInt32LittleEndian(element[12..]));
        }
        return texts;
    }

    /// <summary>Returns a text of the file's heap.</summary>
    private static string HeapText(Hdf5Bytes bytes, uint length, ulong heap, uint index)
    {
        if (length == 0) return "";
        bytes.Expect(heap, "GCOL");
        ulong end = Hdf5Bytes.Sum(heap, bytes.UInt64(heap + 8)), at = heap + 16;
        while (at + 16 <= end)
        {
            uint found = bytes.UInt16(at);
            ulong size = bytes.UInt64(at + 8);
            if (found == index && found != 0) return size >= length ? Encoding.UTF8.GetString(bytes.Data(at + 16, length)) : throw Hdf5Bytes.Damaged("a text is cut off");
            if (found == 0) break;
            at = Hdf5Bytes.Sum(at + 16, Hdf5Bytes.Sum(size, 7) & ~7ul);
        }
        throw Hdf5Bytes.Damaged("a text is missing in its heap");
    }

    private static HeaderMessage Single(IReadOnlyList<HeaderMessage> messages, MessageType type)
    {
        foreach (HeaderMessage message in messages)
            if (message.Type == type) return message;
        throw Hdf5Bytes.Damaged($"a dataset has no {type.ToString().ToLowerInvariant()}");
    }

    private static int[] Shape(Hdf5Bytes bytes, ulong at, out long count)
    {
        int version = bytes.Byte(at), rank = bytes.Byte(at + 1);
        if (version is not (1 or 2)) throw Hdf5Bytes.Other($"sizes of version {version}");
        if (rank > MaxRank) throw Hdf5Bytes.Other($"{rank} axes");
        bool isNull = version == 2 && bytes.Byte(at + 3) == 2;
        var shape = new int[rank];
        count = isNull ? 0 : 1;
        for (int axis = 0; axis < rank; axis++)
        {
            ulong size = bytes.UInt64(at + (version == 1 ? 8u : 4u) + (ulong)axis * 8);
            // No element is smaller than a byte.
            if (size > (ulong)bytes.Size || count * (long)size > bytes.Size) throw Hdf5Bytes.Damaged($"{size} elements along an axis are more than the file holds");
            shape[axis] = (int)size;
            count *= (long)size;
        }
        return shape;
    }

    private static ElementType Type(Hdf5Bytes bytes, ulong at)
    {
        int head = bytes.Byte(at), kind = head & 15, bits = bytes.Byte(at + 1);
        uint size = bytes.UInt32(at + 4);
        switch (kind)
        {
            case 0 when size is 1 or 2 or 4 or 8 && (bits & 1) == 0:
                return new ElementType(ElementKind.Integer, (int)size, IsSigned: (bits & 8) != 0);
            case 1 when (bits & 65) == 0 && IsIeee(bytes, at + 8, size):
                return new ElementType(ElementKind.Number, (int)size, IsSigned: true);
            case 3 when size <= (uint)bytes.Size:
                return new ElementType(ElementKind.FixedText, (int)size, IsSigned: false);
            case 9 when size == 16 && (bits & 15) == 1:
                return new ElementType(ElementKind.Text, 16, IsSigned: false);
            default:
                throw Hdf5Bytes.Damaged($"elements of an unknown type (class {kind}, {size} bytes); numbers of float16, float32 and float64 are read");
        }
    }

    /// <summary>True for half, single and double precision: place and size of exponent and mantissa, and the bias.</summary>
    private static bool IsIeee(Hdf5Bytes bytes, ulong at, uint size)
    {
        (int exponent, int mantissa) = size switch { 2 => (5, 10), 4 => (8, 23), 8 => (11, 52), _ => (0, 0) };
        return exponent != 0 && bytes.Byte(at + 4) == mantissa && bytes.Byte(at + 5) == exponent && bytes.Byte(at + 6) == 0 && bytes.Byte(at + 7) == mantissa
            && bytes.UInt32(at + 8) == (1u << (exponent - 1)) - 1;
    }

    private static ReadOnlySpan<byte> Elements(Hdf5Bytes bytes, ulong at, ulong size)
    {
        int version = bytes.Byte(at), layout = bytes.Byte(at + 1);
        if (version is not (3 or 4)) throw Hdf5Bytes.Other($"a layout of version {version}");
        switch (layout)
        {
            case 0:
                ulong held = bytes.UInt16(at + 2);
                return held >= size ? bytes.Data(at + 4, size) : throw Hdf5Bytes.Damaged("a dataset is smaller than its shape");
            case 1:
                ulong address = bytes.UInt64(at + 2);
                if (size == 0) return [];
                if (bytes.UInt64(at + 10) < size) throw Hdf5Bytes.Damaged("a dataset is smaller than its shape");
                return address != Hdf5Bytes.Undefined ? bytes.Data(address, size) : throw Hdf5Bytes.Damaged("a dataset was never written");
            default:
                throw Hdf5Bytes.Other("a dataset in chunks");
        }
    }

    private static float Number(ReadOnlySpan<byte> element, ElementType type) => (type.Kind, type.Size, type.IsSigned) switch
    {
        (ElementKind.Number, 2, _) => (float)BinaryPrimitives.ReadHalfLittleEndian(element),
        (ElementKind.Number, 4, _) => BinaryPrimitives.ReadSingleLittleEndian(element),
        (ElementKind.Number, _, _) => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
        (_, 1, true) => (sbyte)element[0],
        (_, 1, _) => element[0],
        (_, 2, true) => BinaryPrimitives.ReadInt16LittleEndian(element),
        (_, 2, _) => BinaryPrimitives.ReadUInt16LittleEndian(element),
        (_, 4, true) => BinaryPrimitives.ReadInt32LittleEndian(element),
        (_, 4, _) => BinaryPrimitives.ReadUInt32LittleEndian(element),
        (_, _, true) => BinaryPrimitives.ReadInt64LittleEndian(element),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(element),
    };
}

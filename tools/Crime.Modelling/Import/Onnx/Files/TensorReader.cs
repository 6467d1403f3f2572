// From a TensorProto message to a tensor. The same message is a constant of a graph, the value of a node, and on its own the
// input or output of a test case in ONNX's manner.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Google.Protobuf;
using static Crime.Modelling.Import.Onnx.Files.Protobuf;

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>Reads tensors.</summary>
/// <param name="files">The files beside the model, which may hold its large tensors.</param>
internal sealed class TensorReader(ExternalData files)
{
    private const int MaxElements = 64 * 1024 * 1024;

    /// <summary>Reads a tensor.</summary>
    /// <exception cref="UserInputException">It does not fit together.</exception>
    public OnnxTensor Read(CodedInputStream input)
    {
        string name = "";
        int type = 0;
        bool isExternal = false;
        var shape = new List<long>();
        var floats = new List<float>();
        var integers = new List<long>();
        var place = new Dictionary<string, string>(StringComparer.Ordinal);
        ByteString raw = ByteString.Empty;
        ReadMessage(input, (field, isPacked, part) =>
        {
            switch (field)
            {
                case 1: ReadRepeated(part, isPacked, shape, stream => stream.ReadInt64()); break;
                case 2: type = part.ReadInt32(); break;
                case 4: ReadRepeated(part, isPacked, floats, stream => stream.ReadFloat()); break;
                case 5: ReadRepeated(part, isPacked, integers, stream => stream.ReadInt32()); break;
                case 7: ReadRepeated(part, isPacked, integers, stream => stream.ReadInt64()); break;
                case 8: name = part.ReadString(); break;
                case 9: raw = part.ReadBytes(); break;
                case 10: ReadRepeated(part, isPacked, floats, stream => (float)stream.ReadDouble()); break;
                case 13: ReadEntry(Message(part), place); break;
                case 14: isExternal = part.ReadInt32() != 0; break;
                default: part.SkipLastField(); break;
            }
        });
        int[] sizes = SizesOf(name, shape, out int count);
        if (WidthOf(type) is not int width)
            return new OnnxTensor(name, sizes, [], []) { Obstacle = $"'{name}' is of ONNX element type {type}; numbers of 16, 32 or 64 bits and integers are read" };
        ReadOnlySpan<byte> bytes = isExternal ? files.Read(name, place, (long)count * width) : raw.Span;
        return MakeTensor(name, type, sizes, count, floats, integers, bytes);
    }

    private static void ReadEntry(CodedInputStream input, Dictionary<string, string> entries)
    {
        string key = "", value = "";
        ReadMessage(input, (field, _, entry) =>
        {
            if (field == 1) key = entry.ReadString();
            else if (field == 2) value = entry.ReadString();
            else entry.SkipLastField();
        });
        entries[key] = value;
    }

    private static int[] SizesOf(string name, List<long> shape, out int count)
    {
        long elements = 1;
        foreach (long size in shape)
        {
            if (size < 0 || size > MaxElements || (elements *= size) > MaxElements) throw new UserInputException($"tensor '{name}' has an impossible shape");
        }
        count = (int)elements;
        return [.. shape.ConvertAll(size => (int)size)];
    }

    /// <summary>Returns the bytes of an element; null for a type that is not read.</summary>
    private static int? WidthOf(int type) => type switch
    {
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 1,
        ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Float or ElementType.Int32 => 4,
        ElementType.Double or ElementType.Int64 => 8,
        _ => null,
    };

    private static OnnxTensor MakeTensor(
        string name, int type, int[] shape, int count, List<float> floats, List<long> integers, ReadOnlySpan<byte> raw)
    {
        bool isInteger = type is ElementType.Int32 or ElementType.Int64 or ElementType.Bool or ElementType.UInt8 or ElementType.Int8;
        if (raw.Length > 0)
        {
            if (isInteger) integers = RawIntegers(type, raw);
            else floats = RawFloats(type, raw);
        }
        else if (type is ElementType.Float16 or ElementType.BFloat16)
        {
            // Sixteen bits each, in the field of the integers.
            foreach (long bits in integers) floats.Add(type == ElementType.Float16 ? (float)BitConverter.UInt16BitsToHalf((ushort)bits) : FromBFloat16((ushort)bits));
            integers = [];
        }
        if ((isInteger ? integers.Count : floats.Count) != count)
            throw new UserInputException($"tensor '{name}' holds {(isInteger ? integers.Count : floats.Count)} elements, but its shape asks for {count} (truncated?)");
        return new OnnxTensor(name, shape, isInteger ? [] : [.. floats], isInteger ? [.. integers] : []) { IsInteger = isInteger };
    }

    private static List<long> RawIntegers(int type, ReadOnlySpan<byte> raw)
    {
        var integers = new List<long>();
        if (type == ElementType.Int64)
            foreach (long value in MemoryMarshal.Cast<byte, long>(raw)) integers.Add(value);
        else if (type == ElementType.Int32)
            foreach (int value in MemoryMarshal.Cast<byte, int>(raw)) integers.Add(value);
        else
            foreach (byte value in raw) integers.Add(type == ElementType.Int8 ? (sbyte)value : value);
        return integers;
    }

    private static List<float> RawFloats(int type, ReadOnlySpan<byte> raw)
    {
        var floats = new List<float>();
        if (type == ElementType.Float)
            floats.AddRange(MemoryMarshal.Cast<byte, float>(raw));
        else if (type == ElementType.Double)
            foreach (double value in MemoryMarshal.Cast<byte, double>(raw)) floats.Add((float)value);
        else if (type == ElementType.Float16)
            foreach (Half value in MemoryMarshal.Cast<byte, Half>(raw)) floats.Add((float)value);
        else
            foreach (ushort value in MemoryMarshal.Cast<byte, ushort>(raw)) floats.Add(FromBFloat16(value));
        return floats;
    }

    private static float FromBFloat16(ushort bits) => BitConverter.Int32BitsToSingle(bits << 16);
}

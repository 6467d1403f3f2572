// From the bytes of an .onnx file to an OnnxModel. The bytes are foreign: protobuf's reader checks every length; what it
// refuses, and what does not add up, becomes one line.

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Reads the protobuf messages of an ONNX file.</summary>
internal static class OnnxReader
{
    private const int MaxFileSize = 256 * 1024 * 1024;
    private const int FloatType = 1, Int32Type = 6, Int64Type = 7, BoolType = 9, Float16Type = 10, DoubleType = 11, BFloat16Type = 16;

    /// <summary>Takes one field; <paramref name="isPacked"/> says that a length and bytes follow.</summary>
    private delegate void FieldReader(int field, bool isPacked, CodedInputStream input);

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">What to call it in messages.</param>
    /// <exception cref="UserInputException">It is not a usable ONNX file.</exception>
    public static OnnxModel Parse(byte[] bytes, string path)
    {
        if (bytes.Length > MaxFileSize) throw new UserInputException($"{path}: {bytes.Length} bytes are more than the {MaxFileSize} that are read");
        var model = new OnnxModel();
        bool hasGraph = false, hasOperatorSet = false;
        try
        {
            ReadMessage(new CodedInputStream(bytes), (field, _, input) =>
            {
                if (field == 7)
                {
                    hasGraph = true;
                    ReadGraph(Message(input), model);
                }
                else if (field == 8)
                {
                    hasOperatorSet = true;
                    input.SkipLastField();
                }
                else if (field == 14)
                {
                    ReadMetadata(Message(input), model);
                }
                else
                {
                    input.SkipLastField();
                }
            });
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException or ArgumentException or InvalidOperationException)
        {
            throw new UserInputException($"{path}: not an ONNX file, or damaged: {e.Message}", e);
        }
        catch (UserInputException e)
        {
            throw new UserInputException($"{path}: {e.Message}", e);
        }
        if (!hasGraph || !hasOperatorSet) throw new UserInputException($"{path}: not an ONNX file, or cut off: it holds no graph or no operator set");
        return model;
    }

    private static void ReadGraph(CodedInputStream input, OnnxModel model) => ReadMessage(input, (field, _, graph) =>
    {
        switch (field)
        {
            case 1:
                model.Nodes.Add(ReadNode(Message(graph)));
                break;
            case 5:
                OnnxTensor tensor = ReadTensor(Message(graph));
                model.Initializers[tensor.Name] = tensor;
                break;
            case 11:
                model.Inputs.Add(ReadValueInfo(Message(graph)));
                break;
            case 12:
                model.Outputs.Add(ReadValueInfo(Message(graph)));
                break;
            default:
                graph.SkipLastField();
                break;
        }
    });

    private static void ReadMetadata(CodedInputStream input, OnnxModel model)
    {
        string key = "", value = "";
        ReadMessage(input, (field, _, entry) =>
        {
            if (field == 1) key = entry.ReadString();
            else if (field == 2) value = entry.ReadString();
            else entry.SkipLastField();
        });
        model.Metadata[key] = value;
    }

    private static OnnxNode ReadNode(CodedInputStream input)
    {
        var node = new OnnxNode();
        ReadMessage(input, (field, _, part) =>
        {
            switch (field)
            {
                case 1: node.Inputs.Add(part.ReadString()); break;
                case 2: node.Outputs.Add(part.ReadString()); break;
                case 3: node.Name = part.ReadString(); break;
                case 4: node.Operator = part.ReadString(); break;
                case 5: ReadAttribute(Message(part), node); break;
                case 7: node.Domain = part.ReadString(); break;
                default: part.SkipLastField(); break;
            }
        });
        return node;
    }

    private static void ReadAttribute(CodedInputStream input, OnnxNode node)
    {
        string name = "";
        var attribute = new OnnxAttribute();
        ReadMessage(input, (field, isPacked, part) =>
        {
            switch (field)
            {
                case 1: name = part.ReadString(); break;
                case 2: attribute.Float = part.ReadFloat(); break;
                case 3: attribute.Integer = part.ReadInt64(); break;
                case 4: attribute.Text = part.ReadBytes().ToStringUtf8(); break;
                case 5: attribute.Tensor = ReadTensor(Message(part)); break;
                case 7: ReadRepeated(part, isPacked, attribute.Floats, stream => stream.ReadFloat()); break;
                case 8: ReadRepeated(part, isPacked, attribute.Integers, stream => stream.ReadInt64()); break;
                case 9: attribute.Texts.Add(part.ReadBytes().ToStringUtf8()); break;
                default: part.SkipLastField(); break;
            }
        });
        node.Attributes[name] = attribute;
    }

    private static OnnxValueInfo ReadValueInfo(CodedInputStream input)
    {
        string name = "";
        long[]? shape = null;
        bool isInteger = false;
        ReadMessage(input, (field, _, part) =>
        {
            if (field == 1) name = part.ReadString();
            else if (field == 2) ReadMessage(Message(part), (kind, _, type) =>
            {
                if (kind == 1) ReadTensorType(Message(type), out shape, out isInteger);
                else type.SkipLastField();
            });
            else part.SkipLastField();
        });
        return new OnnxValueInfo(name, shape, isInteger);
    }

    private static void ReadTensorType(CodedInputStream input, out long[]? shape, out bool isInteger)
    {
        long[]? sizes = null;
        long element = 0;
        ReadMessage(input, (field, _, part) =>
        {
            if (field == 1) element = part.ReadInt32();
            else if (field == 2) sizes = ReadShape(Message(part));
            else part.SkipLastField();
        });
        shape = sizes;
        isInteger = element is Int32Type or Int64Type;
    }

    private static long[] ReadShape(CodedInputStream input)
    {
        var sizes = new List<long>();
        ReadMessage(input, (field, _, part) =>
        {
            if (field != 1)
            {
                part.SkipLastField();
                return;
            }
            long size = -1;
            ReadMessage(Message(part), (kind, _, dimension) =>
            {
                if (kind == 1) size = dimension.ReadInt64();
                else dimension.SkipLastField();
            });
            sizes.Add(size);
        });
        return [.. sizes];
    }

    private static OnnxTensor ReadTensor(CodedInputStream input)
    {
        string name = "";
        int type = 0;
        bool isExternal = false;
        var shape = new List<long>();
        var floats = new List<float>();
        var integers = new List<long>();
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
                case 14: isExternal = part.ReadInt32() != 0; break;
                default: part.SkipLastField(); break;
            }
        });
        if (isExternal) throw new UserInputException($"tensor '{name}' lies in another file; save the model with its weights inside");
        return MakeTensor(name, type, shape, floats, integers, raw.Span);
    }

    private static OnnxTensor MakeTensor(string name, int type, List<long> shape, List<float> floats, List<long> integers, ReadOnlySpan<byte> raw)
    {
        long count = 1;
        foreach (long size in shape)
        {
            if (size < 0 || (size > 0 && count > MaxFileSize / size)) throw new UserInputException($"tensor '{name}' has an impossible shape");
            count *= size;
        }
        bool isInteger = type is Int32Type or Int64Type or BoolType;
        if (raw.Length > 0)
        {
            if (isInteger) integers = RawIntegers(type, raw);
            else floats = RawFloats(type, raw);
        }
        else if (type is Float16Type or BFloat16Type)
        {
            // Sixteen bits each, in the field of the integers.
            foreach (long bits in integers) floats.Add(type == Float16Type ? (float)BitConverter.UInt16BitsToHalf((ushort)bits) : FromBFloat16((ushort)bits));
            integers = [];
        }
        if (!isInteger && type is not (FloatType or DoubleType or Float16Type or BFloat16Type))
            throw new UserInputException($"tensor '{name}' is of ONNX element type {type}; single, double or half precision numbers and integers are supported");
        if ((isInteger ? integers.Count : floats.Count) != count)
            throw new UserInputException($"tensor '{name}' holds {(isInteger ? integers.Count : floats.Count)} elements, but its shape asks for {count} (truncated?)");
        return new OnnxTensor(name, [.. shape.ConvertAll(size => (int)size)], isInteger ? [] : [.. floats], isInteger ? [.. integers] : []);
    }

    private static List<long> RawIntegers(int type, ReadOnlySpan<byte> raw)
    {
        var integers = new List<long>();
        if (type == Int64Type)
            foreach (long value in MemoryMarshal.Cast<byte, long>(raw)) integers.Add(value);
        else if (type == Int32Type)
            foreach (int value in MemoryMarshal.Cast<byte, int>(raw)) integers.Add(value);
        else
            foreach (byte value in raw) integers.Add(value);
        return integers;
    }

    private static List<float> RawFloats(int type, ReadOnlySpan<byte> raw)
    {
        var floats = new List<float>();
        if (type == FloatType)
            floats.AddRange(MemoryMarshal.Cast<byte, float>(raw));
        else if (type == DoubleType)
            foreach (double value in MemoryMarshal.Cast<byte, double>(raw)) floats.Add((float)value);
        else if (type == Float16Type)
            foreach (Half value in MemoryMarshal.Cast<byte, Half>(raw)) floats.Add((float)value);
        else if (type == BFloat16Type)
            foreach (ushort value in MemoryMarshal.Cast<byte, ushort>(raw)) floats.Add(FromBFloat16(value));
        return floats;
    }

    private static float FromBFloat16(ushort bits) => BitConverter.Int32BitsToSingle(bits << 16);

    private static void ReadMessage(CodedInputStream input, FieldReader read)
    {
        uint tag;
        while ((tag = input.ReadTag()) != 0)
            read(WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited, input);
    }

    private static CodedInputStream Message(CodedInputStream input) => input.ReadBytes().CreateCodedInput();

    /// <summary>A repeated field, packed or one by one: a file may have either.</summary>
    private static void ReadRepeated<T>(CodedInputStream input, bool isPacked, List<T> values, Func<CodedInputStream, T> read)
    {
        if (!isPacked)
        {
            values.Add(read(input));
            return;
        }
        CodedInputStream packed = Message(input);
        while (!packed.IsAtEnd) values.Add(read(packed));
    }
}

// A small ONNX network whose weights lie in a file beside it, and single tensors, written field by field.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Google.Protobuf;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>Writes ONNX with external data.</summary>
internal static class ExternalNetwork
{
    /// <summary>Name of the file with the weights.</summary>
    public const string FileName = "net.data";

    private const int Inputs = 2, Hidden = 3, Classes = 2;

    /// <summary>Returns the model and the file beside it.</summary>
    public static (byte[] Model, byte[] Data) Write()
    {
        var random = new Random(5);
        var data = new List<byte>();
        byte[] External(string name, params int[] shape)
        {
            int count = shape.Aggregate(1, (product, size) => product * size), start = data.Count;
            for (int n = 0; n < count; n++) data.AddRange(BitConverter.GetBytes(random.NextSingle() - 0.5f));
            return Message(output =>
            {
                foreach (int size in shape) Integer(output, 1, size);
                Integer(output, 2, 1);
                Text(output, 8, name);
                foreach (var (key, value) in new[] { ("location", FileName), ("offset", Invariant(start)), ("length", Invariant(4 * count)) })
                    Bytes(output, 13, Message(entry =>
                    {
                        Text(entry, 1, key);
                        Text(entry, 2, value);
                    }));
                Integer(output, 14, 1);
            });
        }
        byte[][] tensors = [External("w", 1, 3 * Hidden, Inputs), External("r", 1, 3 * Hidden, Hidden), External("f", Hidden, Classes)];
        byte[] graph = Message(output =>
        {
            Bytes(output, 1, Node("GRU", ["x", "w", "r"], ["y", "h"], Message(attribute =>
            {
                Text(attribute, 1, "hidden_size");
                Integer(attribute, 3, Hidden);
                Integer(attribute, 20, 2);
            })));
            Bytes(output, 1, Node("MatMul", ["h", "f"], ["logits"]));
            Text(output, 2, "graph");
            foreach (byte[] tensor in tensors) Bytes(output, 5, tensor);
            Bytes(output, 11, Value("x", 0, 0, Inputs));
            Bytes(output, 12, Value("logits", 1, 0, Classes));
        });
        byte[] model = Message(output =>
        {
            Integer(output, 1, 8);
            Bytes(output, 7, graph);
            Bytes(output, 8, Message(version => Integer(version, 2, 14)));
        });
        return (model, [.. data]);
    }

    /// <summary>Returns a tensor as ONNX's own tests have it in a file.</summary>
    public static byte[] Tensor(int[] shape, float[] values) => Message(output =>
    {
        foreach (int size in shape) Integer(output, 1, size);
        Integer(output, 2, 1);
        Bytes(output, 9, [.. values.SelectMany(BitConverter.GetBytes)]);
    });

    private static byte[] Node(string op, string[] inputs, string[] outputs, byte[]? attribute = null) => Message(output =>
    {
        foreach (string input in inputs) Text(output, 1, input);
        foreach (string name in outputs) Text(output, 2, name);
        Text(output, 4, op);
        if (attribute != null) Bytes(output, 5, attribute);
    });

    /// <summary>Returns the description of an input or output; 0 for a size that is open.</summary>
    private static byte[] Value(string name, params int[] shape) => Message(output =>
    {
        Text(output, 1, name);
        Bytes(output, 2, Message(type => Bytes(type, 1, Message(tensor =>
        {
            Integer(tensor, 1, 1);
            Bytes(tensor, 2, Message(sizes =>
            {
                for (int axis = 0; axis < shape.Length; axis++)
                {
                    int size = shape[axis];
                    string symbol = name + Invariant(axis);
                    Bytes(sizes, 1, Message(dimension =>
                    {
                        if (size > 0) Integer(dimension, 1, size);
                        else Text(dimension, 2, symbol);
                    }));
                }
            }));
        }))));
    });

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        var output = new CodedOutputStream(stream);
        write(output);
        output.Flush();
        return stream.ToArray();
    }

    private static void Text(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void Bytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }

    private static void Integer(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }
}

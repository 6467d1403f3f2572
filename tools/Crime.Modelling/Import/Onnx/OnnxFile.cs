// Writes ONNX files: what other runtimes are given to run the same network, in the tests and in the bench.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Crime.Modelling.Import.Onnx;

/// <summary>A graph that is the value of an attribute.</summary>
/// <param name="Bytes">Its message.</param>
internal sealed record OnnxBranch(byte[] Bytes);

/// <summary>Writes ONNX files, node by node.</summary>
/// <param name="prefix">First letters of the names of values: those of a branch may not be those of the graph around it.</param>
internal sealed class OnnxFile(string prefix = "v")
{
    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _initializers = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];
    private readonly List<(string Key, string Value)> _metadata = [];
    private int _names;

    /// <summary>A name that no other value has.</summary>
    public string NewName() => $"{prefix}{_names++}";

    /// <summary>Adds a node with one output.</summary>
    public string Node(string op, IReadOnlyList<string> inputs, params (string Name, object Value)[] attributes) => Nodes(op, inputs, 1, attributes)[0];

    /// <summary>Adds a node.</summary>
    public string[] Nodes(string op, IReadOnlyList<string> inputs, int outputCount, params (string Name, object Value)[] attributes)
    {
        string[] outputs = Enumerable.Range(0, outputCount).Select(_ => NewName()).ToArray();
        _nodes.Add(Message(output =>
        {
            foreach (string input in inputs) Text(output, 1, input);
            foreach (string name in outputs) Text(output, 2, name);
            Text(output, 3, "node_" + outputs[0]);
            Text(output, 4, op);
            foreach (var (name, value) in attributes) Bytes(output, 5, Attribute(name, value));
        }));
        return outputs;
    }

    /// <summary>Adds a constant of numbers as an initializer.</summary>
    public string Constant(float[] values, params int[] shape)
    {
        string name = NewName();
        _initializers.Add(Tensor(name, values, shape));
        return name;
    }

    /// <summary>Adds a constant of numbers that lie in a file beside the model.</summary>
    /// <param name="location">Name of the file.</param>
    /// <param name="offset">Place of the first byte.</param>
    /// <param name="shape">Sizes of the axes.</param>
    public string ExternalConstant(string location, long offset, params int[] shape)
    {
        string name = NewName();
        long length = shape.Aggregate((long)sizeof(float), (product, size) => product * size);
        _initializers.Add(Message(output =>
        {
            foreach (int size in shape) Integer(output, 1, size);
            Integer(output, 2, 1);
            Text(output, 8, name);
            foreach (var (key, value) in new[] { ("location", location), ("offset", $"{offset}"), ("length", $"{length}") }) Bytes(output, 13, Entry(key, value));
            Integer(output, 14, 1);
        }));
        return name;
    }

    /// <summary>Adds a constant of integers as an initializer.</summary>
    public string Constant(long[] values, bool isScalar = false)
    {
        string name = NewName();
        _initializers.Add(Tensor(name, values, isScalar ? [] : [values.Length]));
        return name;
    }

    /// <summary>Adds a constant of numbers as a Constant node.</summary>
    public string ConstantNode(float[] values, params int[] shape) => Node("Constant", [], ("value", Tensor("", values, shape)));

    /// <summary>Adds an input of the graph; -1 for a size that is not fixed.</summary>
    public void Input(string name, int elementType, params long[] shape) => _inputs.Add(ValueInfo(name, elementType, shape));

    /// <summary>Adds an output of the graph.</summary>
    public void Output(string name, params long[] shape) => _outputs.Add(ValueInfo(name, 1, shape));

    /// <summary>Adds metadata.</summary>
    public void Metadata(string key, string value) => _metadata.Add((key, value));

    /// <summary>The file's bytes.</summary>
    public byte[] Write(int opset = 14)
    {
        byte[] graph = Graph().Bytes;
        return Message(output =>
        {
            Integer(output, 1, 8);
            Bytes(output, 7, graph);
            Bytes(output, 8, Message(version => Integer(version, 2, opset)));
            foreach (var (key, value) in _metadata) Bytes(output, 14, Entry(key, value));
        });
    }

    /// <summary>Returns the graph alone: a branch of an If node, as the value of an attribute.</summary>
    public OnnxBranch Graph() => new(Message(output =>
    {
        foreach (byte[] node in _nodes) Bytes(output, 1, node);
        Text(output, 2, "graph");
        foreach (byte[] tensor in _initializers) Bytes(output, 5, tensor);
        foreach (byte[] input in _inputs) Bytes(output, 11, input);
        foreach (byte[] info in _outputs) Bytes(output, 12, info);
    }));

    private static byte[] Attribute(string name, object value) => Message(output =>
    {
        Text(output, 1, name);
        int type;
        switch (value)
        {
            case float number:
                output.WriteTag(2, WireFormat.WireType.Fixed32);
                output.WriteFloat(number);
                type = 1;
                break;
            case int integer:
                Integer(output, 3, integer);
                type = 2;
                break;
            case string text:
                Text(output, 4, text);
                type = 3;
                break;
            case byte[] tensor:
                Bytes(output, 5, tensor);
                type = 4;
                break;
            case OnnxBranch branch:
                Bytes(output, 6, branch.Bytes);
                type = 5;
                break;
            case float[] numbers:
                foreach (float number in numbers)
                {
                    output.WriteTag(7, WireFormat.WireType.Fixed32);
                    output.WriteFloat(number);
                }
                type = 6;
                break;
            case long[] integers:
                foreach (long integer in integers) Integer(output, 8, integer);
                type = 7;
                break;
            case string[] texts:
                foreach (string text in texts) Text(output, 9, text);
                type = 8;
                break;
            default: throw new ArgumentException("no such attribute", nameof(value));
        }
        Integer(output, 20, type);
    });

    private static byte[] Entry(string key, string value) => Message(output =>
    {
        Text(output, 1, key);
        Text(output, 2, value);
    });

    /// <summary>Returns a tensor, as ONNX's own tests have it in a file.</summary>
    /// <param name="name">Its name; empty for none.</param>
    /// <param name="values">The numbers, row-major.</param>
    /// <param name="shape">Sizes of the axes.</param>
    public static byte[] Tensor(string name, float[] values, int[] shape) => Message(output =>
    {
        foreach (int size in shape) Integer(output, 1, size);
        Integer(output, 2, 1);
        Text(output, 8, name);
        Bytes(output, 9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    });

    private static byte[] Tensor(string name, long[] values, int[] shape) => Message(output =>
    {
        foreach (int size in shape) Integer(output, 1, size);
        Integer(output, 2, 7);
        // Packed, as most writers have it.
        Bytes(output, 7, Message(packed =>
        {
            foreach (long value in values) packed.WriteInt64(value);
        }));
        Text(output, 8, name);
    });

    private static byte[] ValueInfo(string name, int elementType, long[] shape) => Message(output =>
    {
        Text(output, 1, name);
        Bytes(output, 2, Message(type => Bytes(type, 1, Message(tensor =>
        {
            Integer(tensor, 1, elementType);
            Bytes(tensor, 2, Message(sizes =>
            {
                for (int i = 0; i < shape.Length; i++)
                {
                    long size = shape[i];
                    string symbol = $"{name}_{i}";
                    Bytes(sizes, 1, Message(dimension =>
                    {
                        if (size >= 0) Integer(dimension, 1, size);
                        else Text(dimension, 2, symbol);
                    }));
                }
            }));
        }))));
    });

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

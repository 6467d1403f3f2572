// From the bytes of an .onnx file to an OnnxModel. The bytes are foreign: protobuf's reader checks every length; what it
// refuses, and what does not add up, becomes one line.

using System;
using System.Collections.Generic;
using System.IO;
using Google.Protobuf;
using static Crime.Modelling.Import.Onnx.Files.Protobuf;

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>Reads the protobuf messages of an ONNX file.</summary>
internal sealed class OnnxReader
{
    private const int MaxFileSize = 256 * 1024 * 1024;

    // Graphs within nodes of graphs. The bound keeps a forged file from exhausting the stack.
    private const int MaxDepth = 8;

    private readonly TensorReader _tensors;
    private int _depth;

    private OnnxReader(ExternalData files) => _tensors = new TensorReader(files);

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Name for messages.</param>
    /// <exception cref="UserInputException">It is not a usable ONNX file.</exception>
    public static OnnxModel Parse(byte[] bytes, string path)
    {
        if (bytes.Length > MaxFileSize) throw new UserInputException($"{path}: {bytes.Length} bytes are more than the {MaxFileSize} that are read");
        var model = new OnnxModel();
        var reader = new OnnxReader(new ExternalData(path));
        bool hasGraph = false;
        try
        {
            ReadMessage(new CodedInputStream(bytes), (field, _, input) =>
            {
                switch (field)
                {
                    case 7:
                        hasGraph = true;
                        reader.ReadGraph(Message(input), model);
                        break;
                    case 8:
                        ReadOperatorSet(Message(input), model);
                        break;
                    case 14:
                        ReadMetadata(Message(input), model);
                        break;
                    default:
                        input.SkipLastField();
                        break;
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
        if (!hasGraph || model.Opset == 0) throw new UserInputException($"{path}: not an ONNX file, or cut off: it holds no graph or no operator set");
        return model;
    }

    private static void ReadOperatorSet(CodedInputStream input, OnnxModel model)
    {
        string domain = "";
        long version = 0;
        ReadMessage(input, (field, _, entry) =>
        {
            if (field == 1) domain = entry.ReadString();
            else if (field == 2) version = entry.ReadInt64();
            else entry.SkipLastField();
        });
        if (domain is "" or "ai.onnx") model.Opset = (int)Math.Clamp(version, 0, int.MaxValue);
    }

    private OnnxModel ReadBranch(CodedInputStream input)
    {
        if (++_depth > MaxDepth) throw new UserInputException($"graphs are nested more than {MaxDepth} deep");
        var branch = new OnnxModel();
        ReadGraph(input, branch);
        _depth--;
        return branch;
    }

    private void ReadGraph(CodedInputStream input, OnnxModel model) => ReadMessage(input, (field, _, graph) =>
    {
        switch (field)
        {
            case 1:
                model.Nodes.Add(ReadNode(Message(graph)));
                break;
            case 5:
                OnnxTensor tensor = _tensors.Read(Message(graph));
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

    private OnnxNode ReadNode(CodedInputStream input)
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

    private void ReadAttribute(CodedInputStream input, OnnxNode node)
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
                case 5: attribute.Tensor = _tensors.Read(Message(part)); break;
                case 6: attribute.Graph = ReadBranch(Message(part)); break;
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
        isInteger = element is ElementType.Int32 or ElementType.Int64;
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

}

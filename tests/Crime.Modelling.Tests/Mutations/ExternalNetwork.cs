// A small ONNX network whose weights lie in a file beside it.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx;

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
        var file = new OnnxFile();
        string External(params int[] shape)
        {
            int offset = data.Count, count = shape.Aggregate(1, (product, size) => product * size);
            for (int n = 0; n < count; n++) data.AddRange(BitConverter.GetBytes(random.NextSingle() - 0.5f));
            return file.ExternalConstant(FileName, offset, shape);
        }
        file.Input("x", 1, -1, -1, Inputs);
        string[] states = file.Nodes("GRU", ["x", External(1, 3 * Hidden, Inputs), External(1, 3 * Hidden, Hidden)], 2, ("hidden_size", Hidden));
        file.Output(file.Node("MatMul", [states[1], External(Hidden, Classes)]), 1, -1, Classes);
        return (file.Write(), [.. data]);
    }
}

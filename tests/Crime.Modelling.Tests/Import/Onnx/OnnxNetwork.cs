using System;
using System.IO;
using System.Linq;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Puts a small network together, node by node, and compares its import with ONNX Runtime.</summary>
public abstract class OnnxNetwork
{
    protected const int Hidden = 4, Inputs = 3, Classes = 2;

    private protected OnnxFile File { get; } = new();

    private readonly Random _random = new(5);

    /// <summary>Returns random numbers.</summary>
    protected float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.NextSingle() - 0.5f)];

    /// <summary>Adds a tensor of random numbers.</summary>
    protected string Constant(params int[] shape) => File.Constant(Numbers(shape.Aggregate(1, (a, b) => a * b)), shape);

    /// <summary>Adds a vector of whole numbers.</summary>
    protected string Vector(params long[] values) => File.Constant(values);

    /// <summary>Adds a whole number.</summary>
    protected string Number(long value) => File.Constant([value], isScalar: true);

    /// <summary>Adds an LSTM that reads [time, batch, width].</summary>
    protected (string Y, string Final) Lstm(string x, int width = Inputs, bool isBoth = false, params string[] states)
    {
        int directions = isBoth ? 2 : 1;
        string[] inputs = [x, Constant(directions, 4 * Hidden, width), Constant(directions, 4 * Hidden, Hidden), Constant(directions, 8 * Hidden), .. states];
        string[] outputs = File.Nodes("LSTM", inputs, 2, ("direction", isBoth ? "bidirectional" : "forward"), ("hidden_size", Hidden));
        return (outputs[0], outputs[1]);
    }

    /// <summary>Takes an axis of size 1 away.</summary>
    protected string Squeezed(string value, long axis) => File.Node("Squeeze", [value, Vector(axis)]);

    /// <summary>Adds the linear head.</summary>
    protected string Head(string states, int width = Hidden) => File.Node("Gemm", [states, Constant(Classes, width), Constant(Classes)], ("transB", 1));

    /// <summary>The user's statements about the network.</summary>
    protected ImportOptions Options { get; set; } = ImportOptions.None;

    /// <summary>Compares the import with ONNX Runtime, and returns it.</summary>
    protected ImportedModel Equal(string output, int opset = 14, params long[] shape)
    {
        File.Output(output, shape.Length == 0 ? [-1, Classes] : shape);
        byte[] bytes = File.Write(opset);
        ImportedModel imported = OnnxImporter.Import(bytes, "net.onnx", Options);
        using var session = new InferenceSession(bytes);
        string sample = Path.Combine(Path.GetTempPath(), $"crime-fold-{Guid.NewGuid():n}.json");
        try
        {
            System.IO.File.WriteAllText(sample, OriginalRun.Sample(session, 0));
            Assert.That(ModelCheck.Compare(imported, sample).MaxDifference, Is.LessThan(2e-5));
        }
        finally
        {
            System.IO.File.Delete(sample);
        }
        return imported;
    }

    /// <summary>The operator set of a network that is refused.</summary>
    protected int OperatorSet { get; set; } = 14;

    /// <summary>Asserts that the network is refused in one line with the texts.</summary>
    protected void AssertRefused(string output, params string[] texts)
    {
        File.Output(output, -1, Classes);
        UserInputException refusal = Assert.Throws<UserInputException>(() => OnnxImporter.Import(File.Write(OperatorSet), "net.onnx", Options))!;
        foreach (string text in texts) Assert.That(refusal.Message, Does.Contain(text));
        Assert.That(refusal.Message, Does.Contain("; ").And.Not.Contain("\n"), "it says what to do, in one line");
    }

    /// <summary>Adds the input.</summary>
    protected string Input(params long[] shape)
    {
        File.Input("x", 1, shape);
        return "x";
    }

    /// <summary>Moves the time in front.</summary>
    protected string TimeFirst(string x) => File.Node("Transpose", [x], ("perm", new long[] { 1, 0, 2 }));
}

// The part of an ONNX file that a recurrent classifier needs, as plain data. The field numbers are those of the public onnx.proto.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>A constant tensor: either numbers or integers.</summary>
/// <param name="Name">Its name; empty for a nameless one.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Values">Numbers, row-major; empty for integers.</param>
/// <param name="Integers">Integers, row-major; empty for numbers.</param>
internal sealed record OnnxTensor(string Name, int[] Shape, float[] Values, long[] Integers)
{
    /// <summary>The shape as people write it.</summary>
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";

    /// <summary>True when it holds whole numbers.</summary>
    public bool IsInteger { get; init; }

    /// <summary>Why the elements were not read; null when they were.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Returns the tensor as a known value of the graph.</summary>
    public KnownTensor ToKnown() => Obstacle != null
        ? throw new NotKnownException(Obstacle)
        : IsInteger
            ? KnownTensor.OfIntegers(Array.ConvertAll(Integers, number => new Size(number)), Shape)
            : KnownTensor.OfNumbers(Values, Shape);
}

/// <summary>An attribute of a node; only the field of its type is filled.</summary>
internal sealed class OnnxAttribute
{
    /// <summary>A number.</summary>
    public float Float { get; set; }

    /// <summary>An integer.</summary>
    public long Integer { get; set; }

    /// <summary>A text.</summary>
    public string Text { get; set; } = "";

    /// <summary>A tensor.</summary>
    public OnnxTensor? Tensor { get; set; }

    /// <summary>Numbers.</summary>
    public List<float> Floats { get; } = [];

    /// <summary>Integers.</summary>
    public List<long> Integers { get; } = [];

    /// <summary>Texts.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>A graph: a branch of an If node.</summary>
    public OnnxModel? Graph { get; set; }
}

/// <summary>A node of the graph.</summary>
internal sealed class OnnxNode : ISignalSource
{
    /// <summary>Its name; may be empty.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its operator, such as LSTM.</summary>
    public string Operator { get; set; } = "";

    /// <summary>The operator's domain; empty for ONNX's own.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Names of the values it takes; an empty name stands for an optional one that is left out.</summary>
    public List<string> Inputs { get; } = [];

    /// <summary>Names of the values it gives.</summary>
    public List<string> Outputs { get; } = [];

    /// <summary>Attributes by name.</summary>
    public Dictionary<string, OnnxAttribute> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns the names of all values that it depends on, those that its branches use included.</summary>
    public IEnumerable<string> AllInputs() => Inputs.Concat(Attributes.Values.Where(attribute => attribute.Graph != null)
        .SelectMany(attribute => attribute.Graph!.Nodes.SelectMany(node => node.AllInputs()).Concat(attribute.Graph.Outputs.Select(output => output.Name))));

    /// <summary>An integer attribute.</summary>
    public long Integer(string name, long otherwise) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Integer : otherwise;

    /// <summary>A number attribute.</summary>
    public float Float(string name, float otherwise) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Float : otherwise;

    /// <summary>A text attribute.</summary>
    public string Text(string name, string otherwise) => Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Text : otherwise;

    /// <summary>Returns a refusal that names this node.</summary>
    /// <param name="reason">Why it has no place.</param>
    /// <param name="remedy">Remedy for the user of the file.</param>
    public UserInputException Refuse(string reason, string remedy = Remedy.Export) =>
        new($"node '{(Name.Length > 0 ? Name : Outputs.FirstOrDefault("?"))}' ({Operator}): {reason}; {remedy}");
}

/// <summary>An input or output of the graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Sizes, -1 for one that is not fixed; null when the file does not say.</param>
/// <param name="IsInteger">Whether its elements are integers.</param>
internal sealed record OnnxValueInfo(string Name, long[]? Shape, bool IsInteger);

/// <summary>A whole file.</summary>
internal sealed class OnnxModel
{
    /// <summary>The nodes, each after those it depends on.</summary>
    public List<OnnxNode> Nodes { get; } = [];

    /// <summary>Constants by name.</summary>
    public Dictionary<string, OnnxTensor> Initializers { get; } = new(StringComparer.Ordinal);

    /// <summary>The graph's inputs; older files list constants too.</summary>
    public List<OnnxValueInfo> Inputs { get; } = [];

    /// <summary>The graph's outputs.</summary>
    public List<OnnxValueInfo> Outputs { get; } = [];

    /// <summary>Version of ONNX's operators that the file was written for.</summary>
    public int Opset { get; set; }

    /// <summary>Free metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);
}

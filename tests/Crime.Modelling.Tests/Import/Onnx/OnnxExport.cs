using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Crime.Model;
using Crime.Modelling.Import.Onnx;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Writes a network as ONNX, each time with other operators around the recurrent nodes.</summary>
/// <param name="model">The network.</param>
/// <param name="seed">Chooses the operators.</param>
/// <param name="isBatchFirst">Whether the recurrent nodes have layout 1, which ONNX Runtime does not run.</param>
/// <param name="hasLengths">Whether they take sequence_lens.</param>
internal sealed class OnnxExport(TrainedModel model, int seed, bool isBatchFirst, bool hasLengths)
{
    private readonly OnnxFile _file = new();
    private readonly Random _random = new(seed);
    private bool _isInputBatchFirst;

    private static readonly HashSet<Activation> s_takesAlpha =
    [
        Activation.Affine, Activation.LeakyRelu, Activation.ThresholdedRelu, Activation.ScaledTanh, Activation.HardSigmoid, Activation.Elu,
    ];

    private static readonly HashSet<Activation> s_takesBeta = [Activation.Affine, Activation.ScaledTanh, Activation.HardSigmoid];

    /// <summary>The file, and whether its input is [batch, time, ...].</summary>
    public (byte[] Bytes, bool IsInputBatchFirst) Write()
    {
        _isInputBatchFirst = Chance();
        string x = Input();
        string y = "", last = "";
        for (int i = 0; i < model.Layers.Count; i++)
        {
            RecurrentLayer layer = model.Layers[i];
            if (i > 0) x = Joined(y, model.Layers[i - 1]);
            (y, last) = Layer(layer, x);
        }
        string seen = Seen(y, last);
        string logits = Head(seen);
        // The name of the output is that of the value: an Identity gives it a known one.
        _file.Output(logits, -1, model.ClassNames.Count);
        OutputName = logits;
        _file.Metadata("classes", JsonSerializer.Serialize(model.ClassNames));
        if (model.CodePoints != null) _file.Metadata("vocabulary_codepoints", JsonSerializer.Serialize(model.CodePoints));
        return (_file.Write(), _isInputBatchFirst);
    }

    /// <summary>Name of the logits.</summary>
    public string OutputName { get; private set; } = "";

    private string Input()
    {
        if (hasLengths) _file.Input("lengths", 6, -1);
        if (model.Input == InputKind.Tokens)
        {
            _file.Input("x", 7, -1, -1);
            string table = _file.Constant(model.Embedding, model.VocabularyCount, model.InputCount);
            string tokens = Chance() ? _file.Node("Identity", ["x"]) : "x";
            return Arranged(_file.Node("Gather", [table, tokens], ("axis", 0)));
        }
        _file.Input("x", 1, -1, -1, model.InputCount);
        return Arranged("x");
    }

    /// <summary>Time and batch where the recurrent nodes want them.</summary>
    private string Arranged(string x) => _isInputBatchFirst == isBatchFirst ? x : _file.Node("Transpose", [x], ("perm", new long[] { 1, 0, 2 }));

    private (string Y, string Last) Layer(RecurrentLayer layer, string x)
    {
        int directions = layer.Directions.Count, hidden = layer.HiddenCount, rows = layer.Shape.RowCount, inputs = layer.InputCount;
        int[] order = layer.Kind switch { CellKind.Lstm => [0, 3, 1, 2], CellKind.Gru => [1, 0, 2], _ => [0] };
        float[] Stack(Func<DirectionWeights, IEnumerable<float>> part) => layer.Directions.SelectMany(part).ToArray();
        IEnumerable<float> Gates(float[] values) => order.SelectMany(gate => values.Skip(gate * values.Length / order.Length).Take(values.Length / order.Length));

        string w = Constant(Stack(d => Gates(d.InputWeights)), directions, rows, inputs);
        string r = Constant(Stack(d => Gates(d.RecurrentWeights)), directions, rows, hidden);
        string b = Constant(Stack(d => Gates(d.InputBias).Concat(Gates(d.RecurrentBias))), directions, 2 * rows);
        var names = new List<string> { x, w, r, b, hasLengths ? "lengths" : "", InitialState(layer, d => d.InitialHidden) };
        if (layer.Kind == CellKind.Lstm)
        {
            names.Add(InitialState(layer, d => d.InitialCell));
            names.Add(layer.Directions[0].Peepholes == null
                ? ""
                : Constant(Stack(d => new[] { 0, 2, 1 }.SelectMany(gate => d.Peepholes!.Skip(gate * hidden).Take(hidden))), directions, 3 * hidden));
        }
        string[] outputs = _file.Nodes(layer.Kind.ToString().ToUpperInvariant(), names, 2, [.. Attributes(layer)]);
        return (outputs[0], outputs[1]);
    }

    private IEnumerable<(string Name, object Value)> Attributes(RecurrentLayer layer)
    {
        yield return ("hidden_size", layer.HiddenCount);
        yield return ("direction", layer.Direction switch { Direction.Reverse => "reverse", Direction.Both => "bidirectional", _ => "forward" });
        if (isBatchFirst) yield return ("layout", 1);
        if (layer.Clip > 0) yield return ("clip", layer.Clip);
        if (layer.IsInputForget) yield return ("input_forget", 1);
        if (layer.Kind == CellKind.Gru) yield return ("linear_before_reset", layer.IsResetBefore ? 0 : 1);
        if (layer.Directions.All(weights => weights.Activations == null)) yield break;
        int count = layer.Kind switch { CellKind.Lstm => 3, CellKind.Gru => 2, _ => 1 };
        ActivationFunction[] functions = layer.Directions.SelectMany(weights => layer.ActivationsOf(weights).Take(count)).ToArray();
        yield return ("activations", functions.Select(function => function.Function.ToString()).ToArray());
        float[] alphas = functions.Where(function => s_takesAlpha.Contains(function.Function)).Select(function => function.Alpha).ToArray();
        float[] betas = functions.Where(function => s_takesBeta.Contains(function.Function)).Select(function => function.Beta).ToArray();
        if (alphas.Length > 0) yield return ("activation_alpha", alphas);
        if (betas.Length > 0) yield return ("activation_beta", betas);
    }

    /// <summary>An initial state for every sequence of the batch, which only the run knows: spread by Expand where it is not one.</summary>
    private string InitialState(RecurrentLayer layer, Func<DirectionWeights, float[]?> part)
    {
        if (part(layer.Directions[0]) == null) return "";
        float[] values = layer.Directions.SelectMany(weights => part(weights)!).ToArray();
        int directions = layer.Directions.Count, hidden = layer.HiddenCount;
        int[] shape = isBatchFirst ? [BatchSize, directions, hidden] : [directions, BatchSize, hidden];
        float[] spread = new float[values.Length * BatchSize];
        for (int d = 0; d < directions; d++)
            for (int n = 0; n < BatchSize; n++)
                Array.Copy(values, d * hidden, spread, (isBatchFirst ? n * directions + d : d * BatchSize + n) * hidden, hidden);
        return Constant(spread, shape);
    }

    /// <summary>Sequences per batch that the file is written for.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>The output of a layer as the next one's input.</summary>
    private string Joined(string y, RecurrentLayer layer)
    {
        int outputs = layer.Shape.OutputCount;
        if (layer.Directions.Count == 1 && Chance()) return _file.Node("Squeeze", [y, _file.Constant([isBatchFirst ? 2L : 1L])]);
        string arranged = isBatchFirst ? y : _file.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 }));
        return _file.Node("Reshape", [arranged, _file.Constant(Chance() ? [0, 0, -1] : [0, 0, outputs])]);
    }

    /// <summary>What the head sees, [batch, outputs].</summary>
    private string Seen(string y, string last)
    {
        RecurrentLayer layer = model.Layers[^1];
        string states = model.HeadInput == HeadInput.FinalState ? last : Step(y, model.HeadInput == HeadInput.LastStep ? -1 : 0);
        int partAxis = isBatchFirst ? 1 : 0;
        if (layer.Directions.Count == 2 && Chance())
        {
            // As PyTorch users write it: the two states picked one by one, then joined.
            string[] parts = new[] { -2L, -1L }
                .Select(index => _file.Node("Gather", [states, _file.Constant([index], isScalar: true)], ("axis", partAxis))).ToArray();
            return _file.Node("Concat", parts, ("axis", 1));
        }
        if (layer.Directions.Count == 1 && Chance()) return _file.Node("Squeeze", [states, _file.Constant([(long)partAxis])]);
        string arranged = isBatchFirst ? states : _file.Node("Transpose", [states], ("perm", new long[] { 1, 0, 2 }));
        return Chance() ? _file.Node("Flatten", [arranged]) : _file.Node("Reshape", [arranged, _file.Constant([0L, -1L])]);
    }

    /// <summary>One step of Y, as [directions, batch, hidden] or with layout 1 [batch, directions, hidden].</summary>
    private string Step(string y, long index)
    {
        int timeAxis = isBatchFirst ? 1 : 0;
        if (Chance()) return _file.Node("Gather", [y, _file.Constant([index], isScalar: true)], ("axis", timeAxis));
        string[] bounds = [_file.Constant([index]), _file.Constant([index == -1 ? long.MaxValue : index + 1]), _file.Constant([(long)timeAxis])];
        return _file.Node("Squeeze", [_file.Node("Slice", [y, .. bounds]), _file.Constant([(long)timeAxis])]);
    }

    private string Head(string seen)
    {
        int classes = model.ClassNames.Count, width = model.HeadInputCount;
        if (Chance()) return _file.Node("Gemm", [seen, Constant(model.HeadWeights, classes, width), Constant(model.HeadBias, classes)], ("transB", 1));
        var turned = new float[classes * width];
        for (int k = 0; k < classes; k++)
            for (int i = 0; i < width; i++) turned[i * classes + k] = model.HeadWeights[k * width + i];
        return _file.Node("Add", [_file.Node("MatMul", [seen, Constant(turned, width, classes)]), Constant(model.HeadBias, classes)]);
    }

    private string Constant(float[] values, params int[] shape) => Chance() ? _file.Constant(values, shape) : _file.ConstantNode(values, shape);

    private bool Chance() => _random.Next(2) == 0;
}

// The operations between the input of a network and its head. The bytes are foreign: whatever is read here has been checked before
// anything is allocated for a run.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Gateway.Inference.Graphs;

/// <summary>A value of a graph: what an operation reads and makes.</summary>
/// <param name="Width">Numbers of a vector.</param>
/// <param name="Length">Number of the length: an index into <see cref="NetworkGraph.Lengths"/>; -1 for one vector per sequence.</param>
public readonly record struct ValueShape(int Width, int Length)
{
    /// <summary>True when there is one vector for each timestep.</summary>
    public bool IsPerStep => Length >= 0;
}

/// <summary>A length of sequences within a graph, which follows from another one.</summary>
/// <param name="Of">Number of the other length; -1 for the length of the input.</param>
/// <param name="Window">The window that makes one of the other.</param>
public readonly record struct LengthRule(int Of, WindowShape Window);

/// <summary>Operations in the order in which they are computed; each reads the results of earlier ones.</summary>
public sealed class NetworkGraph
{
    /// <summary>Most operations.</summary>
    public const int MaxOperations = 256;

    /// <summary>Most values that an operation reads.</summary>
    public const int MaxInputs = 16;

    /// <summary>Largest sum of the widths of all values that have a vector per timestep: bounds the memory of a run.</summary>
    public const int MaxStepWidth = 8192;

    /// <summary>Most timesteps by which all windows together may make a sequence longer.</summary>
    public const int MaxGrowth = 1024;

    private const int OperationSize = 20;

    // Operations in front of the first recurrent layer, where they are a chain of windows, maps and functions.
    private readonly int _frontCount;

    private NetworkGraph(IReadOnlyList<GraphOperation> operations, ValueShape[] shapes, IReadOnlyList<LengthRule> lengths)
    {
        Operations = operations;
        Shapes = shapes;
        Lengths = lengths;
        _frontCount = CountFront();
        IsResumable = CanResume();
        FrontWindows = IsResumable
            ? [.. Enumerable.Range(0, _frontCount).Where(n => operations[n] is { Kind: OperationKind.Window, Window: { Size: > 1 } or { Stride: > 1 } })]
            : [];
        Pooling = IsResumable ? operations.FirstOrDefault(operation => operation.Kind == OperationKind.Pool) : null;
    }

    /// <summary>The operations.</summary>
    public IReadOnlyList<GraphOperation> Operations { get; }

    /// <summary>Shapes of the values: the input, then the result of each operation.</summary>
    public IReadOnlyList<ValueShape> Shapes { get; }

    /// <summary>The lengths that values have; the first one is that of the input.</summary>
    public IReadOnlyList<LengthRule> Lengths { get; }

    /// <summary>Single-precision numbers of all operations.</summary>
    public long FloatCount => Operations.Sum(operation => (long)operation.Numbers.Length);

    /// <summary>
    /// True when a sequence can be continued from a state: operations that mix timesteps are windows in a row in front of the first layer, of an answer per
    /// sequence, and recurrent layers, of which the end alone is used, and at most one mean or maximum.
    /// </summary>
    public bool IsResumable { get; }

    /// <summary>The only pooling of a graph that is resumable; null without one.</summary>
    public GraphOperation? Pooling { get; }

    /// <summary>The windows in front of the layers of a graph that is resumable, each an index of an operation; empty without them.</summary>
    public IReadOnlyList<int> FrontWindows { get; }

    /// <summary>Checks operations and finds the shapes of their values.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="inputCount">Numbers of the input per timestep.</param>
    /// <param name="layers">The recurrent layers; each has to be the layer of one operation.</param>
    /// <exception cref="GraphException">An operation does not fit the values that it reads.</exception>
    public static NetworkGraph Of(IReadOnlyList<GraphOperation> operations, int inputCount, IReadOnlyList<LayerShape> layers)
    {
        if (operations.Count is < 1 or > MaxOperations) throw new GraphException($"a graph has 1 to {MaxOperations} operations, not {operations.Count}");
        var shapes = new ValueShape[operations.Count + 1];
        shapes[0] = new ValueShape(inputCount, 0);
        var lengths = new List<LengthRule> { new(-1, WindowShape.None) };
        var rules = new GraphRules(layers, lengths);
        for (int n = 0; n < operations.Count; n++)
        {
            try
            {
                shapes[n + 1] = rules.ShapeOf(operations[n], shapes.AsSpan(0, n + 1));
            }
            catch (GraphException e)
            {
                throw new GraphException($"operation {n} ({operations[n].Kind}): {e.Message}");
            }
        }
        rules.CheckLayers();
        long width = shapes.Where(shape => shape.IsPerStep).Sum(shape => (long)shape.Width);
        return width <= MaxStepWidth
            ? new NetworkGraph(operations, shapes, lengths)
            : throw new GraphException($"its values have {width} numbers per timestep together; at most {MaxStepWidth} are computed");
    }

    /// <summary>Reads and checks the graph of a model.</summary>
    /// <param name="model">A model with float weights.</param>
    /// <param name="next">Returns the next numbers of the float section; its argument is their count.</param>
    /// <exception cref="GraphException">The section is not a graph of this model.</exception>
    internal static NetworkGraph Read(ModelFile model, Func<int, float[]> next)
    {
        // The widths of inputs decide how many numbers an operation has, so the shapes come before the numbers.
        NetworkGraph graph = Of(ReadOperations(model), model.InputCount, model.Layers);
        long count = graph.Operations.Sum(operation => NumberCount(operation, graph.InputWidth(operation)));
        if (count != model.GraphFloatCount) throw new GraphException($"its operations have {count} numbers, and the file says {model.GraphFloatCount}");
        var operations = new List<GraphOperation>();
        foreach (GraphOperation operation in graph.Operations)
        {
            float[] numbers = next((int)NumberCount(operation, graph.InputWidth(operation)));
            if (!numbers.All(float.IsFinite)) throw new GraphException($"operation {operations.Count} ({operation.Kind}): its numbers hold NaN or infinity");
            operations.Add(operation with { Numbers = numbers });
        }
        ValueShape last = graph.Shapes[^1];
        if (last.Width != model.HeadInputCount) throw new GraphException($"its last value has {last.Width} numbers, and the head sees {model.HeadInputCount}");
        if (last.IsPerStep != model.IsAnswerPerStep)
            throw new GraphException(last.IsPerStep
                ? "it gives vectors for each timestep, and the answer is one"
                : "it gives one vector, and the answer is one per timestep");
        return new NetworkGraph(operations, [.. graph.Shapes], graph.Lengths);
    }

    /// <summary>Returns the reason why the graph of a model cannot be computed; null when it can, or when there is none.</summary>
    /// <param name="model">A model.</param>
    public static string? ProblemOf(ModelFile model)
    {
        if (!model.HasFloat || !model.HasGraph) return null;
        try
        {
            // The numbers follow the embedding and the layers. Their values are not asked for here, only that they are finite.
            long at = model.FloatCount - model.GraphFloatCount - (long)model.OutputCount * (model.HeadInputCount + 1);
            Read(model, count =>
            {
                float[] numbers = model.ReadFloats((int)at, count);
                at += count;
                return numbers;
            });
            return null;
        }
        catch (GraphException e)
        {
            return $"its graph cannot be computed: {e.Message}";
        }
    }

    /// <summary>Returns the bytes of the graph section.</summary>
    public byte[] Write()
    {
        var section = new List<byte>(new byte[ModelFormat.GraphHeaderSize]);
        foreach (GraphOperation operation in Operations)
        {
            int padded = (operation.Inputs.Count + 1) & ~1;
            var entry = new byte[OperationSize + 2 * padded];
            entry[0] = (byte)operation.Kind;
            entry[1] = (byte)operation.Function;
            entry[2] = (byte)operation.Inputs.Count;
            WindowShape window = operation.Window;
            int[] numbers = [operation.Width, operation.Argument, window.Size, window.Stride, window.Dilation, window.Before, window.After];
            for (int k = 0; k < numbers.Length; k++) BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(4 + 2 * k), checked((ushort)numbers[k]));
            for (int k = 0; k < operation.Inputs.Count; k++)
                BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(OperationSize + 2 * k), (ushort)operation.Inputs[k]);
            section.AddRange(entry);
        }
        byte[] bytes = [.. section];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, checked((uint)FloatCount));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), (ushort)Operations.Count);
        return bytes;
    }

    /// <summary>Returns the width of an operation's inputs together.</summary>
    internal int InputWidth(GraphOperation operation) => operation.Inputs.Sum(input => Shapes[input].Width);

    /// <summary>Returns the length of the answer in timesteps.</summary>
    /// <param name="number">Number of the length.</param>
    /// <param name="inputLength">Timesteps of the input.</param>
    internal int LengthOf(int number, int inputLength)
    {
        LengthRule rule = Lengths[number];
        return rule.Of < 0 ? inputLength : rule.Window.LengthOf(LengthOf(rule.Of, inputLength));
    }

    private int CountFront()
    {
        int count = 0;
        bool IsFront(GraphOperation operation) => operation.Inputs.Count == 1 && operation.Inputs[0] == count
            && (operation.Kind is OperationKind.Linear or OperationKind.Apply || operation is { Kind: OperationKind.Window, Window: { Dilation: 1 } or { Size: 1 } });
        while (count < Operations.Count - 1 && IsFront(Operations[count])) count++;
        bool hasWindow = Operations.Take(count).Any(operation => operation.Kind == OperationKind.Window);
        // An answer per timestep has no timesteps of its own to go on with behind a window.
        return hasWindow && Operations[count].Kind == OperationKind.Recurrent && !Shapes[^1].IsPerStep ? count : 0;
    }

    private bool CanResume()
    {
        int pools = 0;
        for (int n = _frontCount; n < Operations.Count; n++)
        {
            GraphOperation operation = Operations[n];
            bool isHeld = operation.Kind switch
            {
                OperationKind.Recurrent => operation.Inputs[0] >= _frontCount,
                OperationKind.Take => operation.Argument != (int)StepKind.First && operation.Inputs[0] > _frontCount
                    && (_frontCount == 0 || Operations[operation.Inputs[0] - 1].Kind == OperationKind.Recurrent),
                OperationKind.Pool => operation.Argument != (int)PoolKind.Sum && operation.Inputs[0] > _frontCount && ++pools == 1,
                OperationKind.Linear or OperationKind.Apply or OperationKind.Normalise or OperationKind.Multiply =>
                    operation.Inputs.All(input => !Shapes[input].IsPerStep || input >= _frontCount),
                _ => operation.Inputs.All(input => !Shapes[input].IsPerStep),
            };
            if (!isHeld) return false;
        }
        return true;
    }

    private static long NumberCount(GraphOperation operation, int inputWidth) => operation.Kind switch
    {
        OperationKind.Linear => (long)operation.Width * inputWidth + operation.Width,
        OperationKind.Apply => 2,
        OperationKind.Normalise => 1,
        _ => 0,
    };

    private static List<GraphOperation> ReadOperations(ModelFile model)
    {
        byte[] section = model.ReadGraph();
        int count = BinaryPrimitives.ReadUInt16LittleEndian(section.AsSpan(4)), at = ModelFormat.GraphHeaderSize;
        if (count > MaxOperations) throw new GraphException($"{count} operations are more than {MaxOperations}");
        var operations = new List<GraphOperation>();
        for (int n = 0; n < count; n++)
        {
            if (section.Length - at < OperationSize) throw new GraphException("its section ends early");
            ReadOnlySpan<byte> entry = section.AsSpan(at, OperationSize);
            int inputs = entry[2], padded = (inputs + 1) & ~1;
            at += OperationSize;
            if (section.Length - at < 2 * padded) throw new GraphException("its section ends early");
            var numbers = new int[7];
            for (int k = 0; k < numbers.Length; k++) numbers[k] = BinaryPrimitives.ReadUInt16LittleEndian(entry[(4 + 2 * k)..]);
            var from = new int[inputs];
            for (int k = 0; k < inputs; k++) from[k] = BinaryPrimitives.ReadUInt16LittleEndian(section.AsSpan(at + 2 * k));
            at += 2 * padded;
            operations.Add(new GraphOperation
            {
                Kind = (OperationKind)entry[0],
                Function = (GraphFunction)entry[1],
                Inputs = from,
                Width = numbers[0],
                Argument = numbers[1],
                Window = new WindowShape(numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]),
                Numbers = [],
            });
        }
        return at == section.Length ? operations : throw new GraphException("its section is longer than its operations");
    }
}

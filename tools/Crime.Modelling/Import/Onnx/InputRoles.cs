// An ONNX graph names the axes of its input, but does not say what they mean. The recurrent nodes do: they want time, batch and
// features in a fixed order. So every meaning that the axes can have is tried, and a recurrent node accepts only the right one.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx;

/// <summary>One meaning of the axes of the graph's input.</summary>
/// <param name="Name">Name of the input that holds the sequences.</param>
/// <param name="Axes">Its axes.</param>
/// <param name="Features">Numbers of a timestep, 1 for tokens.</param>
internal sealed record InputRoles(string Name, IReadOnlyList<Axis> Axes, int Features)
{
    // More than a layer reads; a Linear in front may read more than a model does.
    private const int MaxFeatures = 1 << 14;

    private static readonly int[][] s_orders = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0], [2, 1, 0]];

    /// <summary>Number of sequences.</summary>
    public Size Batch => Axes.SelectMany(axis => axis.Atoms).FirstOrDefault(atom => atom.Kind == AtomKind.Batch, new Atom(AtomKind.Batch, 1)).Size;

    /// <summary>The axes as a report writes them.</summary>
    public string Text => string.Join(", ", Axes);

    /// <summary>Returns all meanings, the usual ones first.</summary>
    /// <param name="model">The file.</param>
    public static IEnumerable<InputRoles> All(OnnxModel model)
    {
        OnnxValueInfo[] inputs = [.. model.Inputs.Where(input => !model.Initializers.ContainsKey(input.Name))];
        int width = WidthOf(model) is var found && found <= MaxFeatures ? found : -1;
        foreach (OnnxValueInfo input in inputs.Where(input => RankOf(input) > 1 || inputs.Length == 1))
            foreach (InputRoles roles in AllOf(input, width)) yield return roles;
    }

    private static int RankOf(OnnxValueInfo input) => input.Shape?.Length ?? (input.IsInteger ? 2 : 3);

    private static IEnumerable<InputRoles> AllOf(OnnxValueInfo input, int width)
    {
        long SizeAt(int axis) => input.Shape == null ? -1 : input.Shape[axis];
        Axis Batch(int axis) => Axis.Batch(SizeAt(axis) > 0 ? SizeAt(axis) : Size.Unknown("batch"));
        Axis Time(int axis) => Axis.Time(SizeAt(axis) > 0 ? SizeAt(axis) : Size.Unknown("time"));
        // A size that the file leaves open is the width of the first recurrent layer.
        int Width(int axis) => SizeAt(axis) is > MaxFeatures ? -1 : SizeAt(axis) > 0 ? (int)SizeAt(axis) : width;
        switch (RankOf(input))
        {
            case 1:
                yield return new InputRoles(input.Name, [Time(0)], 1);
                break;
            case 2:
                if (!input.IsInteger && Width(1) > 0) yield return new InputRoles(input.Name, [Time(0), Axis.Features(Width(1))], Width(1));
                yield return new InputRoles(input.Name, [Batch(0), Time(1)], 1);
                yield return new InputRoles(input.Name, [Time(0), Batch(1)], 1);
                if (SizeAt(1) <= 0 || width <= 0 || SizeAt(1) % width != 0) yield break;
                // All timesteps in a row, which a Reshape takes apart.
                var steps = new Atom(AtomKind.Time, SizeAt(1) / width);
                Atom[] features = width == 1 ? [] : [new Atom(AtomKind.Feature, width)];
                yield return new InputRoles(input.Name, [Batch(0), new Axis([steps, .. features])], width);
                yield return new InputRoles(input.Name, [Batch(0), new Axis([.. features, steps])], width);
                break;
            case 3:
                foreach (int[] order in s_orders)
                {
                    int count = Width(order[2]);
                    if (count <= 0) continue;
                    var axes = new Axis[3];
                    axes[order[0]] = Batch(order[0]);
                    axes[order[1]] = Time(order[1]);
                    axes[order[2]] = Axis.Features(count);
                    yield return new InputRoles(input.Name, axes, count);
                }
                break;
        }
    }

    /// <summary>Returns the width of the input of the first recurrent node or convolution where the file shows it; -1 otherwise.</summary>
    private static int WidthOf(OnnxModel model)
    {
        OnnxNode? first = model.Nodes.FirstOrDefault(node => node.Operator is "LSTM" or "GRU" or "RNN" or "Conv" && node.Inputs.Count > 1);
        if (first == null || !model.Initializers.TryGetValue(first.Inputs[1], out OnnxTensor? w) || w.Shape.Length != 3) return -1;
        return first.Operator == "Conv" ? (int)Math.Min(w.Shape[1] * Math.Max(1, first.Integer("group", 1)), int.MaxValue) : w.Shape[2];
    }
}

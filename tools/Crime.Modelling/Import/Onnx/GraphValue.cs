// What a value of the graph is, followed symbolically: not its numbers, but which part of which network it is and which axis
// means what. With that, the reshuffling that exporters put around a recurrent layer can be seen through.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Import.Onnx;

/// <summary>Meaning of an axis.</summary>
internal enum AxisKind
{
    /// <summary>The first or second axis of the graph's input: time and batch, which is which shows at the first recurrent node.</summary>
    Outer,

    /// <summary>Timesteps.</summary>
    Time,

    /// <summary>Sequences side by side.</summary>
    Batch,

    /// <summary>Directions of a layer, or states side by side.</summary>
    Part,

    /// <summary>Features, hidden units, or classes.</summary>
    Unit,

    /// <summary>An axis of size 1 without a meaning.</summary>
    One,
}

/// <summary>An axis.</summary>
/// <param name="Kind">Its meaning.</param>
/// <param name="Size">Its size, -1 where it is not fixed.</param>
/// <param name="Index">For <see cref="AxisKind.Outer"/>: which axis of the graph's input it is.</param>
internal sealed record Axis(AxisKind Kind, long Size, int Index = 0);

/// <summary>When a state is taken.</summary>
internal enum Moment
{
    /// <summary>At every timestep.</summary>
    Every,

    /// <summary>At the end of its direction's own way.</summary>
    Final,

    /// <summary>At the last timestep.</summary>
    Last,

    /// <summary>At the first timestep.</summary>
    First,
}

/// <summary>One direction of one layer.</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="Direction">0, or 1 for the second direction of a layer that reads both ways.</param>
/// <param name="IsReverse">Whether it reads from the last timestep to the first.</param>
internal readonly record struct StatePart(int Layer, int Direction, bool IsReverse);

/// <summary>A linear map after the recurrent layers.</summary>
/// <param name="Weights">[outputs][inputs].</param>
/// <param name="Bias">[outputs].</param>
internal sealed record LinearMap(float[] Weights, float[] Bias)
{
    /// <summary>Numbers that come out.</summary>
    public int OutputCount => Bias.Length;

    /// <summary>This map, then another.</summary>
    public LinearMap Then(LinearMap next)
    {
        int inputs = Weights.Length / OutputCount, middle = OutputCount, outputs = next.OutputCount;
        var weights = new float[outputs * inputs];
        var bias = new float[outputs];
        for (int row = 0; row < outputs; row++)
        {
            double sum = next.Bias[row];
            for (int k = 0; k < middle; k++) sum += (double)next.Weights[row * middle + k] * Bias[k];
            bias[row] = (float)sum;
            for (int column = 0; column < inputs; column++)
            {
                double product = 0;
                for (int k = 0; k < middle; k++) product += (double)next.Weights[row * middle + k] * Weights[k * inputs + column];
                weights[row * inputs + column] = (float)product;
            }
        }
        return new LinearMap(weights, bias);
    }
}

/// <summary>A value of the graph.</summary>
internal abstract record GraphValue;

/// <summary>A constant.</summary>
internal sealed record ConstantValue(OnnxTensor Tensor) : GraphValue;

/// <summary>Zeros of any shape: how exporters write an initial state.</summary>
internal sealed record ZeroValue : GraphValue;

/// <summary>A vector of sizes: numbers, and axes whose size is not known here.</summary>
internal sealed record SizesValue(IReadOnlyList<SizeEntry> Entries) : GraphValue;

/// <summary>An entry of a vector of sizes.</summary>
/// <param name="Number">The size; meaningless where an axis stands for it.</param>
/// <param name="Axis">The axis that it is the size of; null for a number.</param>
internal readonly record struct SizeEntry(long Number, Axis? Axis = null);

/// <summary>The input of the network, as it is or looked up in an embedding.</summary>
/// <param name="Axes">Its axes.</param>
/// <param name="IsTokens">Whether it holds token numbers.</param>
/// <param name="Embedding">The embedding it has been looked up in; null for none.</param>
internal sealed record InputValue(IReadOnlyList<Axis> Axes, bool IsTokens, OnnxTensor? Embedding = null) : SymbolValue(Axes)
{
    /// <inheritdoc/>
    public override SymbolValue With(IReadOnlyList<Axis> axes) => this with { Axes = axes };
}

/// <summary>States of recurrent layers, perhaps after a linear map.</summary>
/// <param name="Axes">Its axes.</param>
/// <param name="Parts">Which directions of which layers lie side by side, along <see cref="AxisKind.Part"/> or within the units.</param>
/// <param name="Moment">When they are taken.</param>
/// <param name="Map">A linear map that has been applied to the units; null for none.</param>
internal sealed record StateValue(IReadOnlyList<Axis> Axes, IReadOnlyList<StatePart> Parts, Moment Moment, LinearMap? Map = null) : SymbolValue(Axes)
{
    /// <inheritdoc/>
    public override SymbolValue With(IReadOnlyList<Axis> axes) => this with { Axes = axes };

    /// <summary>What of the last layer a head sees. The last step of a forward direction, and the first of a reverse one, is its final state.</summary>
    public HeadInput HeadInput => Moment switch
    {
        Moment.Last when Parts.Any(part => part.IsReverse) => HeadInput.LastStep,
        Moment.First when Parts.Any(part => !part.IsReverse) => HeadInput.FirstStep,
        _ => HeadInput.FinalState,
    };
}

/// <summary>A value whose axes are known.</summary>
internal abstract record SymbolValue(IReadOnlyList<Axis> Axes) : GraphValue
{
    /// <summary>The same with other axes.</summary>
    public abstract SymbolValue With(IReadOnlyList<Axis> axes);

    /// <summary>Index of an axis counted from the front, or from the back when negative.</summary>
    /// <returns>Null when there is no such axis.</returns>
    public int? IndexOf(long axis)
    {
        long index = axis < 0 ? axis + Axes.Count : axis;
        return index >= 0 && index < Axes.Count ? (int)index : null;
    }

    /// <summary>The axes as a message says them.</summary>
    public string AxesText => "[" + string.Join(", ", Axes.Select(axis => axis.Kind.ToString().ToLowerInvariant())) + "]";
}

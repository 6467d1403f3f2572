// The shape of an operation's result, and the reason why it has none. One place, for the files that are read and for those that are written.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Gateway.Inference.Graphs;

/// <summary>Finds the shapes of results.</summary>
/// <param name="layers">The recurrent layers.</param>
/// <param name="lengths">The lengths; new ones are added.</param>
internal sealed class GraphRules(IReadOnlyList<LayerShape> layers, List<LengthRule> lengths)
{
    private readonly bool[] _isRun = new bool[layers.Count];
    private readonly Dictionary<int, int> _layerOfValue = [];
    private long _growth;

    /// <summary>Returns the shape of a result.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="before">Shapes of the values before it.</param>
    /// <exception cref="GraphException">The operation does not fit the values that it reads.</exception>
    public ValueShape ShapeOf(GraphOperation operation, ReadOnlySpan<ValueShape> before)
    {
        if (operation.Inputs.Count is < 1 or > NetworkGraph.MaxInputs) throw new GraphException($"it reads {operation.Inputs.Count} values");
        var inputs = new ValueShape[operation.Inputs.Count];
        for (int n = 0; n < inputs.Length; n++)
        {
            int from = operation.Inputs[n];
            if (from < 0 || from >= before.Length) throw new GraphException($"it reads value {from}, which no operation before it makes");
            inputs[n] = before[from];
        }
        int expected = operation.Kind is OperationKind.Linear ? inputs.Length : operation.Kind is OperationKind.Multiply ? 2 : 1;
        if (inputs.Length != expected) throw new GraphException($"it reads {inputs.Length} values; {expected} were expected");
        ValueShape first = inputs[0];
        ValueShape shape = operation.Kind switch
        {
            OperationKind.Linear => new ValueShape(operation.Width, CommonLength(inputs)),
            OperationKind.Apply when operation.Function is < 0 or > GraphFunction.Erf => throw new GraphException("its function is not known"),
            OperationKind.Apply or OperationKind.Normalise => first,
            OperationKind.Recurrent => RecurrentShape(operation, PerStep(first), before.Length),
            OperationKind.Take => TakenShape(operation, PerStep(first)),
            OperationKind.Pool when operation.Argument is < 0 or > (int)PoolKind.Sum => throw new GraphException("its kind of pooling is not known"),
            OperationKind.Pool => new ValueShape(PerStep(first).Width, -1),
            OperationKind.Window => WindowedShape(operation, PerStep(first), first.Width * Math.Min(operation.Window.Size, ModelFormat.MaxGraphWidth)),
            OperationKind.WindowMax => WindowedShape(operation, PerStep(first), first.Width),
            OperationKind.SoftmaxOverTime => PerStep(first),
            OperationKind.Multiply => ProductShape(inputs),
            _ => throw new GraphException("its kind is not known"),
        };
        if (shape.Width is < 1 or > ModelFormat.MaxGraphWidth) throw new GraphException($"a value of {shape.Width} numbers is outside 1 to {ModelFormat.MaxGraphWidth}");
        return shape.Width == operation.Width ? shape : throw new GraphException($"it makes {shape.Width} numbers, and {operation.Width} are said");
    }

    /// <summary>Checks that every layer has its operation.</summary>
    public void CheckLayers()
    {
        int missing = Array.IndexOf(_isRun, false);
        if (missing >= 0) throw new GraphException($"no operation runs layer {missing}");
    }

    private static ValueShape PerStep(ValueShape shape) =>
        shape.IsPerStep ? shape : throw new GraphException("it reads one vector per sequence; one per timestep was expected");

    private static int CommonLength(ValueShape[] inputs)
    {
        int length = inputs.Max(input => input.Length);
        return inputs.All(input => !input.IsPerStep || input.Length == length)
            ? length
            : throw new GraphException("it reads values of different lengths");
    }

    private ValueShape RecurrentShape(GraphOperation operation, ValueShape input, int value)
    {
        int layer = operation.Argument;
        if (layer < 0 || layer >= layers.Count) throw new GraphException($"there is no layer {layer}");
        if (_isRun[layer]) throw new GraphException($"layer {layer} has an operation before it");
        if (layers[layer].InputCount != input.Width) throw new GraphException($"layer {layer} reads {layers[layer].InputCount} numbers, not {input.Width}");
        _isRun[layer] = true;
        _layerOfValue[value] = layer;
        return input with { Width = layers[layer].OutputCount };
    }

    private ValueShape TakenShape(GraphOperation operation, ValueShape input)
    {
        var moment = (StepKind)operation.Argument;
        if (moment is < 0 or > StepKind.FinalCell) throw new GraphException("its timestep is not known");
        if (moment is StepKind.Final or StepKind.FinalCell)
        {
            if (!_layerOfValue.TryGetValue(operation.Inputs[0], out int layer)) throw new GraphException("it takes the final state of other than a recurrent layer");
            if (moment == StepKind.FinalCell && !layers[layer].HasCellState) throw new GraphException("it takes the cell state of a layer without one");
        }
        return input with { Length = -1 };
    }

    private ValueShape WindowedShape(GraphOperation operation, ValueShape input, int width)
    {
        WindowShape window = operation.Window;
        if (window.Size < 1 || window.Stride < 1 || window.Dilation < 1 || window.Before < 0 || window.After < 0) throw new GraphException("its window has no timesteps");
        long reach = (window.Size - 1L) * window.Dilation;
        if (window.Before > reach || window.After > reach) throw new GraphException("its window reaches further than it is wide");
        if (width > ModelFormat.MaxGraphWidth) throw new GraphException($"a value of {width} numbers is outside 1 to {ModelFormat.MaxGraphWidth}");
        if (window.KeepsLength) return new ValueShape(width, input.Length);
        var rule = new LengthRule(input.Length, window);
        int known = lengths.IndexOf(rule);
        if (known < 0)
        {
            known = lengths.Count;
            lengths.Add(rule);
            // Windows that make sequences longer would let a small file ask for any memory.
            _growth += Math.Max(0, window.Before + window.After - reach);
            if (_growth > NetworkGraph.MaxGrowth) throw new GraphException($"its windows make a sequence more than {NetworkGraph.MaxGrowth} timesteps longer");
        }
        return new ValueShape(width, known);
    }

    private static ValueShape ProductShape(ValueShape[] inputs)
    {
        ValueShape left = inputs[0], right = inputs[1];
        if (left.Width != right.Width && left.Width != 1 && right.Width != 1) throw new GraphException($"it multiplies {left.Width} by {right.Width} numbers");
        return new ValueShape(Math.Max(left.Width, right.Width), CommonLength(inputs));
    }
}

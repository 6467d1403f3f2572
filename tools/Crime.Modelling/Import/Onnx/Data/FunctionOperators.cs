// Functions of the data, as they stand. Whether a function is the end of the network, which changes no decision, or lies between
// two layers is not asked here: NetworkBuilder sees what follows it.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs functions.</summary>
internal static class FunctionOperators
{
    /// <summary>Runs a function of each number.</summary>
    public static DataValue Elementwise(Operation operation) => Apply(operation, operation.Data(0), operation.Node.Operator);

    /// <summary>Runs Softmax and LogSoftmax, which have to go over all features and nothing else.</summary>
    public static DataValue Softmax(Operation operation)
    {
        DataValue value = operation.Data(0);
        // Before opset 13 all axes from this one on are one; from 13 on it is this axis alone.
        bool isOld = operation.Opset < 13;
        int place = operation.AxisAt(operation.Node.Integer("axis", isOld ? 1 : -1), value.Axes.Count);
        IReadOnlyList<Axis> axes = isOld ? [.. value.Axes.Skip(place)] : [value.Axes[place]];
        int count = axes.Aggregate(1, (product, axis) => product * axis.FeatureCount);
        if (axes.Any(axis => !axis.IsFeatures) || count != value.Content.Map.Rows.Count)
            throw operation.Node.Refuse(
                $"it goes over axis {place} of {value.AxesText}; over all classes of a sequence, at the end, it changes no decision", Remedy.Listed);
        return Apply(operation, value, operation.Node.Operator);
    }

    /// <summary>Runs ArgMax over the classes.</summary>
    public static DecisionValue ArgMax(Operation operation)
    {
        DataValue value = operation.Data(0);
        int place = operation.AxisAt(operation.Node.Integer("axis", 0), value.Axes.Count);
        if (!value.Axes[place].IsFeatures || value.Axes[place].FeatureCount != value.Content.Map.Rows.Count || value.HasTime)
            throw operation.Node.Refuse($"it goes over axis {place} of {value.AxesText}; the classes of a sequence were expected", Remedy.Listed);
        if (operation.Node.Integer("select_last_index", 0) != 0)
            throw operation.Node.Refuse("it takes the last class among equals; a model takes the first", "export it with select_last_index = 0");
        return new DecisionValue(value.Content);
    }

    private static DataValue Apply(Operation operation, DataValue value, string name)
    {
        if (value.IsTruncated) throw operation.Node.Refuse("it computes with token numbers", Remedy.Listed);
        return new DataValue(value.Axes, Combination.Of(new FunctionSignal(name, value.Content) { Node = operation.Node }));
    }
}

// Functions of the data, as they stand. Whether a function is the end of the network, which changes no decision, or lies between
// two layers is not asked here: NetworkBuilder sees what follows it.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs functions.</summary>
internal static class FunctionOperators
{
    /// <summary>Runs a function of each number.</summary>
    public static DataValue Elementwise(Operation operation) => Apply(operation, operation.Data(0), operation.Node.Operator);

    /// <summary>Runs a function with numbers of its own.</summary>
    public static DataValue WithNumbers(Operation operation)
    {
        OnnxNode node = operation.Node;
        DataValue value = operation.Data(0);
        return node.Operator switch
        {
            "LeakyRelu" => Apply(operation, value, "LeakyRelu", node.Float("alpha", 0.01f)),
            "ThresholdedRelu" => Apply(operation, value, "ThresholdedRelu", node.Float("alpha", 1)),
            "HardSigmoid" => Apply(operation, value, "HardSigmoid", node.Float("alpha", 0.2f), node.Float("beta", 0.5f)),
            "Elu" => Apply(operation, value, "Elu", node.Float("alpha", 1)),
            "HardSwish" => ProductOperators.Product(operation, value, Apply(operation, value, "HardSigmoid", 1 / 6f, 0.5f)),
            "Selu" => Scaled(Apply(operation, value, "Elu", node.Float("alpha", 1.67326319217681884765625f)), node.Float("gamma", 1.05070102214813232421875f), 0),
            "Clip" => Clip(operation, value),
            "Gelu" => Gelu(operation, value),
            _ => Pow(operation, value),
        };
    }

    /// <summary>Runs Softmax and LogSoftmax over all features of a vector, and Softmax over time.</summary>
    public static DataValue Softmax(Operation operation)
    {
        DataValue value = operation.Data(0);
        // Before opset 13 all axes from this one on are one; from 13 on it is this axis alone.
        bool isOld = operation.Opset < 13;
        int place = operation.AxisAt(operation.Node.Integer("axis", isOld ? 1 : -1), value.Axes.Count);
        IReadOnlyList<Axis> axes = isOld ? [.. value.Axes.Skip(place)] : [value.Axes[place]];
        int count = axes.Aggregate(1, (product, axis) => product * axis.FeatureCount);
        if (axes.Where(axis => axis.Atoms.Count > 0).ToArray() is [var only] && only.Is(AtomKind.Time) && operation.Node.Operator == "Softmax")
            return new DataValue(value.Axes, Combination.Of(new TimeSoftmaxSignal(value.Content) { Node = operation.Node }));
        if (axes.Any(axis => !axis.IsFeatures) || count != value.Content.Map.Rows.Count)
            throw operation.Node.Refuse(
                $"it goes over axis {place} of {value.AxesText}; over all features of a vector, or over time, it is known", Remedy.Listed);
        return Apply(operation, value, operation.Node.Operator);
    }

    /// <summary>Runs ArgMax over the classes.</summary>
    public static DecisionValue ArgMax(Operation operation)
    {
        DataValue value = operation.Data(0);
        int place = operation.AxisAt(operation.Node.Integer("axis", 0), value.Axes.Count);
        if (!value.Axes[place].IsFeatures || value.Axes[place].FeatureCount != value.Content.Map.Rows.Count)
            throw operation.Node.Refuse($"it goes over axis {place} of {value.AxesText}; the classes were expected", Remedy.Listed);
        if (operation.Node.Integer("select_last_index", 0) != 0)
            throw operation.Node.Refuse("it takes the last class among equals; a model takes the first", "export it with select_last_index = 0");
        return new DecisionValue(value.Content, value.Axes);
    }

    /// <summary>Returns the value of a function.</summary>
    /// <param name="operation">The node, for refusals.</param>
    /// <param name="value">The value that it is applied to.</param>
    /// <param name="name">ONNX's name of the function.</param>
    /// <param name="alpha">Its first number; 0 where it has none.</param>
    /// <param name="beta">Its second number; 0 where it has none.</param>
    public static DataValue Apply(Operation operation, DataValue value, string name, float alpha = 0, float beta = 0)
    {
        if (value.IsTruncated) throw operation.Node.Refuse("it computes with token numbers", Remedy.Listed);
        if (!float.IsFinite(alpha) || !float.IsFinite(beta)) throw operation.Node.Refuse("its numbers are not finite", Remedy.Export);
        return new DataValue(value.Axes, Combination.Of(new FunctionSignal(name, value.Content, alpha, beta) { Node = operation.Node }));
    }

    private static DataValue Scaled(DataValue value, double scale, double shift) => value.With(value.Axes, value.Content.Map.Scaled(_ => scale, _ => shift));

    /// <summary>Cuts off at two bounds: a hard sigmoid between them, or Relu where only the lower one, 0, is given.</summary>
    private static DataValue Clip(Operation operation, DataValue value)
    {
        float Bound(int index, string name, float otherwise) => operation[index] == null
            ? operation.Node.Float(name, otherwise)
            : operation.Known(index, name).AllNumbers() is [var bound] ? bound : throw operation.Node.Refuse($"its {name} is not one number", Remedy.Export);
        float low = Bound(1, "min", float.MinValue), high = Bound(2, "max", float.MaxValue);
        if (low == 0 && high > 1e30f) return Apply(operation, value, "Relu");
        if (!(high > low) || low < -1e30f || high > 1e30f) throw operation.Node.Refuse($"it cuts off at {low} and {high}", Remedy.Listed);
        float width = high - low;
        return Scaled(Apply(operation, value, "HardSigmoid", 1 / width, -low / width), width, low);
    }

    /// <summary>x (1 + erf(x / sqrt 2)) / 2.</summary>
    private static DataValue Gelu(Operation operation, DataValue value)
    {
        if (operation.Node.Text("approximate", "none") != "none") throw operation.Node.Refuse("its approximation is not known", "export it with approximate = none");
        DataValue gate = Scaled(Apply(operation, Scaled(value, Math.Sqrt(0.5), 0), "Erf"), 0.5, 0.5);
        return ProductOperators.Product(operation, value, gate);
    }

    private static DataValue Pow(Operation operation, DataValue value)
    {
        float[] exponent = operation.Known(1, "exponent") switch
        {
            { IsInteger: true } whole => [.. whole.AllIntegers().Select(number => (float)KnownTensor.Plain(number))],
            var real => real.AllNumbers(),
        };
        return exponent switch
        {
            [1] => value,
            [2] => ProductOperators.Product(operation, value, value),
            [0.5f] => Apply(operation, value, "Sqrt"),
            [-1] => Apply(operation, value, "Reciprocal"),
            _ => throw operation.Node.Refuse($"its exponent is {string.Join(", ", exponent.Take(4))}; 1, 2, 0.5 and -1 are known", Remedy.Listed),
        };
    }
}

// Functions of Keras by name: those between layers, and those within a recurrent cell.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Crime.Model;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Keras;

/// <summary>Maps functions.</summary>
internal static class KerasFunctions
{
    // The names of Keras and those of ONNX, which the signals have. Functions with numbers of their own follow below.
    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        ["relu"] = "Relu",
        ["tanh"] = "Tanh",
        ["sigmoid"] = "Sigmoid",
        ["softmax"] = "Softmax",
        ["log_softmax"] = "LogSoftmax",
        ["softplus"] = "Softplus",
        ["softsign"] = "Softsign",
        ["exponential"] = "Exp",
    };

    /// <summary>Applies a function to each number, or to the numbers of a vector.</summary>
    public static KerasValue Apply(KerasLayer layer, KerasValue value, string name)
    {
        if (name == "linear") return value;
        Combination content = value.Known(layer);
        if (name == "elu") return Elu(layer, value, 1);
        if (name == "leaky_relu") return Sloped(layer, value, 0.2f);
        if (name is "silu" or "swish")
        {
            Combination gate = Combination.Of(new FunctionSignal("Sigmoid", content) { Node = layer });
            return value.With(Combination.Of(new ProductSignal(content, gate) { Node = layer }));
        }
        return s_names.TryGetValue(name, out string? function)
            ? value.With(Combination.Of(new FunctionSignal(function, content) { Node = layer }))
            : throw layer.Refuse(
                $"the function '{name}' between layers is not held by a model file (known: {string.Join(", ", s_names.Keys)}, elu, leaky_relu, silu)",
                KerasRemedy.Listed);
    }

    /// <summary>Runs a layer ReLU, plain.</summary>
    public static KerasValue Relu(KerasLayer layer, KerasValue value, string part)
    {
        if (layer.Value("max_value") != null || layer.Real("negative_slope", 0) != 0 || layer.Real("threshold", 0) != 0)
            throw layer.Refuse("it has a max_value, a negative_slope or a threshold", "use a plain ReLU");
        return Apply(layer, value, "relu");
    }

    /// <summary>Runs a layer LeakyReLU. Its slope has another name since Keras 3.</summary>
    public static KerasValue LeakyRelu(KerasLayer layer, KerasValue value, string part) =>
        Sloped(layer, value, (float)layer.Real("negative_slope", layer.Real("alpha", 0.3)));

    /// <summary>Applies x from 0 on, alpha (exp(x) - 1) below.</summary>
    public static KerasValue Elu(KerasLayer layer, KerasValue value, float alpha) =>
        value.With(Combination.Of(new FunctionSignal("Elu", value.Known(layer), alpha) { Node = layer }));

    private static KerasValue Sloped(KerasLayer layer, KerasValue value, float slope) =>
        value.With(Combination.Of(new FunctionSignal("LeakyRelu", value.Known(layer), slope) { Node = layer }));

    /// <summary>Runs a layer Softmax over the last axis.</summary>
    public static KerasValue Softmax(KerasLayer layer, KerasValue value, string part)
    {
        int last = part.Length > 0 ? 1 : value.Sizes.Length;
        int[] axes = layer.Axes("axis", -1);
        return axes is [int axis] && (axis == -1 || axis == last)
            ? Apply(layer, value, "softmax")
            : throw layer.Refuse($"it goes over axis {string.Join(", ", axes)} of {value.SizesText}", KerasRemedy.Listed);
    }

    /// <summary>Returns a function of a recurrent cell.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="name">The name of the function.</param>
    /// <param name="version">Major version of Keras: the hard sigmoid is another since version 3.</param>
    public static ActivationFunction OfCell(KerasLayer layer, string name, int version) => name switch
    {
        "sigmoid" => new ActivationFunction(Activation.Sigmoid),
        "tanh" => new ActivationFunction(Activation.Tanh),
        "relu" => new ActivationFunction(Activation.Relu),
        "linear" => new ActivationFunction(Activation.Affine, 1, 0),
        "hard_sigmoid" => new ActivationFunction(Activation.HardSigmoid, version >= 3 ? 1f / 6 : 0.2f, 0.5f),
        "softsign" => new ActivationFunction(Activation.Softsign),
        "softplus" => new ActivationFunction(Activation.Softplus),
        "elu" => new ActivationFunction(Activation.Elu, 1),
        "leaky_relu" => new ActivationFunction(Activation.LeakyRelu, 0.2f),
        _ => throw layer.Refuse($"a cell with the function '{name}' is not known", KerasRemedy.Listed),
    };

    /// <summary>Returns a number for each feature: one for all, or a list however nested. Null when the setting is missing.</summary>
    public static double[]? Numbers(KerasLayer layer, string name, int count)
    {
        if (layer.Value(name) is not { } value) return null;
        var numbers = new List<double>();
        void Add(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray()) Add(item);
                return;
            }
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double number) || !float.IsFinite((float)number))
                throw layer.Refuse($"its '{name}' holds other than numbers", KerasRemedy.Save);
            numbers.Add(number);
        }
        Add(value);
        if (numbers.Count == 1) return [.. Enumerable.Repeat(numbers[0], count)];
        return numbers.Count == count ? [.. numbers] : throw layer.Refuse($"its '{name}' has {numbers.Count} numbers; {count} were expected", KerasRemedy.Save);
    }
}

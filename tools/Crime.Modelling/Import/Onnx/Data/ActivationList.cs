// The attributes activations, activation_alpha and activation_beta of a recurrent node. The two lists of numbers hold one entry
// for each function that takes such a number, in the order of the functions.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Onnx.Files;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Reads the activations of a node.</summary>
/// <param name="node">The node.</param>
/// <param name="kind">Its cell.</param>
/// <param name="directionCount">Its directions.</param>
internal sealed class ActivationList(OnnxNode node, CellKind kind, int directionCount)
{
    /// <summary>A function's name, and the numbers it takes where the node gives none; NaN for a number that has no default.</summary>
    private sealed record Definition(string Name, Activation Function, float? Alpha, float? Beta);

    private static readonly Definition[] s_definitions =
    [
        new("Sigmoid", Activation.Sigmoid, null, null),
        new("Tanh", Activation.Tanh, null, null),
        new("Relu", Activation.Relu, null, null),
        new("Affine", Activation.Affine, float.NaN, float.NaN),
        new("LeakyRelu", Activation.LeakyRelu, 0.01f, null),
        new("ThresholdedRelu", Activation.ThresholdedRelu, 1, null),
        new("ScaledTanh", Activation.ScaledTanh, float.NaN, float.NaN),
        new("HardSigmoid", Activation.HardSigmoid, 0.2f, 0.5f),
        new("Elu", Activation.Elu, 1, null),
        new("Softsign", Activation.Softsign, null, null),
        new("Softplus", Activation.Softplus, null, null),
    ];

    private int PerDirection => kind switch { CellKind.Lstm => 3, CellKind.Gru => 2, _ => 1 };

    /// <summary>The activations of each direction; null where they are the usual ones.</summary>
    public IReadOnlyList<ActivationFunction>?[] Read()
    {
        var result = new IReadOnlyList<ActivationFunction>?[directionCount];
        if (!node.Attributes.TryGetValue("activations", out OnnxAttribute? names) || names.Texts.Count == 0) return result;
        if (names.Texts.Count != PerDirection * directionCount)
            throw node.Refuse($"{names.Texts.Count} activations; {PerDirection * directionCount} were expected");
        float[] givenAlphas = [.. Numbers("activation_alpha")], givenBetas = [.. Numbers("activation_beta")];
        var alphas = new Queue<float>(givenAlphas);
        var betas = new Queue<float>(givenBetas);
        ActivationFunction[] all = names.Texts.Select(name => Function(name, alphas, betas)).ToArray();
        RefuseTwoReadings(names.Texts, all, givenAlphas, givenBetas);
        ActivationFunction[] usual = kind == CellKind.Rnn ? [new(Activation.Tanh)] : [new(Activation.Sigmoid), new(Activation.Tanh), new(Activation.Tanh)];
        for (int d = 0; d < directionCount; d++)
        {
            ActivationFunction[] functions = all[(d * PerDirection)..((d + 1) * PerDirection)];
            if (functions.SequenceEqual(usual.Take(PerDirection))) continue;
            // The file has three for every cell; one that the cell does not use stays at its usual function.
            result[d] = kind switch
            {
                CellKind.Lstm => functions,
                CellKind.Gru => [.. functions, new ActivationFunction(Activation.Tanh)],
                _ => [functions[0], functions[0], functions[0]],
            };
        }
        return result;
    }

    /// <summary>
    /// Refuses a list that has a number for each function, those that take none included: runtimes read it in order, and it may mean
    /// function by function.
    /// </summary>
    private void RefuseTwoReadings(List<string> names, ActivationFunction[] inOrder, float[] alphas, float[] betas)
    {
        for (int n = 0; n < names.Count; n++)
        {
            Definition definition = DefinitionOf(names[n]);
            bool Differs(float? taken, float[] given, float read) => taken != null && given.Length == names.Count && given[n] != read;
            bool isAlpha = Differs(definition.Alpha, alphas, inOrder[n].Alpha);
            if (isAlpha || Differs(definition.Beta, betas, inOrder[n].Beta)) throw node.Refuse(
                $"activation_{(isAlpha ? "alpha" : "beta")} has a number for each function; one for each function that takes a number was expected",
                "leave out the numbers of functions that take none");
        }
    }

    private IEnumerable<float> Numbers(string name) =>
        node.Attributes.TryGetValue(name, out OnnxAttribute? attribute) ? attribute.Floats : [];

    private ActivationFunction Function(string name, Queue<float> alphas, Queue<float> betas)
    {
        Definition definition = DefinitionOf(name);
        float alpha = Number(definition.Name, "alpha", definition.Alpha, alphas), beta = Number(definition.Name, "beta", definition.Beta, betas);
        return new ActivationFunction(definition.Function, alpha, beta);
    }

    private Definition DefinitionOf(string name) => s_definitions.FirstOrDefault(item => string.Equals(item.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw node.Refuse($"activation '{name}' is not known (known: {string.Join(", ", s_definitions.Select(item => item.Name))})");

    private float Number(string function, string what, float? otherwise, Queue<float> given)
    {
        if (otherwise is not float value) return 0;
        if (given.TryDequeue(out float number)) value = number;
        if (!float.IsFinite(value)) throw node.Refuse($"activation {function} needs activation_{what}, a finite number");
        return value;
    }
}

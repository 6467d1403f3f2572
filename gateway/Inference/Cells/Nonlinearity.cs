// The activation functions, each applied to a span in place. Nearly every network uses sigmoid and tanh, so these are vectorised.

using System;
using System.Diagnostics;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference.Cells;

/// <summary>An activation function with its two parameters; <see cref="Activation"/> has the formulas.</summary>
internal sealed class Nonlinearity(Activation function, float alpha, float beta)
{
    /// <summary>Which function it is.</summary>
    public Activation Function { get; } = function;

    /// <summary>Replaces each value by the value of the function.</summary>
    public void Apply(Span<float> values)
    {
        switch (Function)
        {
            case Activation.Sigmoid: TensorPrimitives.Sigmoid(values, values); return;
            case Activation.Tanh: TensorPrimitives.Tanh(values, values); return;
            case Activation.Relu: TensorPrimitives.Max(values, 0f, values); return;
            default:
                foreach (ref float value in values) value = Of(value);
                return;
        }
    }

    private float Of(float x) => Function switch
    {
        Activation.Affine => alpha * x + beta,
        Activation.LeakyRelu => x >= 0 ? x : alpha * x,
        Activation.ThresholdedRelu => x >= alpha ? x : 0,
        Activation.ScaledTanh => alpha * MathF.Tanh(beta * x),
        Activation.HardSigmoid => MathF.Min(1, MathF.Max(0, alpha * x + beta)),
        Activation.Elu => x >= 0 ? x : alpha * (MathF.Exp(x) - 1),
        Activation.Softsign => x / (1 + MathF.Abs(x)),
        // ln(1 + exp(x)), without the overflow of a large x.
        Activation.Softplus => MathF.Max(x, 0) + MathF.Log(1 + MathF.Exp(-MathF.Abs(x))),
        // The reader refuses a file with any other.
        _ => throw new UnreachableException(),
    };
}

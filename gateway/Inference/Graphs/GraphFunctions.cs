// The functions of a graph's operations, in place.

using System;
using System.Numerics.Tensors;
using Crime.Gateway.Inference.Cells;
using Crime.Model;

namespace Crime.Gateway.Inference.Graphs;

/// <summary>Applies functions to vectors.</summary>
internal static class GraphFunctions
{
    /// <summary>Applies the function of an operation.</summary>
    /// <param name="operation">An operation of the kind Apply.</param>
    /// <param name="values">The vectors, one after the other; replaced by the results.</param>
    public static void Apply(GraphOperation operation, Span<float> values)
    {
        float alpha = operation.Numbers[0], beta = operation.Numbers[1];
        switch (operation.Function)
        {
            case GraphFunction.Exp: TensorPrimitives.Exp(values, values); return;
            case GraphFunction.Log: TensorPrimitives.Log(values, values); return;
            case GraphFunction.Sqrt: TensorPrimitives.Sqrt(values, values); return;
            case GraphFunction.Reciprocal: TensorPrimitives.Divide(1f, values, values); return;
            case GraphFunction.Erf:
                foreach (ref float value in values) value = (float)MathNet.Numerics.SpecialFunctions.Erf(value);
                return;
            default: new Nonlinearity((Activation)operation.Function, alpha, beta).Apply(values); return;
        }
    }

    /// <summary>Normalises a vector: (x - mean) / sqrt(variance + epsilon).</summary>
    public static void Normalise(ReadOnlySpan<float> vector, float epsilon, Span<float> result)
    {
        float mean = TensorPrimitives.Sum(vector) / vector.Length;
        TensorPrimitives.Subtract(vector, mean, result);
        float variance = TensorPrimitives.SumOfSquares(result) / vector.Length;
        TensorPrimitives.Multiply(result, 1 / MathF.Sqrt(variance + epsilon), result);
    }
}

// The function of an operation, in place. Those of recurrent layers are computed where the layers' are.

using System;
using System.Numerics.Tensors;
using Crime.Gateway.Inference.Cells;
using Crime.Model;
using MathNet.Numerics;

namespace Crime.Gateway.Inference.Graphs;

/// <summary>The function of an operation of the kind Apply.</summary>
/// <param name="operation">The operation.</param>
internal sealed class OperationFunction(GraphOperation operation)
{
    private readonly Nonlinearity _ofLayers = new((Activation)operation.Function, operation.Numbers[0], operation.Numbers[1]);

    /// <summary>Replaces each value by the value of the function.</summary>
    public void Apply(Span<float> values)
    {
        switch (operation.Function)
        {
            case GraphFunction.Exp: TensorPrimitives.Exp(values, values); return;
            case GraphFunction.Log: TensorPrimitives.Log(values, values); return;
            case GraphFunction.Sqrt: TensorPrimitives.Sqrt(values, values); return;
            case GraphFunction.Reciprocal: TensorPrimitives.Divide(1f, values, values); return;
            case GraphFunction.Erf:
                foreach (ref float value in values) value = (float)SpecialFunctions.Erf(value);
                return;
            default: _ofLayers.Apply(values); return;
        }
    }
}

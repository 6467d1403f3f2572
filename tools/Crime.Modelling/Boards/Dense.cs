// A fully connected layer as boards compute it, in front of the recurrent layers and behind them.

using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Modelling.Boards;

/// <summary>A fully connected layer before it is quantised.</summary>
/// <param name="Inputs">Numbers that come in.</param>
/// <param name="Outputs">Numbers that go out.</param>
/// <param name="Weights">[outputs][inputs].</param>
/// <param name="Bias">[outputs].</param>
/// <param name="Function">The function of each sum.</param>
internal sealed record Dense(int Inputs, int Outputs, float[] Weights, float[] Bias, DenseFunction Function)
{
    /// <summary>Returns the layer that applies a function and nothing else.</summary>
    public static Dense Identity(int count, DenseFunction function)
    {
        var weights = new float[count * count];
        for (int n = 0; n < count; n++) weights[n * count + n] = 1;
        return new Dense(count, count, weights, new float[count], function);
    }

    /// <summary>Returns the layer of a linear map.</summary>
    public static Dense Of(GraphOperation linear, int inputs) =>
        new(inputs, linear.Width, linear.Numbers[..^linear.Width], linear.Numbers[^linear.Width..], DenseFunction.None);

    /// <summary>Returns the function of an operation; null for anything that boards do not compute.</summary>
    public static DenseFunction? FunctionOf(GraphOperation operation) => operation switch
    {
        { Kind: OperationKind.Apply, Function: GraphFunction.Relu } => DenseFunction.Relu,
        { Kind: OperationKind.Apply, Function: GraphFunction.Tanh } => DenseFunction.Tanh,
        _ => null,
    };
}

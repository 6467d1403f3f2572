// The operations of a graph in front of the first recurrent layer, where boards compute them as well: one or two convolutions.

using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Modelling.Boards;

/// <summary>A convolution before it is quantised.</summary>
/// <param name="Window">The timesteps that it sees.</param>
/// <param name="InputCount">Numbers of a timestep that come in.</param>
/// <param name="Map">The fully connected layer that reads a window; null for the window as it is.</param>
/// <param name="Operation">Index of the operation in the graph that gives its results.</param>
internal sealed record Convolution(WindowShape Window, int InputCount, Dense? Map, int Operation)
{
    /// <summary>Numbers that go out.</summary>
    public int OutputCount => Map?.Outputs ?? Window.Size * InputCount;
}

/// <summary>The part of a network in front of the recurrent layers, as boards compute it.</summary>
/// <param name="Layers">The convolutions; empty for none.</param>
/// <param name="OperationCount">Operations of the graph that they stand for.</param>
internal sealed record BoardFront(IReadOnlyList<Convolution> Layers, int OperationCount)
{
    private static readonly WindowShape s_single = new(1, 1, 1, 0, 0);

    /// <summary>Returns the front of a graph; null when it has something else, or when its convolutions are too many or too large.</summary>
    /// <param name="graph">A graph; null for the layers in a row.</param>
    public static BoardFront? TryFind(NetworkGraph? graph)
    {
        if (graph == null) return new BoardFront([], 0);
        IReadOnlyList<GraphOperation> operations = graph.Operations;
        // A chain: each operation reads the result of the one before it.
        if (operations.Where((operation, n) => operation.Inputs.Count != 1 || operation.Inputs[0] != n).Any()) return null;
        var layers = new List<Convolution>();
        int at = 0;
        while (operations[at].Kind != OperationKind.Recurrent)
        {
            int begin = at, width = graph.Shapes[at].Width;
            WindowShape window = operations[at].Kind == OperationKind.Window ? operations[at++].Window : s_single;
            Dense? map = operations[at].Kind == OperationKind.Linear ? Dense.Of(operations[at++], window.Size * width) : null;
            if (Dense.FunctionOf(operations[at]) is { } function)
            {
                map = (map ?? Dense.Identity(window.Size * width, DenseFunction.None)) with { Function = function };
                at++;
            }
            if (at == begin || !Fits(window, width, map)) return null;
            layers.Add(new Convolution(window, width, map, at - 1));
        }
        return layers.Count <= ModelFormat.MaxConvolutions ? new BoardFront(layers, at) : null;
    }

    private static bool Fits(WindowShape window, int width, Dense? map) =>
        window is { Size: <= ModelFormat.MaxConvolutionSize, Stride: <= ModelFormat.MaxConvolutionStride } && (window.Dilation == 1 || window.Size == 1)
        && window.Size * width <= ModelFormat.MaxGraphWidth && (map == null || map.Outputs <= ModelFormat.MaxHidden);
}

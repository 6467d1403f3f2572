// The part of a graph that boards compute as well: recurrent layers in a row, their last state or what pooling makes of them, and fully
// connected layers behind it.

using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Boards;

namespace Crime.Modelling;

/// <summary>The part of a network between the last recurrent layer and the head, as boards compute it.</summary>
/// <param name="Pooling">The pooling of the outputs of all timesteps.</param>
/// <param name="Layers">The fully connected layers.</param>
internal sealed record DenseTail(PoolingKind Pooling, IReadOnlyList<Dense> Layers)
{
    /// <summary>Returns the tail of a model; null when its graph has something else, or when there are too many layers.</summary>
    /// <param name="model">A model; without a graph its tail is empty.</param>
    public static DenseTail? TryFind(TrainedModel model)
    {
        if (model.Graph == null) return new DenseTail(PoolingKind.None, []);
        IReadOnlyList<GraphOperation> operations = model.Graph.Operations;
        if (BoardFront.TryFind(model.Graph) is not { } front) return null;
        bool isPerStep = ModelFile.IsPerStep(model.Answer);
        // Timesteps of the layers behind a convolution are not those of the input.
        if (isPerStep && front.Layers.Count > 0) return null;
        int recurrent = front.OperationCount + model.Layers.Count, width = model.Layers[^1].Shape.OutputCount;
        if (operations.Count <= recurrent) return null;
        IEnumerable<GraphOperation> layersInARow = operations.Take(recurrent).Skip(front.OperationCount);
        if (layersInARow.Where((operation, n) => operation.Kind != OperationKind.Recurrent || operation.Argument != n).Any()) return null;
        // An answer of each timestep reads the outputs of the last layer as they are.
        if ((isPerStep ? PoolingKind.None : PoolingOf(operations[recurrent])) is not { } pooling) return null;
        var layers = new List<Dense>();
        bool isOpen = false;
        foreach (GraphOperation operation in operations.Skip(isPerStep ? recurrent : recurrent + 1))
        {
            if (operation.Kind == OperationKind.Linear)
            {
                layers.Add(Dense.Of(operation, width));
                width = operation.Width;
                isOpen = true;
                continue;
            }
            DenseFunction? function = Dense.FunctionOf(operation);
            if (function == null) return null;
            if (isOpen) layers[^1] = layers[^1] with { Function = function.Value };
            else layers.Add(Dense.Identity(width, function.Value));
            isOpen = false;
        }
        bool fits = layers.Count <= ModelFormat.MaxDenseLayers && layers.All(layer => layer.Outputs <= ModelFormat.MaxHidden)
            && (layers.Count > 0 || pooling != PoolingKind.None || front.Layers.Count > 0);
        return fits ? new DenseTail(pooling, layers) : null;
    }

    private static PoolingKind? PoolingOf(GraphOperation operation) => (operation.Kind, operation.Argument) switch
    {
        // In a forward layer the last timestep is the final state.
        (OperationKind.Take, (int)StepKind.Final or (int)StepKind.Last) => PoolingKind.None,
        (OperationKind.Pool, (int)PoolKind.Mean) => PoolingKind.Mean,
        (OperationKind.Pool, (int)PoolKind.Max) => PoolingKind.Max,
        _ => null,
    };
}

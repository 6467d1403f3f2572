// A recurrent layer over a whole sequence, each of its directions in its own way. Plain chains and graphs run their layers here.

using System;
using System.Linq;
using Crime.Gateway.Inference.Cells;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>The layers of a model, each with the state of one worker.</summary>
/// <param name="model">The model.</param>
internal sealed class LayerRunner(FloatModel model)
{
    private readonly FloatCell[][] _cells = model.Weights.Select(layer => layer.Select(weights => weights.NewCell()).ToArray()).ToArray();

    /// <summary>Runs a layer over a sequence.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="inputs">[length][inputs].</param>
    /// <param name="length">Timesteps, at least 1.</param>
    /// <param name="outputs">Receives h of every timestep, [length][outputs].</param>
    /// <param name="start">State to begin from; null for the model's own.</param>
    /// <param name="end">Receives the state after the run; null for none.</param>
    /// <param name="finals">Receives h and c of each direction at the end of its own way.</param>
    /// <param name="observer">Sees every state; null for none.</param>
    public void Run(
        int layer, ReadOnlySpan<float> inputs, int length, Span<float> outputs, NetworkState? start, NetworkState? end, FinalStates? finals, StepObserver? observer)
    {
        LayerShape shape = model.Layers[layer];
        int width = shape.InputCount, hidden = shape.HiddenCount;
        for (int direction = 0; direction < shape.DirectionCount; direction++)
        {
            bool isReverse = shape.Direction == Direction.Reverse || direction == 1;
            FloatCell cell = _cells[layer][direction];
            cell.Reset(start == null ? [] : start.Cell(layer));
            ReadOnlySpan<float> before = start == null ? model.Weights[layer][direction].InitialHidden : start.Hidden(layer);
            for (int n = 0; n < length; n++)
            {
                int step = isReverse ? length - 1 - n : n;
                Span<float> after = outputs.Slice(step * shape.OutputCount + direction * hidden, hidden);
                cell.Step(inputs.Slice(step * width, width), before, after);
                observer?.Invoke(layer, direction, step, after, cell.Cell);
                before = after;
            }
            if (end != null)
            {
                before.CopyTo(end.Hidden(layer)[(direction * hidden)..]);
                cell.Cell.CopyTo(end.Cell(layer)[(direction * hidden)..]);
            }
            if (finals == null) continue;
            before.CopyTo(finals.Hidden.AsSpan(direction * hidden));
            if (shape.HasCellState) cell.Cell.CopyTo(finals.Cell.AsSpan(direction * hidden));
        }
    }
}

/// <summary>The states of a layer at the end of a run: of each direction at the end of its own way.</summary>
/// <param name="shape">The layer.</param>
internal sealed class FinalStates(LayerShape shape)
{
    /// <summary>h, [directions][hidden].</summary>
    public float[] Hidden { get; } = new float[shape.OutputCount];

    /// <summary>c, [directions][hidden]; empty for a cell without one.</summary>
    public float[] Cell { get; } = new float[shape.HasCellState ? shape.OutputCount : 0];
}

// The number of runs of the layers of a network with convolutions: a stride leaves timesteps out, and a window waits for its last timestep.

using System.Collections.Generic;
using Crime.Model;

namespace Crime.Modelling.Counting;

/// <summary>Counts the runs of the layers while sequences come in. What is computed for the answer at their end is not among them.</summary>
internal sealed class FrontSchedule
{
    /// <summary>Counts.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="lengths">Timesteps of the sequences.</param>
    public FrontSchedule(ModelFile model, IEnumerable<int> lengths)
    {
        ConvolutionLayer[] front = model.ReadFront() ?? [];
        foreach (int length in lengths)
        {
            int steps = length;
            foreach (ConvolutionLayer layer in front)
            {
                int first = layer.Size - layer.Before;
                steps = steps < first ? 0 : (steps - first) / layer.Stride + 1;
                MacCount += (long)steps * layer.Map.OutputCount * layer.Map.InputCount;
            }
            LayerSteps += steps;
        }
    }

    /// <summary>Returns the timesteps of the recurrent layers.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="length">Timesteps so far.</param>
    public static long LayerStepsOf(ModelFile model, int length) => new FrontSchedule(model, [length]).LayerSteps;

    /// <summary>Multiply-accumulates of the convolutions.</summary>
    public long MacCount { get; }

    /// <summary>Timesteps of the recurrent layers.</summary>
    public long LayerSteps { get; }
}

// Combinations over neighbouring timesteps, for every format of files.

using System;
using System.Linq;
using Crime.Gateway.Inference.Graphs;

namespace Crime.Modelling.Import.Network;

/// <summary>Makes convolutions and windowed means.</summary>
internal static class TimeWindows
{
    /// <summary>Returns a convolution over time: a window, and a linear map of it.</summary>
    /// <param name="window">The timesteps that are seen.</param>
    /// <param name="channels">The vectors of all timesteps.</param>
    /// <param name="outputs">Numbers that come out.</param>
    /// <param name="groups">Groups of channels that are filtered apart; divides channels and outputs.</param>
    /// <param name="weight">Returns the weight of an output on a channel of its group at a place of the window.</param>
    /// <param name="bias">Biases, [outputs]; null for none.</param>
    /// <param name="node">The part of the file that it comes from.</param>
    public static Combination Convolution(
        WindowShape window, Combination channels, int outputs, int groups, Func<int, int, int, double> weight, float[]? bias, ISignalSource node)
    {
        int count = channels.Map.Rows.Count, perGroup = count / groups;
        var signal = new WindowSignal(window, channels) { Node = node };
        LinearMap map = LinearMap.Identity(signal.Count).Combined(Enumerable.Range(0, outputs).Select(output =>
            (from place in Enumerable.Range(0, window.Size)
             from k in Enumerable.Range(0, perGroup)
             select (place * count + output / (outputs / groups) * perGroup + k, weight(output, k, place))).ToArray()));
        return new Combination([signal], bias == null ? map : map.Scaled(_ => 1, output => bias[output]));
    }

    /// <summary>Returns the mean of each number over a window.</summary>
    /// <param name="window">The timesteps that are seen.</param>
    /// <param name="channels">The vectors of all timesteps.</param>
    /// <param name="node">The part of the file that it comes from.</param>
    public static Combination Mean(WindowShape window, Combination channels, ISignalSource node)
    {
        int count = channels.Map.Rows.Count;
        return Convolution(window, channels, count, count, (_, _, _) => 1.0 / window.Size, null, node);
    }
}

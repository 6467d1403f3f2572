// A window of a graph at a place in the middle of a sequence: the timesteps that it still needs, and how far it has come. A board hands it over with
// the states of the layers.

using System;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>A convolution of a board, as far as its state goes.</summary>
/// <param name="Window">The timesteps that it sees.</param>
/// <param name="InputCount">Numbers of a timestep that come in.</param>
/// <param name="InputFractionBits">Their fraction bits on the board.</param>
public readonly record struct BoardWindow(WindowShape Window, int InputCount, int InputFractionBits)
{
    /// <summary>Numbers of the state that a board hands over: the last timesteps, and how far the window has come.</summary>
    public int StateCount => (Window.Size - 1) * InputCount + 1;

    /// <summary>True when the graph has an operation for it: a window of one timestep that leaves none out is none.</summary>
    public bool IsOperation => Window.Size > 1 || Window.Stride > 1;

    /// <summary>Returns the window of a convolution.</summary>
    /// <param name="layer">The convolution.</param>
    public static BoardWindow Of(ConvolutionLayer layer) =>
        new(new WindowShape(layer.Size, layer.Stride, 1, layer.Before, layer.After), layer.InputCount, layer.InputFractionBits);
}

/// <summary>The state of a window.</summary>
/// <param name="window">The window, without dilation.</param>
/// <param name="inputCount">Numbers of a timestep.</param>
public sealed class OpenWindow(WindowShape window, int inputCount)
{
    /// <summary>The last timesteps, the oldest first; zeros in front of the sequence: [size - 1][inputs].</summary>
    public float[] Earlier { get; } = new float[(window.Size - 1) * inputCount];

    /// <summary>Timesteps so far while no window is complete; then those of the first window, and those since the last complete one.</summary>
    public int Count { get; private set; }

    private int First => window.Size - window.Before;

    /// <summary>New timesteps that the next window needs, at least 1.</summary>
    private int Missing => (Count < First ? First : First + window.Stride) - Count;

    /// <summary>Place of the next window's first timestep; the first new timestep is 0.</summary>
    public int NextStart => Missing - window.Size;

    /// <summary>Takes over the state of a board.</summary>
    /// <param name="exported">The last timesteps, then how far the window has come: a foreign number is cut off at the ends of its range.</param>
    /// <param name="fractionBits">Fraction bits of the timesteps.</param>
    public void Take(ReadOnlySpan<short> exported, int fractionBits)
    {
        float unit = MathF.ScaleB(1, -fractionBits);
        for (int i = 0; i < Earlier.Length; i++) Earlier[i] = exported[i] * unit;
        Count = Math.Clamp((int)exported[^1], 0, First + window.Stride - 1);
    }

    /// <summary>Returns the number of windows that the rest of the sequence makes.</summary>
    /// <param name="steps">New timesteps.</param>
    public int LengthOf(int steps)
    {
        int rest = steps + window.After - Missing;
        // A sequence that is shorter than the window makes one nevertheless.
        return rest >= 0 ? rest / window.Stride + 1 : Count < First ? 1 : 0;
    }
}

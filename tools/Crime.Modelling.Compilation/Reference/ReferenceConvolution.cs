// A convolution in front of the recurrent layers, in its plainest form: all timesteps of the sequence are kept, and each window is cut out of them.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Reference;

/// <summary>One convolution of the reference.</summary>
internal sealed class ReferenceConvolution(ConvolutionLayer layer)
{
    private readonly List<short[]> _inputs = [];

    /// <summary>The last Size - 1 timesteps, the oldest first; zeros in front of the sequence.</summary>
    public short[] Window => [.. Enumerable.Range(_inputs.Count - layer.Size + 1, layer.Size - 1).SelectMany(At)];

    /// <summary>The timesteps so far where no window is complete; else those of the first window, and those since the last one.</summary>
    public short[] Counter => [(short)(_inputs.Count < First ? _inputs.Count : First + (_inputs.Count - First) % layer.Stride)];

    public int Stride => layer.Stride;

    private int First => layer.Size - layer.Before;

    public void Reset() => _inputs.Clear();

    /// <summary>Takes a timestep.</summary>
    /// <returns>The result of the window that it completes; null when it completes none.</returns>
    public short[]? Step(short[] x)
    {
        _inputs.Add(x);
        int sinceFirst = _inputs.Count - First;
        return sinceFirst >= 0 && sinceFirst % layer.Stride == 0 ? Result(sinceFirst / layer.Stride, _inputs) : null;
    }

    /// <summary>Returns the results of a whole sequence.</summary>
    public List<short[]> Results(IReadOnlyList<short[]> sequence)
    {
        if (sequence.Count == 0) return [];
        int count = Math.Max(0, sequence.Count + layer.Before + layer.After - layer.Size) / layer.Stride + 1;
        return [.. Enumerable.Range(0, count).Select(n => Result(n, sequence))];
    }

    /// <summary>The timesteps so far.</summary>
    public IReadOnlyList<short[]> Inputs => _inputs;

    private short[] Result(int number, IReadOnlyList<short[]> sequence)
    {
        short[] window = [.. Enumerable.Range(number * layer.Stride - layer.Before, layer.Size).SelectMany(step => At(sequence, step))];
        return layer.Map.OutputCount == 0 ? window : ReferenceNetwork.Dense(layer.Map, window);
    }

    private short[] At(int step) => At(_inputs, step);

    private short[] At(IReadOnlyList<short[]> sequence, int step) => step >= 0 && step < sequence.Count ? sequence[step] : new short[layer.InputCount];
}

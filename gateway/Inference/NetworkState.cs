// The state of a network between two timesteps, so that a sequence can be begun on one machine and ended on another.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>h and c of every layer after some timestep. Where a layer reads both ways: of each direction at the end of its own way.</summary>
public sealed class NetworkState
{
    /// <summary>Numbers of the errors of prediction in a state of a board: their sum in four parts, the lowest first, and the timesteps.</summary>
    internal const int ErrorStateCount = 5;

    private const int HiddenFractionBits = 15;

    private readonly int[] _offsets;
    private readonly float[] _hidden;
    private readonly float[] _cell;

    /// <summary>Makes a state of zeros.</summary>
    /// <param name="model">The model whose state it shall hold.</param>
    public NetworkState(FloatModel model)
    {
        _offsets = new int[model.Layers.Count + 1];
        for (int layer = 0; layer < model.Layers.Count; layer++) _offsets[layer + 1] = _offsets[layer] + model.Layers[layer].OutputCount;
        IsResumable = model.Graph is null or { IsResumable: true } && model.Decoder is null or { Attention: AttentionKind.None }
            && model.Layers.All(layer => layer.Direction == Direction.Forward);
        Windows = [.. (model.Graph?.FrontWindows ?? []).Select(operation => new OpenWindow(
            model.Graph!.Operations[operation].Window, model.Graph.Shapes[model.Graph.Operations[operation].Inputs[0]].Width))];
        Pooled = new float[model.Graph?.Pooling?.Width ?? 0];
        _hidden = new float[_offsets[^1]];
        _cell = new float[_offsets[^1]];
    }

    /// <summary>Takes over the state of a board.</summary>
    /// <param name="model">The model that the board runs.</param>
    /// <param name="exported">
    /// Layer by layer h in Q0.15, then, where the cell has one, c with the layer's cell fraction bits, of a wide cell all fractions before all whole parts;
    /// where the network pools, the lower halves of the sums and their upper halves, or the largest values, and the number of timesteps; for an anomaly the sum
    /// of the squared errors of prediction and the number of timesteps; of each convolution the last timesteps and how far its window has come:
    /// [<see cref="FloatModel.BoardStateCount"/>].
    /// </param>
    /// <exception cref="ArgumentException">The model has another number of them, or none.</exception>
    public static NetworkState FromBoard(FloatModel model, ReadOnlySpan<short> exported)
    {
        if (model.BoardStateCount == 0 || exported.Length != model.BoardStateCount)
            throw new ArgumentException($"a state of {exported.Length} numbers where the model's has {model.BoardStateCount}");
        var state = new NetworkState(model);
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            exported = Take(exported, state.Hidden(layer), HiddenFractionBits);
            exported = TakeCell(exported, state.Cell(layer), model.BoardCells![layer]);
        }
        if (model.Answer == AnswerKind.Anomaly)
        {
            long sum = 0;
            for (int i = ErrorStateCount - 2; i >= 0; i--) sum = sum << 16 | (ushort)exported[i];
            state.ErrorSum = sum;
            state.ErrorStepCount = (ushort)exported[ErrorStateCount - 1];
            exported = exported[ErrorStateCount..];
        }
        if (model.Graph?.Pooling is { } pooling) exported = state.TakePooled(exported, pooling.Argument == (int)PoolKind.Mean);
        int window = 0;
        foreach (BoardWindow layer in model.BoardFront)
        {
            if (layer.IsOperation) state.Windows[window++].Take(exported[..layer.StateCount], layer.InputFractionBits);
            exported = exported[layer.StateCount..];
        }
        return state;
    }

    /// <summary>
    /// True when a run can begin from such a state. A layer that reads from the end begins with timesteps that are not there yet. Most graphs need the
    /// timesteps that have passed. The state after a run of a network with windows counts those that reach beyond the end.
    /// </summary>
    public bool IsResumable { get; internal set; }

    /// <summary>States of the windows in front of the layers; empty without them.</summary>
    public IReadOnlyList<OpenWindow> Windows { get; }

    /// <summary>Sums or largest values of the pooling, [width]; empty without one.</summary>
    public float[] Pooled { get; }

    /// <summary>Timesteps that are in <see cref="Pooled"/>.</summary>
    public int PooledCount { get; set; }

    /// <summary>Sum of the squared errors of a board's predictions, in the squared unit of its inputs; 0 for other answers than an anomaly.</summary>
    public double ErrorSum { get; private set; }

    /// <summary>Timesteps before this state of an anomaly; the first one has no prediction.</summary>
    public int ErrorStepCount { get; private set; }

    /// <summary>Hidden state of a layer, [directions][hidden].</summary>
    /// <param name="layer">Index of the layer.</param>
    public Span<float> Hidden(int layer) => _hidden.AsSpan(_offsets[layer].._offsets[layer + 1]);

    /// <summary>Cell state of a layer, [directions][hidden]; zeros that nobody reads for a cell without one.</summary>
    /// <param name="layer">Index of the layer.</param>
    public Span<float> Cell(int layer) => _cell.AsSpan(_offsets[layer].._offsets[layer + 1]);

    private ReadOnlySpan<short> TakePooled(ReadOnlySpan<short> exported, bool isMean)
    {
        int count = Pooled.Length * (isMean ? 2 : 1);
        const float unit = 1f / (1 << HiddenFractionBits);
        for (int i = 0; i < Pooled.Length; i++)
            Pooled[i] = (isMean ? exported[Pooled.Length + i] << 16 | (ushort)exported[i] : exported[i]) * unit;
        PooledCount = (ushort)exported[count];
        return exported[(count + 1)..];
    }

    private static ReadOnlySpan<short> TakeCell(ReadOnlySpan<short> exported, Span<float> to, BoardCell cell)
    {
        if (cell.Count == 0) return exported;
        ReadOnlySpan<short> rest = Take(exported, to, cell.FractionBits);
        if (!cell.IsWide) return rest;
        for (int i = 0; i < to.Length; i++) to[i] += rest[i];
        return rest[to.Length..];
    }

    private static ReadOnlySpan<short> Take(ReadOnlySpan<short> exported, Span<float> to, int fractionBits)
    {
        float unit = MathF.ScaleB(1, -fractionBits);
        for (int i = 0; i < to.Length; i++) to[i] = exported[i] * unit;
        return exported[to.Length..];
    }
}

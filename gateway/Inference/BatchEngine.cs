// Runs a batch through all layers on the fast path. The longest sequence is first, so that the batch shrinks from its end.

using System;
using System.Linq;
using System.Runtime.CompilerServices;
using Crime.Gateway.Inference.Batches;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Runs batches through the packed layers of one model, and owns the scratch memory of one worker.</summary>
internal sealed unsafe class BatchEngine
{
    // Rows whose distance is a multiple of this number of floats map to the same cache sets.
    private const int CacheStride = 256;

    private readonly FloatModel _model;
    private readonly BatchCell[][] _cells;
    private readonly bool _isHeadOnOutputs;
    private readonly int[] _lengths;

    // [rows][length][width]: inputs of the current layer, inputs of the next layer, and the current inputs in reverse order.
    private AlignedFloats _inputs = new();
    private AlignedFloats _outputs = new();
    private readonly AlignedFloats _reversed = new();
    private readonly AlignedFloats _hidden = new();
    private readonly AlignedFloats _cell = new();
    private readonly AlignedFloats _scratch = new();

    // [rows][outputs of the last layer]: the state of each direction after its last step.
    private readonly float[] _finals;

    /// <summary>Makes an engine.</summary>
    /// <param name="model">A model whose <see cref="FloatModel.BatchCells"/> is not null.</param>
    /// <param name="maxBatch">Most sequences in a batch.</param>
    public BatchEngine(FloatModel model, int maxBatch)
    {
        _model = model;
        _cells = model.BatchCells!;
        _lengths = GC.AllocateArray<int>(maxBatch, pinned: true);
        LayerShape last = model.Layers[^1];
        _isHeadOnOutputs = model.HeadInput != HeadInput.FinalState || model.IsAnswerPerStep;
        _finals = new float[maxBatch * last.OutputCount];
        int widest = _cells.Max(layer => layer[0].PaddedCount);
        _hidden.Reserve(2 * maxBatch * widest);
        _cell.Reserve(maxBatch * widest);
        _scratch.Reserve(_cells.Max(layer => Math.Max(layer[0].ScratchCount(1), layer[0].ScratchCount(maxBatch))));
    }

    /// <summary>Runs a batch.</summary>
    /// <param name="items">The sequences; receives labels, logits and end states.</param>
    /// <param name="order">Indexes of the sequences to run, the longest first.</param>
    public void Run(Span<BatchItem> items, ReadOnlySpan<int> order)
    {
        for (int row = 0; row < order.Length; row++) _lengths[row] = items[order[row]].Values.Length / _model.ValuesPerStep;
        Read(items, order);
        for (int layer = 0; layer < _cells.Length; layer++)
        {
            bool isLast = layer == _cells.Length - 1, hasOutputs = !isLast || _isHeadOnOutputs;
            LayerShape shape = _model.Layers[layer];
            if (hasOutputs) _outputs.Reserve(order.Length * Stride(shape.OutputCount));
            for (int direction = 0; direction < shape.DirectionCount; direction++) RunDirection(items, order, layer, direction, hasOutputs);
            if (!isLast) (_inputs, _outputs) = (_outputs, _inputs);
        }
        for (int row = 0; row < order.Length; row++) Classify(ref items[order[row]], row);
    }

    /// <summary>Distance between two rows, in floats, for a number of floats per timestep.</summary>
    private int Stride(int width)
    {
        int stride = (_lengths[0] * width + 15) & ~15;
        return stride % CacheStride == 0 ? stride + 16 : stride;
    }

    private void Read(Span<BatchItem> items, ReadOnlySpan<int> order)
    {
        int width = _model.InputCount, stride = Stride(width);
        _inputs.Reserve(order.Length * stride);
        for (int row = 0; row < order.Length; row++)
        {
            ref BatchItem item = ref items[order[row]];
            var to = new Span<float>(_inputs.Start + row * stride, _lengths[row] * width);
            if (_model.Input == InputKind.Tokens) _model.Embed(item.Values.Span, to);
            else FixedPointInput.Read(item.Values.Span, item.FractionBits, to);
        }
    }

    private void RunDirection(Span<BatchItem> items, ReadOnlySpan<int> order, int layer, int direction, bool hasOutputs)
    {
        LayerShape shape = _model.Layers[layer];
        BatchCell cell = _cells[layer][direction];
        int padded = cell.PaddedCount, offset = direction * shape.HiddenCount;
        var run = new BatchRun
        {
            Count = order.Length,
            Lengths = (int*)Unsafe.AsPointer(ref _lengths[0]),
            Inputs = _inputs.Start,
            InputStride = Stride(shape.InputCount),
            Hidden = _hidden.Start,
            HiddenSize = order.Length * padded,
            Cell = _cell.Start,
            Scratch = _scratch.Start,
            Outputs = hasOutputs ? _outputs.Start + offset : null,
            OutputStride = Stride(shape.OutputCount),
            OutputCount = shape.OutputCount,
            IsReverse = shape.Direction == Direction.Reverse || direction == 1,
        };
        if (run.IsReverse) run.Inputs = Reverse(order.Length, shape.InputCount);
        for (int row = 0; row < order.Length; row++)
        {
            NetworkState? start = items[order[row]].Start;
            Fill(start == null ? cell.InitialHidden : start.Hidden(layer), run.Hidden + row * padded, padded);
            Fill(start == null || !shape.HasCellState ? cell.InitialCell : start.Cell(layer), run.Cell + row * padded, padded);
        }
        cell.Run(run);
        Finish(items, order, layer, offset, run, padded);
    }

    private void Finish(Span<BatchItem> items, ReadOnlySpan<int> order, int layer, int offset, in BatchRun run, int padded)
    {
        LayerShape shape = _model.Layers[layer];
        for (int row = 0; row < order.Length; row++)
        {
            var hidden = new ReadOnlySpan<float>(run.FinalHidden(row, padded), shape.HiddenCount);
            if (layer == _cells.Length - 1) hidden.CopyTo(_finals.AsSpan(row * shape.OutputCount + offset));
            NetworkState? end = items[order[row]].End;
            if (end == null) continue;
            hidden.CopyTo(end.Hidden(layer)[offset..]);
            if (shape.HasCellState) new ReadOnlySpan<float>(run.Cell + row * padded, shape.HiddenCount).CopyTo(end.Cell(layer)[offset..]);
        }
    }

    private float* Reverse(int rows, int width)
    {
        int stride = Stride(width);
        _reversed.Reserve(rows * stride);
        for (int row = 0; row < rows; row++)
        {
            for (int step = 0, length = _lengths[row]; step < length; step++)
                new ReadOnlySpan<float>(_inputs.Start + row * stride + (length - 1 - step) * width, width)
                    .CopyTo(new Span<float>(_reversed.Start + row * stride + step * width, width));
        }
        return _reversed.Start;
    }

    private static void Fill(ReadOnlySpan<float> state, float* to, int padded)
    {
        state.CopyTo(new Span<float>(to, padded));
        new Span<float>(to + state.Length, padded - state.Length).Clear();
    }

    private void Classify(ref BatchItem item, int row)
    {
        int width = _model.Layers[^1].OutputCount;
        float* outputs = _outputs.Start + row * Stride(width);
        item.Label = _model.Classify(
            _model.IsAnswerPerStep ? new(outputs, _lengths[row] * width) : _model.HeadInput switch
            {
                HeadInput.FirstStep => new(outputs, width),
                HeadInput.LastStep => new(outputs + (_lengths[row] - 1) * width, width),
                _ => _finals.AsSpan(row * width, width),
            },
            item.Logits.Span);
    }
}

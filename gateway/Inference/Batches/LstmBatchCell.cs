// Long short-term memory over a batch: sums of a block of hidden units, then gates and states of that block, block after block.

using System;
using Crime.Gateway.Inference.Cells;

namespace Crime.Gateway.Inference.Batches;

/// <summary>An LSTM. The gates lie in the order i, g, f, o: what makes the new part of the state first, what scales it after.</summary>
internal sealed unsafe class LstmBatchCell<TLanes, TVector> : BatchCell
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private const int Gates = 4;

    // Of DirectionNumbers: i, f, g, o.
    private static readonly int[][] s_pairs = [[0, 2], [1, 3]];

    // sigmoid(x) = (1 + tanh(x / 2)) / 2: the inner half is in the weights.
    private static readonly float[][] s_scales = [[0.5f, 1], [0.5f, 0.5f]];

    private readonly AlignedFloats _panels = new();
    private readonly AlignedFloats _bias = new();
    private readonly int _panelSize;

    /// <summary>Packs a direction.</summary>
    public LstmBatchCell(DirectionNumbers numbers) : base(numbers, TLanes.Count)
    {
        int lanes = TLanes.Count, blocks = PaddedCount / lanes;
        _panelSize = (InputCount + HiddenCount) * 2 * lanes;
        _panels.Reserve(blocks * 2 * _panelSize);
        _bias.Reserve(blocks * Gates * lanes);
        float* to = _panels.Start, bias = _bias.Start;
        float[] sums = numbers.Bias();
        for (int unit = 0; unit < PaddedCount; unit += lanes)
        {
            for (int pair = 0; pair < 2; pair++)
            {
                to = Panels.Write(numbers.InputWeights, InputCount, HiddenCount, unit, lanes, s_pairs[pair], s_scales[pair], to);
                to = Panels.Write(numbers.RecurrentWeights, HiddenCount, HiddenCount, unit, lanes, s_pairs[pair], s_scales[pair], to);
                bias = Panels.Write(sums, 1, HiddenCount, unit, lanes, s_pairs[pair], s_scales[pair], bias);
            }
        }
    }

    /// <inheritdoc/>
    public override int ScratchCount(int count) => Gates * (count == 1 ? ProjectedSteps * PaddedCount : count * TLanes.Count);

    /// <inheritdoc/>
    protected override void Project(in BatchRun run, int firstStep, int length)
    {
        int stride = Gates * PaddedCount;
        var x = new Operands(run.Inputs + firstStep * InputCount, InputCount, InputCount);
        for (int block = 0; block < PaddedCount / TLanes.Count; block++)
            Products<TLanes, TVector>.Multiply(
                length, x, default, PanelsOf(block), _panelSize, BiasOf(block), run.Scratch + block * Gates * TLanes.Count, stride);
    }

    /// <inheritdoc/>
    protected override void StepAlone(in BatchRun run, int step, float* before, float* after)
    {
        float* sums = run.Scratch + step % ProjectedSteps * Gates * PaddedCount;
        var h = new Operands(before, 0, HiddenCount);
        int inputPart = InputCount * 2 * TLanes.Count, blocks = PaddedCount / TLanes.Count, pairs = blocks / 2;
        // To and fro, so that the cache still holds the weights that were used last.
        bool isForth = (step & 1) == 0;
        if (blocks % 2 == 1 && !isForth) AddLast(h, blocks - 1, inputPart, sums);
        for (int n = 0; n < pairs; n++)
        {
            int block = 2 * (isForth ? n : pairs - 1 - n);
            Products<TLanes, TVector>.AddAlone(h, PanelsOf(block) + inputPart, _panelSize, sums + block * Gates * TLanes.Count, isForth);
        }
        if (blocks % 2 == 1 && isForth) AddLast(h, blocks - 1, inputPart, sums);
        // The blocks lie as the rows of a batch would.
        TLanes.LstmGates(blocks, sums, run.Cell, after, TLanes.Count);
    }

    /// <inheritdoc/>
    protected override void Step(in BatchRun run, int step, int active, float* before, float* after)
    {
        var x = new Operands(run.Inputs + step * InputCount, run.InputStride, InputCount);
        var h = new Operands(before, PaddedCount, HiddenCount);
        int blocks = PaddedCount / TLanes.Count, rowsAtOnce = RowsAtOnce(active, 2 * _panelSize);
        for (int n = 0; n < blocks; n++)
        {
            // To and fro, so that the cache still holds the weights that were used last.
            int block = (step & 1) == 0 ? n : blocks - 1 - n, unit = block * TLanes.Count;
            for (int row = 0; row < active; row += rowsAtOnce)
            {
                int rows = Math.Min(rowsAtOnce, active - row);
                Products<TLanes, TVector>.Multiply(
                    rows, x.From(row), h.From(row), PanelsOf(block), _panelSize, BiasOf(block), run.Scratch, Gates * TLanes.Count);
                TLanes.LstmGates(rows, run.Scratch, run.Cell + row * PaddedCount + unit, after + row * PaddedCount + unit, PaddedCount);
            }
        }
    }

    private void AddLast(in Operands h, int block, int inputPart, float* sums)
    {
        float* blockSums = sums + block * Gates * TLanes.Count;
        Products<TLanes, TVector>.AddLastAlone(h, PanelsOf(block) + inputPart, _panelSize, blockSums);
    }

    private float* PanelsOf(int block) => _panels.Start + (nint)block * 2 * _panelSize;

    private float* BiasOf(int block) => _bias.Start + block * Gates * TLanes.Count;
}

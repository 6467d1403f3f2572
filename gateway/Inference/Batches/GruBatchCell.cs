// Gated recurrent units over a batch, with the reset gate after the product as PyTorch has it.

using System;
using Crime.Gateway.Inference.Cells;

namespace Crime.Gateway.Inference.Batches;

/// <summary>A GRU; the gates lie in the order r, z, n.</summary>
internal sealed unsafe class GruBatchCell<TLanes, TVector> : BatchCell
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private const int Gates = 3;

    // Of a row: r, z, n of the inputs, n of the hidden states.
    private const int Sums = 4;

    private static readonly int[] s_gates = [0, 1, 2];

    // sigmoid(x) = (1 + tanh(x / 2)) / 2: the inner half is in the weights.
    private static readonly float[] s_scales = [0.5f, 0.5f, 1];

    private readonly AlignedFloats _panels = new();
    private readonly AlignedFloats _bias = new();

    /// <summary>Packs a direction.</summary>
    public GruBatchCell(DirectionNumbers numbers) : base(numbers, TLanes.Count)
    {
        int lanes = TLanes.Count, blocks = PaddedCount / lanes;
        _panels.Reserve(blocks * PanelSize);
        _bias.Reserve(blocks * Sums * lanes);
        float* to = _panels.Start, bias = _bias.Start;
        float[] sums = numbers.Bias();
        for (int unit = 0; unit < PaddedCount; unit += lanes)
        {
            to = Panels.Write(numbers.InputWeights, InputCount, HiddenCount, unit, lanes, s_gates, s_scales, to);
            to = Panels.Write(numbers.RecurrentWeights, HiddenCount, HiddenCount, unit, lanes, s_gates, s_scales, to);
            bias = Panels.Write(sums, 1, HiddenCount, unit, lanes, [0, 1], s_scales, bias);
            bias = Panels.Write(numbers.InputBias, 1, HiddenCount, unit, lanes, [2], [1], bias);
            bias = Panels.Write(numbers.RecurrentBias, 1, HiddenCount, unit, lanes, [2], [1], bias);
        }
    }

    private int PanelSize => (InputCount + HiddenCount) * Gates * TLanes.Count;

    /// <inheritdoc/>
    public override int ScratchCount(int count) => Sums * (count == 1 ? ProjectedSteps * PaddedCount : count * TLanes.Count);

    /// <inheritdoc/>
    protected override void Project(in BatchRun run, int firstStep, int length)
    {
        var x = new Operands(run.Inputs + firstStep * InputCount, InputCount, InputCount);
        for (int block = 0; block < PaddedCount / TLanes.Count; block++)
            Begin(length, x, block, run.Scratch + block * Sums * TLanes.Count, Sums * PaddedCount);
    }

    /// <inheritdoc/>
    protected override void StepAlone(in BatchRun run, int step, float* before, float* after)
    {
        float* sums = run.Scratch + step % ProjectedSteps * Sums * PaddedCount;
        var h = new Operands(before, 0, HiddenCount);
        int blocks = PaddedCount / TLanes.Count;
        for (int n = 0; n < blocks; n++)
        {
            int block = (step & 1) == 0 ? n : blocks - 1 - n;
            Add(1, h, block, sums + block * Sums * TLanes.Count);
        }
        // The blocks lie as the rows of a batch would.
        TLanes.GruGates(blocks, sums, before, after, TLanes.Count);
    }

    /// <inheritdoc/>
    protected override void Step(in BatchRun run, int step, int active, float* before, float* after)
    {
        var x = new Operands(run.Inputs + step * InputCount, run.InputStride, InputCount);
        var h = new Operands(before, PaddedCount, HiddenCount);
        int blocks = PaddedCount / TLanes.Count, rowsAtOnce = RowsAtOnce(active, PanelSize);
        for (int n = 0; n < blocks; n++)
        {
            // To and fro, so that the cache still holds the weights that were used last.
            int block = (step & 1) == 0 ? n : blocks - 1 - n;
            for (int row = 0; row < active; row += rowsAtOnce)
            {
                int rows = Math.Min(rowsAtOnce, active - row), state = row * PaddedCount + block * TLanes.Count;
                Begin(rows, x.From(row), block, run.Scratch, Sums * TLanes.Count);
                Add(rows, h.From(row), block, run.Scratch);
                TLanes.GruGates(rows, run.Scratch, before + state, after + state, PaddedCount);
            }
        }
    }

    /// <summary>The bias and the inputs' share of a block's sums.</summary>
    private void Begin(int rows, in Operands x, int block, float* sums, nint sumStride)
    {
        float* bias = _bias.Start + block * Sums * TLanes.Count;
        TripleProducts<TLanes, TVector>.Multiply(
            rows, x, _panels.Start + (nint)block * PanelSize,
            new TripleSums(bias, 0, bias + 2 * TLanes.Count, sums, sumStride, 2 * TLanes.Count));
    }

    /// <summary>The hidden states' share.</summary>
    private void Add(int rows, in Operands h, int block, float* sums)
    {
        nint sumStride = Sums * TLanes.Count;
        float* bias = _bias.Start + block * Sums * TLanes.Count;
        TripleProducts<TLanes, TVector>.Multiply(
            rows, h, _panels.Start + (nint)block * PanelSize + InputCount * Gates * TLanes.Count,
            new TripleSums(sums, sumStride, bias + 3 * TLanes.Count, sums, sumStride, 3 * TLanes.Count));
    }
}

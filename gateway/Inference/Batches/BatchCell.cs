// One direction of a layer on the fast path, whatever its cell and the width of its vectors.

using System;
using System.Runtime.Intrinsics;
using Crime.Gateway.Inference.Cells;
using Crime.Model;

namespace Crime.Gateway.Inference.Batches;

/// <summary>Packed weights with the loop over the timesteps. Immutable, shared by all workers.</summary>
internal abstract unsafe class BatchCell(DirectionNumbers numbers, int lanes)
{
    /// <summary>Timesteps of a single sequence whose inputs are multiplied at a time: few, so that their sums leave the caches to the weights.</summary>
    protected const int ProjectedSteps = 16;

    // What is surely left to the weights of a nearest cache of 48 KiB, which hidden states and sums share.
    private const int NearCacheSize = 24 * 1024;
    private const int GroupRows = 8;

    /// <summary>Numbers per timestep that come in.</summary>
    public int InputCount { get; } = numbers.InputCount;

    /// <summary>Hidden units.</summary>
    public int HiddenCount { get; } = numbers.HiddenCount;

    /// <summary>Hidden units, padded to whole vectors.</summary>
    public int PaddedCount { get; } = (numbers.HiddenCount + lanes - 1) / lanes * lanes;

    /// <summary>h before the first step, [hidden].</summary>
    public float[] InitialHidden { get; } = numbers.InitialHidden;

    /// <summary>c before the first step, [hidden].</summary>
    public float[] InitialCell { get; } = numbers.InitialCell;

    /// <summary>Numbers of scratch memory that a run takes.</summary>
    /// <param name="count">Sequences.</param>
    public abstract int ScratchCount(int count);

    /// <summary>Whether a direction is as plain as the fast path needs it.</summary>
    public static bool CanRun(CellKind kind, DirectionNumbers numbers) =>
        kind is CellKind.Lstm or CellKind.Gru
        && (numbers.Options & (LayerOptions.Peepholes | LayerOptions.InputForget | LayerOptions.ResetBefore)) == 0
        && numbers.Clip == 0
        && numbers.Gates.Function == Activation.Sigmoid && numbers.Candidate.Function == Activation.Tanh
        && (kind == CellKind.Gru || numbers.CellOutput.Function == Activation.Tanh);

    /// <summary>Packs a direction that can run.</summary>
    /// <param name="kind">LSTM or GRU.</param>
    /// <param name="numbers">Its numbers.</param>
    /// <param name="vectorBits">512, 256 or 128.</param>
    public static BatchCell Pack(CellKind kind, DirectionNumbers numbers, int vectorBits) => (kind, vectorBits) switch
    {
        (CellKind.Lstm, 512) => new LstmBatchCell<Lanes512, Vector512<float>>(numbers),
        (CellKind.Lstm, 256) => new LstmBatchCell<Lanes256, Vector256<float>>(numbers),
        (CellKind.Lstm, _) => new LstmBatchCell<Lanes128, Vector128<float>>(numbers),
        (_, 512) => new GruBatchCell<Lanes512, Vector512<float>>(numbers),
        (_, 256) => new GruBatchCell<Lanes256, Vector256<float>>(numbers),
        _ => new GruBatchCell<Lanes128, Vector128<float>>(numbers),
    };

    /// <summary>Runs over a batch.</summary>
    public void Run(in BatchRun run)
    {
        int longest = run.Lengths[0];
        // A sequence alone: its inputs are known from the start, so that their share of many steps is one product.
        bool isAlone = run.Count == 1;
        int active = run.Count;
        for (int step = 0; step < longest; step++)
        {
            while (run.Lengths[active - 1] <= step) active--;
            float* before = run.Hidden + (step & 1) * run.HiddenSize, after = run.Hidden + (~step & 1) * run.HiddenSize;
            if (isAlone && step % ProjectedSteps == 0) Project(run, step, Math.Min(ProjectedSteps, longest - step));
            if (isAlone) StepAlone(run, step, before, after);
            else Step(run, step, active, before, after);
            if (run.Outputs != null) Record(run, step, active, after);
        }
    }

    /// <summary>The inputs' share of the sums of some steps of a single sequence, into the scratch memory.</summary>
    protected abstract void Project(in BatchRun run, int firstStep, int length);

    /// <summary>A step of a single sequence whose inputs are in the sums already.</summary>
    protected abstract void StepAlone(in BatchRun run, int step, float* before, float* after);

    /// <summary>A step of the first sequences.</summary>
    protected abstract void Step(in BatchRun run, int step, int active, float* before, float* after);

    /// <summary>
    /// Rows whose gates follow on their own products: the machine then begins the next products while it waits for the last gates.
    /// But where a block's weights fill the nearest cache, all rows go through one half of them and then through the other.
    /// </summary>
    /// <param name="active">All rows.</param>
    /// <param name="blockCount">Numbers in a block's weights.</param>
    protected static int RowsAtOnce(int active, int blockCount) => blockCount * sizeof(float) <= NearCacheSize ? GroupRows : active;

    private void Record(in BatchRun run, int step, int active, float* hidden)
    {
        for (int row = 0; row < active; row++)
        {
            int place = run.IsReverse ? run.Lengths[row] - 1 - step : step;
            new ReadOnlySpan<float>(hidden + row * PaddedCount, HiddenCount)
                .CopyTo(new Span<float>(run.Outputs + row * run.OutputStride + place * run.OutputCount, HiddenCount));
        }
    }
}

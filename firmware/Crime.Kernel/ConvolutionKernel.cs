// A convolution in front of the recurrent layers, timestep by timestep. It stands in the place of the first layer and itself runs the layers behind
// it whenever a window is complete, so that a network without convolutions pays nothing. The timesteps of the open window are a part of the
// network's state: a sequence can be handed over in its middle.

using System;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>Computes a convolution and what follows it; no allocation after construction.</summary>
internal sealed class ConvolutionKernel : LayerKernel
{
    // Outputs are padded to whole pairs.
    private readonly short[] _output;
    private readonly LayerKernel[] _next;
    private readonly int _inputCount;

    // Timesteps until the first window is complete.
    private readonly int _first;
    private readonly int _stride;
    private readonly int _after;

    // Null for a window as it is: the columns of the timesteps before the newest one, which a window of one timestep has not, and of the newest one.
    private readonly PackedColumns _earlierColumns;
    private readonly PackedColumns _newestColumns;

    // [pairs]: biases, and the sums of the window under way.
    private readonly long[] _bias;
    private readonly long[] _sums;

    private readonly DenseFunction _function;
    private readonly int _shift;

    /// <summary>Reads a convolution.</summary>
    /// <param name="layer">The convolution; not referenced afterwards.</param>
    /// <param name="next">The layers behind it. The first one reads the results, each further one the layer before it.</param>
    /// <param name="state">Its state: the timesteps of the open window, the oldest first, and the number that says when it is complete.</param>
    /// <param name="tables">The table of tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public ConvolutionKernel(ConvolutionLayer layer, LayerKernel[] next, LayerState state, ActivationTables tables, SaturationCounters saturations)
        : base(state, tables, saturations)
    {
        _next = next;
        _inputCount = layer.InputCount;
        _first = layer.Size - layer.Before;
        _stride = layer.Stride;
        _after = layer.After;
        DenseLayer map = layer.Map;
        int pairCount = (layer.OutputCount + 1) / 2, earlier = map.InputCount - _inputCount;
        _output = new short[2 * pairCount];
        if (map.OutputCount == 0) return;

        _function = map.Function;
        _shift = map.SumFractionBits - (_function == DenseFunction.Tanh ? ActivationTable.IndexFractionBits : map.FractionBits + 1);
        var lowRows = new int[pairCount];
        var highRows = new int[pairCount];
        _bias = new long[pairCount];
        _sums = new long[pairCount];
        for (int pair = 0; pair < pairCount; pair++)
        {
            lowRows[pair] = 2 * pair;
            highRows[pair] = 2 * pair + 1 < map.OutputCount ? 2 * pair + 1 : PackedColumns.NoRow;
            _bias[pair] = PackedColumns.PackBias(map.Bias(2 * pair), highRows[pair] == PackedColumns.NoRow ? 0 : map.Bias(2 * pair + 1));
        }
        if (earlier > 0) _earlierColumns = new PackedColumns(map, 0, earlier, lowRows, highRows);
        _newestColumns = new PackedColumns(map, earlier, _inputCount, lowRows, highRows);
    }

    /// <summary>Computes the answers of the network; null but for the first convolution.</summary>
    public SequenceEnd End { get; set; }

    /// <inheritdoc/>
    public override void Step(short[] x, int offset)
    {
        short[] window = State.Hidden, counter = State.Cell;
        int first = _first, stride = _stride, count = counter[0] + 1;
        // Before the first window the timesteps are counted, then those since the last window, on top of the first one's.
        bool isComplete = count == first || count >= first + stride;
        counter[0] = (short)(isComplete ? first : count);
        if (isComplete) Compute(window, x, offset);
        int inputs = _inputCount, kept = window.Length - inputs;
        if (kept > 0) Array.Copy(window, inputs, window, 0, kept);
        if (kept >= 0) Array.Copy(x, offset, window, kept, inputs);
        if (!isComplete) return;
        LayerKernel[] next = _next;
        next[0].Step(_output, 0);
        for (int i = 1; i < next.Length; i++) next[i].Step(next[i - 1].State.Hidden, 0);
    }

    /// <summary>Takes the zeros behind the sequence, and more where it is shorter than a window. Nothing follows a sequence without a timestep.</summary>
    /// <param name="zeros">At least as many zeros as an input has.</param>
    public void Finish(short[] zeros)
    {
        short[] counter = State.Cell;
        if (counter[0] == 0) return;
        for (int i = 0; i < _after; i++) Step(zeros, 0);
        while (counter[0] < _first) Step(zeros, 0);
        if (_next[0] is ConvolutionKernel convolution) convolution.Finish(zeros);
    }

    private void Compute(short[] window, short[] x, int offset)
    {
        short[] output = _output;
        if (_newestColumns == null)
        {
            Array.Copy(window, output, window.Length);
            Array.Copy(x, offset, output, window.Length, _inputCount);
            return;
        }
        long[] sums = _sums;
        Array.Copy(_bias, sums, sums.Length);
        if (_earlierColumns != null) _earlierColumns.AddProducts(sums, window, 0);
        _newestColumns.AddProducts(sums, x, offset);
        if (_function == DenseFunction.Tanh) LookUp(sums, output);
        else Round(sums, output, _function == DenseFunction.Relu ? 0 : int.MinValue);
    }

    private void LookUp(long[] sums, short[] output)
    {
        short[] tanh = Tanh;
        int shift = _shift;
        for (int pair = 0; pair < sums.Length; pair++)
        {
            // The low lane carries 2^31 too much: turning its sign bit takes it off.
            long both = sums[pair];
            int low = (((int)both ^ int.MinValue) >> shift) + ActivationTable.Zero;
            if ((uint)low >= ActivationTable.Length) low = SaturatedIndex(low);
            int high = ((int)(both >> 32) >> shift) + ActivationTable.Zero;
            if ((uint)high >= ActivationTable.Length) high = SaturatedIndex(high);
            output[2 * pair] = tanh[low];
            output[2 * pair + 1] = tanh[high];
        }
    }

    /// <summary>Rounds half up, without the overflow of a sum next to 2^31, after what lies below a limit was raised to it.</summary>
    private void Round(long[] sums, short[] output, int limit)
    {
        int shift = _shift;
        for (int pair = 0; pair < sums.Length; pair++)
        {
            long both = sums[pair];
            int low = (int)both ^ int.MinValue, high = (int)(both >> 32);
            if (low < limit) low = limit;
            if (high < limit) high = limit;
            low = ((low >> shift) + 1) >> 1;
            high = ((high >> shift) + 1) >> 1;
            if (low != (short)low) low = SaturatedCell(low);
            if (high != (short)high) high = SaturatedCell(high);
            output[2 * pair] = (short)low;
            output[2 * pair + 1] = (short)high;
        }
    }
}

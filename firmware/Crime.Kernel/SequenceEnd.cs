// The results of convolutions that wait for the end of a sequence: windows that reach beyond it, and the only window of a sequence that is shorter.
// An answer computes them, and leaves the state as it was, because a stream may go on.

using System;

namespace Crime.Kernel;

/// <summary>Computes what the head sees at the end of a sequence; no allocation after construction.</summary>
internal sealed class SequenceEnd
{
    private readonly NetworkState _state;
    private readonly SaturationCounters _saturations;
    private readonly LayerKernel _last;

    // All null where no result waits for the end.
    private readonly short[] _saved;
    private readonly short[] _zeros;
    private readonly short[] _seen;

    /// <summary>Prepares answers.</summary>
    /// <param name="state">The state of the whole network.</param>
    /// <param name="saturations">The counters of the layers.</param>
    /// <param name="last">The last layer, or the pooling.</param>
    /// <param name="widestInput">The largest number of inputs of a convolution; 0 where no result waits for the end of a sequence.</param>
    public SequenceEnd(NetworkState state, SaturationCounters saturations, LayerKernel last, int widestInput)
    {
        _state = state;
        _saturations = saturations;
        _last = last;
        if (widestInput == 0) return;
        _saved = new short[state.ExportSize / 2];
        _zeros = new short[widestInput];
        _seen = new short[last.State.Hidden.Length];
    }

    /// <summary>Returns what the head sees; overwritten by the next call. State and counters are the same afterwards.</summary>
    /// <param name="front">The first convolution.</param>
    public short[] Compute(ConvolutionKernel front)
    {
        if (_saved == null) return Seen();
        int gates = _saturations.Gates, cells = _saturations.Cells;
        _state.CopyTo(_saved);
        front.Finish(_zeros);
        Array.Copy(Seen(), _seen, _seen.Length);
        _state.CopyFrom(_saved);
        _saturations.Gates = gates;
        _saturations.Cells = cells;
        return _seen;
    }

    private short[] Seen() => _last is PoolLayer pool ? pool.Result() : _last.State.Hidden;
}

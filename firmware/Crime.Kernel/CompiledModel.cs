// Layers whose weights are code. `crime compile` writes a class of this kind for one model; compiled into the firmware it is
// used whenever the board's model file is the very one it was made from, and the table-driven layers otherwise.

namespace Crime.Kernel;

/// <summary>Code made from one model.</summary>
public abstract class CompiledModel
{
    /// <summary>The model's <c>FixedPointChecksum</c>: weights and sizes that the code was made from.</summary>
    public abstract uint FixedPointChecksum { get; }

    /// <summary>Makes the kernel of a layer.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="state">The layer's state.</param>
    /// <param name="tables">Sigmoid and tanh.</param>
    /// <param name="saturations">Counts values at the end of their range.</param>
    public abstract LayerKernel CreateLayer(int layer, LayerState state, ActivationTables tables, SaturationCounters saturations);
}

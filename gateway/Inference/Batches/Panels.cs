// How the fast path's weights lie in memory: in the order in which they are read, once from front to back for a group of sequences.

namespace Crime.Gateway.Inference.Batches;

/// <summary>Which rows a panel holds, and from which column of the inputs and hidden states on.</summary>
internal static unsafe class Panels
{
    /// <summary>Writes a panel [columns][gates][lanes] for a block of hidden units; units beyond the last are zero.</summary>
    /// <param name="weights">[gates * hidden][columns]</param>
    /// <param name="columns">Numbers that a row multiplies.</param>
    /// <param name="hidden">Hidden units.</param>
    /// <param name="firstUnit">First unit of the block.</param>
    /// <param name="lanes">Units of the block.</param>
    /// <param name="gates">Gates side by side.</param>
    /// <param name="scales">What each gate's weights are multiplied by.</param>
    /// <param name="to">Receives the panel.</param>
    /// <returns>The address after it.</returns>
    public static float* Write(float[] weights, int columns, int hidden, int firstUnit, int lanes, int[] gates, float[] scales, float* to)
    {
        for (int column = 0; column < columns; column++)
            for (int gate = 0; gate < gates.Length; gate++)
                for (int unit = firstUnit; unit < firstUnit + lanes; unit++, to++)
                    *to = unit < hidden ? scales[gate] * weights[(gates[gate] * hidden + unit) * columns + column] : 0;
        return to;
    }
}

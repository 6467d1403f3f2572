// Two weights in one 64-bit number: a multiplication by an input then makes two products at once, and a sum of them
// makes two dot products. On an interpreter, where a multiplication costs what an addition costs, that halves the time.
// It is exact because the row bound of SPEC.md keeps each of the two sums inside 32 bits.

using Crime.Model;

namespace Crime.Firmware.Kernel;

/// <summary>Two gate rows of a model, packed for the table-driven kernel.</summary>
/// <remarks>
/// The low row sits in the lower 32 bits, the high row in the upper. The low bias carries an extra 2^31, so that the lower
/// half never goes below zero and never borrows from the upper one.
/// </remarks>
internal static class PackedRows
{
    /// <summary>Added to the low lane; the kernel takes it off by flipping the sign bit.</summary>
    private const long LowLaneOffset = 0x80000000L;

    /// <summary>Packs the weights of two rows, padded with zeros to a multiple of <paramref name="unroll"/>.</summary>
    public static long[] Weights(FixedLayer layer, int lowRow, int highRow, int unroll)
    {
        int columns = layer.Shape.ColumnCount;
        var packed = new long[PaddedCount(columns, unroll)];
        for (int column = 0; column < columns; column++)
            packed[column] = ((long)layer.Weight(highRow, column) << 32) + layer.Weight(lowRow, column);
        return packed;
    }

    /// <summary>Packs the biases of two rows.</summary>
    public static long Bias(FixedLayer layer, int lowRow, int highRow) =>
        ((long)layer.Bias(highRow) << 32) + layer.Bias(lowRow) + LowLaneOffset;

    /// <summary>The next multiple of <paramref name="unroll"/>.</summary>
    public static int PaddedCount(int count, int unroll) => (count + unroll - 1) / unroll * unroll;
}

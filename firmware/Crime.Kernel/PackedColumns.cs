// The products of weights and operands, two rows at a time. Two weights sit in one 64-bit number: a multiplication by an
// operand then makes two products at once, and a sum of them makes two dot products. On an interpreter, where a
// multiplication costs what an addition costs, that halves the time. It is exact because the row bound of SPEC.md keeps each
// of the two sums inside 32 bits.
//
// The weights lie column by column: some operands and their columns stay in locals while all pairs of rows go by, so that a
// product costs the six instructions of its own arithmetic and little else. The wider the block, the less else: 3.4 instructions
// per weight at sixteen columns, 3.8 at eight, 4.6 at four.

using System;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>Some columns of a layer's weights, its rows packed in pairs.</summary>
/// <remarks>
/// The low row of a pair sits in the lower 32 bits, the high row in the upper. The biases carry an extra 2^31 in the low lane,
/// so that it never goes below zero and never borrows from the upper one.
/// </remarks>
internal sealed class PackedColumns
{
    /// <summary>Stands for a row of zeros.</summary>
    public const int NoRow = -1;

    /// <summary>Added to the low lane; the layers take it off by turning its sign bit.</summary>
    private const long LowLaneOffset = 0x80000000L;

    // Columns are padded to a multiple of this, the smallest block.
    public const int Padding = 4;

    private readonly int _columnCount;

    // [columns, padded with zeros to a multiple of Padding][pairs]
    private readonly long[][] _weights;

    // [columns, padded]
    private readonly short[] _operands;

    /// <summary>Packs columns.</summary>
    /// <param name="layer">The weights of a layer; not referenced afterwards.</param>
    /// <param name="firstColumn">The first column to take.</param>
    /// <param name="columnCount">How many.</param>
    /// <param name="lowRows">Rows of the low lanes, one per pair; <see cref="NoRow"/> for zeros.</param>
    /// <param name="highRows">Rows of the high lanes.</param>
    public PackedColumns(IWeights layer, int firstColumn, int columnCount, int[] lowRows, int[] highRows)
    {
        _columnCount = columnCount;
        int paddedCount = (columnCount + Padding - 1) / Padding * Padding;
        var zeros = new long[paddedCount > columnCount ? lowRows.Length : 0];
        _operands = new short[paddedCount];
        _weights = new long[paddedCount][];
        for (int k = 0; k < paddedCount; k++)
        {
            _weights[k] = zeros;
            if (k >= columnCount) continue;
            var column = new long[lowRows.Length];
            for (int pair = 0; pair < column.Length; pair++)
                column[pair] = Pack(Weight(layer, lowRows[pair], firstColumn + k), Weight(layer, highRows[pair], firstColumn + k));
            _weights[k] = column;
        }
    }

    /// <summary>Packs two biases.</summary>
    public static long PackBias(int low, int high) => Pack(low, high) + LowLaneOffset;

    /// <summary>Adds the products of all columns to the sums of all pairs.</summary>
    /// <param name="sums">[pairs]</param>
    /// <param name="operands">Holds an operand per column.</param>
    /// <param name="offset">Index of the first one.</param>
    public void AddProducts(long[] sums, short[] operands, int offset)
    {
        Array.Copy(operands, offset, _operands, 0, _columnCount);
        int k = 0;
        for (; k + 16 <= _weights.Length; k += 16) AddSixteen(sums, k);
        if (k + 8 <= _weights.Length)
        {
            AddEight(sums, k);
            k += 8;
        }
        if (k < _weights.Length) AddFour(sums, k);
    }

    private void AddSixteen(long[] sums, int k)
    {
        short[] x = _operands;
        long x0 = x[k], x1 = x[k + 1], x2 = x[k + 2], x3 = x[k + 3], x4 = x[k + 4], x5 = x[k + 5], x6 = x[k + 6], x7 = x[k + 7];
        long x8 = x[k + 8], x9 = x[k + 9], x10 = x[k + 10], x11 = x[k + 11], x12 = x[k + 12], x13 = x[k + 13], x14 = x[k + 14], x15 = x[k + 15];
        long[][] w = _weights;
        long[] w0 = w[k], w1 = w[k + 1], w2 = w[k + 2], w3 = w[k + 3], w4 = w[k + 4], w5 = w[k + 5], w6 = w[k + 6], w7 = w[k + 7];
        long[] w8 = w[k + 8], w9 = w[k + 9], w10 = w[k + 10], w11 = w[k + 11], w12 = w[k + 12], w13 = w[k + 13], w14 = w[k + 14], w15 = w[k + 15];
        int count = sums.Length;
        for (int pair = 0; pair < count; pair++)
            sums[pair] = sums[pair] + w0[pair] * x0 + w1[pair] * x1 + w2[pair] * x2 + w3[pair] * x3
                + w4[pair] * x4 + w5[pair] * x5 + w6[pair] * x6 + w7[pair] * x7
                + w8[pair] * x8 + w9[pair] * x9 + w10[pair] * x10 + w11[pair] * x11
                + w12[pair] * x12 + w13[pair] * x13 + w14[pair] * x14 + w15[pair] * x15;
    }

    private void AddEight(long[] sums, int k)
    {
        short[] x = _operands;
        long x0 = x[k], x1 = x[k + 1], x2 = x[k + 2], x3 = x[k + 3], x4 = x[k + 4], x5 = x[k + 5], x6 = x[k + 6], x7 = x[k + 7];
        long[][] w = _weights;
        long[] w0 = w[k], w1 = w[k + 1], w2 = w[k + 2], w3 = w[k + 3], w4 = w[k + 4], w5 = w[k + 5], w6 = w[k + 6], w7 = w[k + 7];
        int count = sums.Length;
        for (int pair = 0; pair < count; pair++)
            sums[pair] = sums[pair] + w0[pair] * x0 + w1[pair] * x1 + w2[pair] * x2 + w3[pair] * x3
                + w4[pair] * x4 + w5[pair] * x5 + w6[pair] * x6 + w7[pair] * x7;
    }

    private void AddFour(long[] sums, int k)
    {
        short[] x = _operands;
        long x0 = x[k], x1 = x[k + 1], x2 = x[k + 2], x3 = x[k + 3];
        long[][] w = _weights;
        long[] w0 = w[k], w1 = w[k + 1], w2 = w[k + 2], w3 = w[k + 3];
        int count = sums.Length;
        for (int pair = 0; pair < count; pair++)
            sums[pair] = sums[pair] + w0[pair] * x0 + w1[pair] * x1 + w2[pair] * x2 + w3[pair] * x3;
    }

    private static int Weight(IWeights layer, int row, int column) => row == NoRow ? 0 : layer.Weight(row, column);

    private static long Pack(int low, int high) => ((long)high << 32) + low;
}

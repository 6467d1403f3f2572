// The fixed-point numbers of one layer, where they lie in the file.

using Crime.Binary;

namespace Crime.Model;

/// <summary>Access to one layer of the fixed-point section. Row and column order are those of <see cref="LayerShape"/>.</summary>
public sealed class FixedLayer : IWeights
{
    // cell fraction bits (1), zeros (3)
    private const int HeaderSize = 4;
    private const int FullWeightBits = 16;

    private readonly byte[] _bytes;
    private readonly int _offset;
    private readonly int _biasOffset;
    private readonly int _stepOffset;
    private readonly int _weightOffset;

    internal FixedLayer(byte[] bytes, int offset, LayerShape shape, int weightBits, int inputFractionBits)
    {
        _bytes = bytes;
        _offset = offset;
        Shape = shape;
        WeightBits = weightBits;
        InputFractionBits = inputFractionBits;
        _biasOffset = offset + HeaderSize + Padded(shape.RowCount);
        _stepOffset = _biasOffset + 4 * shape.FixedBiasCount;
        _weightOffset = _stepOffset + StepsSize(shape, weightBits);
    }

    /// <summary>Kind and sizes.</summary>
    public LayerShape Shape { get; }

    /// <summary>Bits in which a weight is stored: 16, 8, 6 or 4.</summary>
    public int WeightBits { get; }

    /// <summary>Fraction bits of the inputs: the model's, or those of its convolutions, for the first layer, 15 after it.</summary>
    public int InputFractionBits { get; }

    /// <summary>True when the cell state has two 16-bit numbers per unit, as <see cref="ModelFormat.WideCell"/> says.</summary>
    public bool IsWideCell => _bytes[_offset] == ModelFormat.WideCell;

    /// <summary>Fraction bits of the cell state; 0 for a cell without one.</summary>
    public int CellFractionBits => IsWideCell ? ModelFormat.MaxCellFractionBits : _bytes[_offset];

    /// <summary>
    /// 16-bit numbers of the cell state: none, one per unit, or, for a wide cell, the fraction of each unit in Q0.15, then the whole part of each unit.
    /// </summary>
    public int CellCount => !Shape.HasCellState ? 0 : IsWideCell ? 2 * Shape.HiddenCount : Shape.HiddenCount;

    /// <summary>Fraction bits of a gate row's 32-bit accumulator.</summary>
    /// <param name="row">0 to RowCount - 1.</param>
    public int RowFractionBits(int row) => _bytes[_offset + HeaderSize + row];

    /// <summary>A bias, in its row's accumulator format.</summary>
    /// <param name="index">
    /// 0 to FixedBiasCount - 1: the rows, then, for a GRU, the biases of the candidate's recurrent part, one per unit.
    /// </param>
    public int Bias(int index) => LittleEndian.ReadInt32(_bytes, _biasOffset + 4 * index);

    /// <summary>Weight of a gate row as the kernel computes with it, whatever bits it is stored in.</summary>
    /// <param name="row">0 to RowCount - 1.</param>
    /// <param name="column">The inputs first, then the hidden units.</param>
    public short Weight(int row, int column)
    {
        int index = row * Shape.ColumnCount + column;
        if (WeightBits == FullWeightBits) return LittleEndian.ReadInt16(_bytes, _weightOffset + 2 * index);
        int part = column < Shape.InputCount ? 0 : 1;
        return (short)(Code(index) * Step(row, part));
    }

    /// <summary>What one unit of a stored weight counts in the row's format; 1 where weights are stored in full.</summary>
    /// <param name="row">0 to RowCount - 1.</param>
    /// <param name="part">0 for the weights on inputs, 1 for those on hidden units.</param>
    public int Step(int row, int part) =>
        WeightBits == FullWeightBits ? 1 : LittleEndian.ReadUInt16(_bytes, _stepOffset + 2 * (2 * row + part));

    /// <summary>Whether every product of a stored weight and its step is a 16-bit number. The reader refuses a file where one is not.</summary>
    internal bool WeightsFit()
    {
        if (WeightBits == FullWeightBits) return true;
        int largest = 1 << (WeightBits - 1);
        for (int row = 0; row < Shape.RowCount; row++)
            if (Step(row, 0) * largest > 32768 || Step(row, 1) * largest > 32768) return false;
        return true;
    }

    /// <summary>Bytes of a layer in the fixed-point section; a multiple of four.</summary>
    /// <returns>As a 64-bit number: a foreign file may announce more than fits 32.</returns>
    public static long SizeOf(LayerShape shape, int weightBits) =>
        HeaderSize + Padded(shape.RowCount) + 4L * shape.FixedBiasCount + StepsSize(shape, weightBits) + WeightsSize(shape, weightBits);

    private static int StepsSize(LayerShape shape, int weightBits) => weightBits == FullWeightBits ? 0 : 4 * shape.RowCount;

    private static long WeightsSize(LayerShape shape, int weightBits) =>
        ((long)shape.RowCount * shape.ColumnCount * weightBits + 31) / 32 * 4;

    private static int Padded(int size) => (size + 3) / 4 * 4;

    /// <summary>A stored weight: <see cref="WeightBits"/> bits of a stream whose lowest bits come first, signed.</summary>
    private int Code(int index)
    {
        int bit = index * WeightBits;
        int at = _weightOffset + (bit >> 3);
        // A code of 4, 6 or 8 bits may reach into the next byte; the stream is padded, so there is one.
        int pair = _bytes[at] | (bit % 8 + WeightBits > 8 ? _bytes[at + 1] << 8 : 0);
        int code = (pair >> (bit & 7)) & ((1 << WeightBits) - 1);
        return code >= 1 << (WeightBits - 1) ? code - (1 << WeightBits) : code;
    }
}

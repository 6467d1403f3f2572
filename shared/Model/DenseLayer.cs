// A fully connected layer between the recurrent layers and the head, in fixed point, where its numbers lie in the file.

using Crime.Binary;

namespace Crime.Model;

/// <summary>The function of a <see cref="DenseLayer"/>. The numbers stand in the file.</summary>
public enum DenseFunction
{
    /// <summary>The sums as they are.</summary>
    None = 0,

    /// <summary>max(0, x).</summary>
    Relu = 1,

    /// <summary>The hyperbolic tangent, by the table of the recurrent layers.</summary>
    Tanh = 2,
}

/// <summary>Access to one layer of the tail section.</summary>
public sealed class DenseLayer : IWeights
{
    /// <summary>Bytes before the biases: outputs (2), function (1), fraction bits of the sums (1), of the results (1), zeros (3).</summary>
    public const int HeaderSize = 8;

    private readonly byte[] _bytes;
    private readonly int _offset;

    internal DenseLayer(byte[] bytes, int offset, int inputCount)
    {
        _bytes = bytes;
        _offset = offset;
        InputCount = inputCount;
        OutputCount = LittleEndian.ReadUInt16(bytes, offset);
    }

    /// <summary>Numbers that come in.</summary>
    public int InputCount { get; }

    /// <summary>Numbers that go out.</summary>
    public int OutputCount { get; }

    /// <summary>The function of each sum.</summary>
    public DenseFunction Function => (DenseFunction)_bytes[_offset + 2];

    /// <summary>Fraction bits of the 32-bit sums.</summary>
    public int SumFractionBits => _bytes[_offset + 3];

    /// <summary>Fraction bits of the results, 0 to 15.</summary>
    public int FractionBits => _bytes[_offset + 4];

    /// <summary>A bias, with <see cref="SumFractionBits"/>.</summary>
    /// <param name="output">0 to OutputCount - 1.</param>
    public int Bias(int output) => LittleEndian.ReadInt32(_bytes, _offset + HeaderSize + 4 * output);

    /// <summary>A weight.</summary>
    /// <param name="output">0 to OutputCount - 1.</param>
    /// <param name="input">0 to InputCount - 1.</param>
    public short Weight(int output, int input) =>
        LittleEndian.ReadInt16(_bytes, _offset + HeaderSize + 4 * OutputCount + 2 * (output * InputCount + input));

    /// <summary>Bytes of a layer in the tail section; a multiple of four.</summary>
    /// <param name="inputCount">Numbers that come in.</param>
    /// <param name="outputCount">Numbers that go out.</param>
    public static int SizeOf(int inputCount, int outputCount) => HeaderSize + 4 * outputCount + (2 * inputCount * outputCount + 3) / 4 * 4;
}

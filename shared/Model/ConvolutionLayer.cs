// A convolution in front of the recurrent layers, in fixed point, where its numbers lie in the file. It is a fully connected layer that reads
// the vectors of neighbouring timesteps side by side.

namespace Crime.Model;

/// <summary>Access to one layer of the front section.</summary>
public sealed class ConvolutionLayer
{
    /// <summary>Bytes before the fully connected layer: size (1), stride (1), zeros before (1) and after (1) the sequence.</summary>
    public const int HeaderSize = 4;

    private readonly byte[] _bytes;
    private readonly int _offset;

    internal ConvolutionLayer(byte[] bytes, int offset, int inputCount, int inputFractionBits)
    {
        _bytes = bytes;
        _offset = offset;
        InputCount = inputCount;
        InputFractionBits = inputFractionBits;
        Map = new DenseLayer(bytes, offset + HeaderSize, Size * inputCount);
    }

    /// <summary>Timesteps of a window, 1 to 8.</summary>
    public int Size => _bytes[_offset];

    /// <summary>Timesteps from one window to the next, 1 to 4.</summary>
    public int Stride => _bytes[_offset + 1];

    /// <summary>Timesteps of zeros in front of the sequence, 0 to Size - 1.</summary>
    public int Before => _bytes[_offset + 2];

    /// <summary>Timesteps of zeros behind the sequence, 0 to Size - 1.</summary>
    public int After => _bytes[_offset + 3];

    /// <summary>Numbers of a timestep that come in.</summary>
    public int InputCount { get; }

    /// <summary>Fraction bits of the numbers that come in, 0 to 15.</summary>
    public int InputFractionBits { get; }

    /// <summary>The fully connected layer that reads a window, the oldest timestep first; one without outputs stands for the window as it is.</summary>
    public DenseLayer Map { get; }

    /// <summary>Numbers of a window that come out.</summary>
    public int OutputCount => Map.OutputCount == 0 ? Map.InputCount : Map.OutputCount;

    /// <summary>Fraction bits of the numbers that come out, 0 to 15.</summary>
    public int FractionBits => Map.OutputCount == 0 ? InputFractionBits : Map.FractionBits;

    /// <summary>True when each window ends at the newest timestep, and the first one at the first timestep: no result waits for the end of a sequence.</summary>
    public bool IsCausal => After == 0 && Before == Size - 1;
}

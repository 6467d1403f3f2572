// Memory that vectors are read from and written to by address: it never moves, and begins where a cache line begins.

using System;
using System.Numerics;

namespace Crime.Gateway.Inference.Batches;

/// <summary>A block of numbers that grows. What was in it is lost when it does.</summary>
internal sealed unsafe class AlignedFloats
{
    private const int LineSize = 64;
    private const int LineCount = LineSize / sizeof(float);

    private float[] _memory = [];

    /// <summary>Address of the first number, a multiple of 64. Valid as long as this object is, and until it grows.</summary>
    public float* Start { get; private set; }

    /// <summary>Numbers there is room for.</summary>
    public int Count { get; private set; }

    /// <summary>Makes room; new memory is zero.</summary>
    /// <param name="count">Numbers.</param>
    public void Reserve(int count)
    {
        if (count <= Count) return;
        // A little more than asked for, so that slowly growing lengths do not each allocate.
        Count = (int)BitOperations.RoundUpToPowerOf2((uint)count);
        _memory = GC.AllocateArray<float>(Count + LineCount, pinned: true);
        fixed (float* start = _memory) Start = (float*)((nuint)(start + LineCount - 1) & ~(nuint)(LineSize - 1));
    }
}

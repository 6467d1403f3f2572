// Kept inputs in the memory: writing takes no flash, but a reset loses them.

using System;

namespace Crime.Device.Keeping;

/// <summary>Stores sequences in one array that is allocated once.</summary>
internal sealed class MemoryStore : KeptStore
{
    private readonly short[] _values;
    private readonly int[] _start;
    private readonly int[] _count;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacity">Number of slots.</param>
    /// <param name="sizeBytes">Memory for sequences in bytes.</param>
    public MemoryStore(int capacity, int sizeBytes)
    {
        _values = new short[sizeBytes / 2];
        _start = new int[capacity];
        _count = new int[capacity];
    }

    /// <inheritdoc/>
    public override bool TryWrite(int slot, uint input, int length, short[] values, int count)
    {
        int start = FindRoom(count);
        if (start < 0) return false;
        Array.Copy(values, 0, _values, start, count);
        _start[slot] = start;
        _count[slot] = count;
        return true;
    }

    /// <inheritdoc/>
    public override bool TryRead(int slot, short[] values)
    {
        Array.Copy(_values, _start[slot], values, 0, _count[slot]);
        return true;
    }

    /// <inheritdoc/>
    public override void Release(int slot) => _count[slot] = 0;

    /// <summary>Returns the start of the first gap that is large enough: at the start of the array, or behind a sequence; -1 when there is none.</summary>
    private int FindRoom(int count)
    {
        if (IsFree(0, count)) return 0;
        for (int i = 0; i < _count.Length; i++)
            if (_count[i] > 0 && IsFree(_start[i] + _count[i], count)) return _start[i] + _count[i];
        return -1;
    }

    private bool IsFree(int start, int count)
    {
        if (start + count > _values.Length) return false;
        for (int i = 0; i < _count.Length; i++)
            if (_count[i] > 0 && _start[i] < start + count && start < _start[i] + _count[i]) return false;
        return true;
    }
}

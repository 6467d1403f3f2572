// A heap that ends. It counts the arrays and objects that the firmware's own code makes, each with its size on the board, for as
// long as they can be reached. Not counted: strings, boxed numbers, and whatever libraries allocate, so a board may run out
// sooner than this. How the heap is fragmented is not modelled either.

using System;
using System.Collections.Generic;

namespace Crime.VirtualBoard.Model;

/// <summary>Managed heap of a board with a limit.</summary>
internal sealed class BoardHeap
{
    private readonly object _lock = new();
    private readonly int _limit;
    private readonly List<(WeakReference Made, int Size)> _held = [];
    private int _heldSize;

    /// <summary>Makes an empty heap.</summary>
    /// <param name="limit">Its bytes.</param>
    public BoardHeap(int limit) => _limit = limit;

    /// <summary>Sees to it that there is room.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="OutOfMemoryException">There is none, even after a collection.</exception>
    public void Reserve(int size)
    {
        lock (_lock)
        {
            if (_heldSize + size > _limit) Collect();
            if (_heldSize + size > _limit) throw new OutOfMemoryException();
        }
    }

    /// <summary>Holds what was made; an object from the end of its constructor on.</summary>
    /// <param name="made">An array or an object.</param>
    /// <param name="size">Its bytes.</param>
    public void Hold(object made, int size)
    {
        lock (_lock)
        {
            _held.Add((new WeakReference(made), size));
            _heldSize += size;
        }
    }

    /// <summary>Collects, and returns the bytes that are free.</summary>
    public int CollectNow()
    {
        lock (_lock)
        {
            Collect();
            return _limit - _heldSize;
        }
    }

    private void Collect()
    {
        GC.Collect();
        for (int i = _held.Count - 1; i >= 0; i--)
        {
            if (_held[i].Made.IsAlive) continue;
            _heldSize -= _held[i].Size;
            _held[i] = _held[^1];
            _held.RemoveAt(_held.Count - 1);
        }
    }
}

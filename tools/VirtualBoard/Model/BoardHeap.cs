// A heap that ends. It counts what the firmware's own code makes, each with its size on the board, for as long as it can be reached, and
// what the CLR and the device's libraries hold or drop, by measured figures. How the heap is fragmented is not modelled: on a board a large
// array may find no room sooner.

using System;
using System.Collections.Generic;
using System.Threading;

namespace Crime.VirtualBoard.Model;

/// <summary>Managed heap of a board with a limit. Any thread may call it.</summary>
internal sealed class BoardHeap : IDisposable
{
    private static int s_count;

    private readonly object _lock = new();
    private readonly int _limit;
    private readonly List<(WeakReference Made, int Size)> _held = [];
    private readonly HashSet<HeapLease> _leases = [];
    private int _heldSize;
    private int _leasedSize;
    private int _garbageSize;
    private int _leastFree;

    /// <summary>Makes the heap of a board that starts.</summary>
    /// <param name="limit">Its bytes, those of the started CLR included.</param>
    /// <param name="assemblySizeBytes">Bytes that the CLR takes for the firmware's assemblies.</param>
    public BoardHeap(int limit, int assemblySizeBytes)
    {
        _limit = limit;
        StartedSizeBytes = HeapCosts.StartedLibraries + assemblySizeBytes + HeapCosts.StaticObjects + HeapCosts.MainThreadFrames;
        _leastFree = limit;
        Interlocked.Increment(ref s_count);
        Restart();
    }

    /// <summary>True when any board of the process has a limited heap: without one, nothing is counted.</summary>
    public static bool IsAnyLimited => Volatile.Read(ref s_count) > 0;

    /// <summary>Bytes that a started board holds before the first object of its firmware.</summary>
    public int StartedSizeBytes { get; }

    /// <summary>Least bytes that were free after a collection; the limit before the first.</summary>
    public int LeastFree
    {
        get
        {
            lock (_lock) return _leastFree;
        }
    }

    /// <summary>Bytes that were taken, those included that the next collection frees.</summary>
    public int UsedSize
    {
        get
        {
            lock (_lock) return _heldSize + _leasedSize + _garbageSize;
        }
    }

    /// <summary>Sees to it that there is room.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="OutOfMemoryException">There is none, even after a collection.</exception>
    public void Reserve(int size)
    {
        lock (_lock)
        {
            if (UsedSize + size > _limit) Collect();
            if (UsedSize + size > _limit) throw new OutOfMemoryException();
        }
    }

    /// <summary>Holds what was made for as long as it can be reached; an object from the end of its constructor on.</summary>
    /// <param name="made">An array, an object or a string that nothing else in the process refers to.</param>
    /// <param name="size">Its bytes.</param>
    public void Hold(object made, int size)
    {
        lock (_lock)
        {
            _held.Add((new WeakReference(made), size));
            _heldSize += size;
        }
    }

    /// <summary>Takes bytes that the next collection frees.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="OutOfMemoryException">There is no room, even after a collection.</exception>
    public void Drop(int size)
    {
        lock (_lock)
        {
            Reserve(size);
            _garbageSize += size;
        }
    }

    /// <summary>Takes bytes until the lease is disposed.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="OutOfMemoryException">There is no room, even after a collection.</exception>
    public HeapLease Lease(int size)
    {
        lock (_lock)
        {
            Reserve(size);
            var lease = new HeapLease(this, size);
            _leases.Add(lease);
            _leasedSize += size;
            return lease;
        }
    }

    /// <summary>Collects and takes what is free but for a rest, until the lease is disposed.</summary>
    /// <param name="rest">Bytes that stay free.</param>
    public HeapLease Occupy(int rest)
    {
        lock (_lock)
        {
            int least = _leastFree;
            var lease = new HeapLease(this, Math.Max(0, Collect() - rest));
            _leastFree = least;
            _leases.Add(lease);
            _leasedSize += lease.Size;
            return lease;
        }
    }

    /// <summary>Frees what cannot be reached.</summary>
    /// <returns>The free bytes.</returns>
    public int Collect()
    {
        lock (_lock)
        {
            GC.Collect();
            for (int i = _held.Count - 1; i >= 0; i--)
            {
                if (_held[i].Made.IsAlive) continue;
                _heldSize -= _held[i].Size;
                _held[i] = _held[^1];
                _held.RemoveAt(_held.Count - 1);
            }
            _garbageSize = 0;
            int free = Math.Max(0, _limit - UsedSize);
            _leastFree = Math.Min(_leastFree, free);
            return free;
        }
    }

    /// <summary>The board starts anew: only the started CLR and the main thread are in the heap.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _held.Clear();
            _leases.Clear();
            _heldSize = StartedSizeBytes;
            _leasedSize = _garbageSize = 0;
        }
    }

    /// <summary>Ends the count; the board's power is cut.</summary>
    public void Dispose() => Interlocked.Decrement(ref s_count);

    /// <summary>Takes a lease back. One from before a restart is no longer counted.</summary>
    internal void End(HeapLease lease)
    {
        lock (_lock)
        {
            if (_leases.Remove(lease)) _leasedSize -= lease.Size;
        }
    }
}

/// <summary>Bytes that something outside the firmware's code holds.</summary>
/// <param name="heap">The heap that they are in.</param>
/// <param name="size">Bytes.</param>
internal sealed class HeapLease(BoardHeap heap, int size) : IDisposable
{
    /// <summary>Bytes.</summary>
    public int Size { get; } = size;

    /// <summary>Gives them back.</summary>
    public void Dispose() => heap.End(this);
}

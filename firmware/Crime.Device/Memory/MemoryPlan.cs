// Divides the heap. A board without external memory has about 110 KB of it. The network needs its share while it connects, sends and
// downloads, and a board whose network gets no memory stands still. So a kernel is chosen that leaves the network its share: by the sizes
// that the shape of the model gives, before anything is allocated.

using NativeCollector = nanoFramework.Runtime.Native.GC;

namespace Crime.Device.Memory;

/// <summary>Says what the parts of the firmware need, and notes where memory ran out. Thread-safe.</summary>
internal sealed class MemoryPlan
{
    /// <summary>
    /// Heap of the network in bytes: the connection to the broker with its threads, a request with its answer, and an HTTP exchange at the same
    /// time. Measured on the 32-bit CLR: docs/decisions/0012-memory-plan.md.
    /// </summary>
    public const int NetworkSizeBytes = 19_500;

    /// <summary>Heap of the mapping engine with its decision table, in bytes.</summary>
    public const int EngineSizeBytes = 10 * 1024;

    /// <summary>Heap that stays free when every part has its share, in bytes.</summary>
    public const int SpareSizeBytes = 6 * 1024;

    /// <summary>Shortages after which memory has to be given up for good; a single one may pass.</summary>
    public const int ShortagesUntilShrink = 3;

    private readonly object _lock = new object();
    private int _shortageCount;

    /// <summary>Number of times that memory ran out since the start.</summary>
    public int ShortageCount { get; private set; }

    /// <summary>The part of the firmware in which memory ran out last.</summary>
    public Shortage LastShortage { get; private set; }

    /// <summary>Returns the number of bytes that are free after a collection.</summary>
    public static int FreeSizeBytes() => (int)NativeCollector.Run(true);

    /// <summary>Notes that memory ran out, and collects what can be collected. Any thread may call this.</summary>
    /// <param name="shortage">The part of the firmware.</param>
    public void OnShortage(Shortage shortage)
    {
        lock (_lock)
        {
            ShortageCount++;
            // Nothing gives way to a kernel package: the board does without.
            if (shortage != Shortage.Package) _shortageCount++;
            LastShortage = shortage;
        }
        NativeCollector.Run(true);
    }

    /// <summary>Returns whether memory has to be given up for good, and starts counting shortages anew if so.</summary>
    public bool TakeNeedToShrink()
    {
        lock (_lock)
        {
            if (_shortageCount < ShortagesUntilShrink) return false;
            _shortageCount = 0;
            return true;
        }
    }
}

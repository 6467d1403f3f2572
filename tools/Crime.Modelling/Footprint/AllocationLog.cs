// Where instrumented device code reports what it takes from the heap, and which members outside the project it calls: what
// those take is theirs to say.

using System;
using System.Collections.Generic;
using Crime.VirtualBoard.Model;

namespace Crime.Modelling.Footprint;

/// <summary>Allocations of a stretch of device code.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Bytes of a board's heap.</param>
/// <param name="Calls">Members outside the project that were called, with how often.</param>
public sealed record Allocations(int Count, int Bytes, IReadOnlyDictionary<string, int> Calls);

/// <summary>Counts on the thread that allocates. Public because instrumented code calls it.</summary>
public static class AllocationLog
{
    [ThreadStatic]
    private static int t_count;

    [ThreadStatic]
    private static int t_bytes;

    [ThreadStatic]
    private static SortedDictionary<string, int>? t_calls;

    /// <summary>Runs code that was instrumented.</summary>
    public static Allocations During(Action code)
    {
        t_count = 0;
        t_bytes = 0;
        t_calls = new SortedDictionary<string, int>(StringComparer.Ordinal);
        code();
        return new Allocations(t_count, t_bytes, t_calls);
    }

    /// <summary>An object, a boxed number or a string literal.</summary>
    /// <param name="size">Its bytes.</param>
    public static void Object(int size)
    {
        t_count++;
        t_bytes += size;
    }

    /// <summary>An array.</summary>
    /// <param name="length">Its elements.</param>
    /// <param name="elementSize">Bytes of one.</param>
    public static void Array(int length, int elementSize) => Object(DeviceSizes.Array(length, elementSize));

    /// <summary>A call that leaves the project's code.</summary>
    /// <param name="member">Type and name.</param>
    public static void External(string member)
    {
        if (t_calls != null) t_calls[member] = t_calls.GetValueOrDefault(member) + 1;
    }
}

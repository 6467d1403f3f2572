// Features as they come in requests, made into floats: a few per cent of a small network's time, and so worth the widest vectors.

using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Crime.Gateway.Inference.Batches;

/// <summary>Reads fixed-point numbers. Exact, whatever the width of the vectors.</summary>
internal static class FixedPointInput
{
    /// <summary>Makes floats.</summary>
    /// <param name="values">16-bit numbers.</param>
    /// <param name="fractionBits">How many of their bits come after the point.</param>
    /// <param name="to">Receives as many floats.</param>
    public static void Read(ReadOnlySpan<short> values, int fractionBits, Span<float> to)
    {
        float scale = 1f / (1 << fractionBits);
        int done = Avx512F.IsSupported ? ReadWide(values, scale, to[..values.Length]) : ReadNarrow(values, scale, to);
        for (; done < values.Length; done++) to[done] = values[done] * scale;
    }

    private static int ReadWide(ReadOnlySpan<short> values, float scale, Span<float> to)
    {
        ref short from = ref MemoryMarshal.GetReference(values);
        ref float into = ref MemoryMarshal.GetReference(to);
        int done = 0;
        for (; done + Vector512<float>.Count <= values.Length; done += Vector512<float>.Count)
        {
            Vector512<int> wide = Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref from, (nuint)done));
            (Vector512.ConvertToSingle(wide) * scale).StoreUnsafe(ref into, (nuint)done);
        }
        return done;
    }

    private static int ReadNarrow(ReadOnlySpan<short> values, float scale, Span<float> to)
    {
        int done = 0;
        for (; done + Vector<short>.Count <= values.Length; done += Vector<short>.Count)
        {
            Vector.Widen(new Vector<short>(values[done..]), out Vector<int> lower, out Vector<int> upper);
            (Vector.ConvertToSingle(lower) * scale).CopyTo(to[done..]);
            (Vector.ConvertToSingle(upper) * scale).CopyTo(to[(done + Vector<float>.Count)..]);
        }
        return done;
    }
}

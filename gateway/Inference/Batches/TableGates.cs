// Gates and states of the 512-bit kernels: tanh by table, whose ten vectors stay in registers while the rows pass by. Two or three
// values go in step: each waits for its own last instruction, and the machine does those of the others meanwhile.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Crime.Gateway.Inference.Batches;

/// <summary>From sums to states with <see cref="TanhTable"/>.</summary>
internal static unsafe class TableGates
{
    private const int Lanes = 16;

    // Of VRANGEPS: the smaller of the two sizes, without a sign.
    private const byte SmallerSize = 0b1010;

    // Of VREDUCEPS: what is left after rounding to the nearest of so many bits after the point.
    private const byte NearestQuarter = 2 << 4;

    /// <summary>See <see cref="ILanes{TVector}.LstmGates"/>. In two passes, so that no value has to wait for a whole row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lstm(int rows, float* sums, float* cell, float* hidden, nint stride)
    {
        float* table = TanhTable.Coefficients;
        Vector512<float> low0 = Vector512.Load(table), high0 = Vector512.Load(table + 16);
        Vector512<float> low1 = Vector512.Load(table + 32), high1 = Vector512.Load(table + 48);
        Vector512<float> low2 = Vector512.Load(table + 64), high2 = Vector512.Load(table + 80);
        Vector512<float> low3 = Vector512.Load(table + 96), high3 = Vector512.Load(table + 112);
        Vector512<float> low4 = Vector512.Load(table + 128), high4 = Vector512.Load(table + 144);
        Vector512<float> half = Vector512.Create(0.5f);
        float* state = cell, sum = sums;
        for (int row = 0; row < rows; row++, sum += 4 * Lanes, state += stride)
        {
            Vector512<float> i = Vector512.Load(sum), g = Vector512.Load(sum + Lanes), f = Vector512.Load(sum + 2 * Lanes), c = Vector512.Load(state);
            Tanh(ref i, ref g, ref f, low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            // c' = (1 + f) / 2 c + (1 + i) / 2 g
            (half * (Avx512F.FusedMultiplyAdd(f, c, c) + Avx512F.FusedMultiplyAdd(i, g, g))).Store(state);
        }
        for (int row = 0; row < rows; row++, sums += 4 * Lanes, cell += stride, hidden += stride)
        {
            Vector512<float> o = Vector512.Load(sums + 3 * Lanes), y = Vector512.Load(cell);
            Tanh(ref o, ref y, low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            // h' = (1 + o) / 2 tanh c'
            (half * Avx512F.FusedMultiplyAdd(o, y, y)).Store(hidden);
        }
    }

    /// <summary>See <see cref="ILanes{TVector}.GruGates"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gru(int rows, float* sums, float* before, float* after, nint stride)
    {
        float* table = TanhTable.Coefficients;
        Vector512<float> low0 = Vector512.Load(table), high0 = Vector512.Load(table + 16);
        Vector512<float> low1 = Vector512.Load(table + 32), high1 = Vector512.Load(table + 48);
        Vector512<float> low2 = Vector512.Load(table + 64), high2 = Vector512.Load(table + 80);
        Vector512<float> low3 = Vector512.Load(table + 96), high3 = Vector512.Load(table + 112);
        Vector512<float> low4 = Vector512.Load(table + 128), high4 = Vector512.Load(table + 144);
        Vector512<float> half = Vector512.Create(0.5f);
        float* sum = sums;
        for (int row = 0; row < rows; row++, sum += 4 * Lanes)
        {
            Vector512<float> r = Vector512.Load(sum), z = Vector512.Load(sum + Lanes), nh = Vector512.Load(sum + 3 * Lanes) * half;
            Tanh(ref r, ref z, low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            // n = tanh(nx + (1 + r) / 2 nh)
            (Vector512.Load(sum + 2 * Lanes) + Avx512F.FusedMultiplyAdd(r, nh, nh)).Store(sum + 2 * Lanes);
            z.Store(sum + Lanes);
        }
        for (int row = 0; row < rows; row++, sums += 4 * Lanes, before += stride, after += stride)
        {
            Vector512<float> n = Vector512.Load(sums + 2 * Lanes), z = Vector512.Load(sums + Lanes);
            Tanh(ref n, low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            // h' = n + (1 + z) / 2 (h - n)
            Vector512<float> d = (Vector512.Load(before) - n) * half;
            (n + Avx512F.FusedMultiplyAdd(z, d, d)).Store(after);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tanh(
        ref Vector512<float> a,
        Vector512<float> low0, Vector512<float> high0, Vector512<float> low1, Vector512<float> high1, Vector512<float> low2,
        Vector512<float> high2, Vector512<float> low3, Vector512<float> high3, Vector512<float> low4, Vector512<float> high4)
    {
        Vector512<float> limit = Vector512.Create(TanhTable.Limit), rounder = Vector512.Create(TanhTable.Rounder), sign = Vector512.Create(-0f);
        Vector512<float> aAt = Bounded(a, limit);
        // Adding a large number rounds to a whole number of intervals, which is then in the lowest bits.
        Vector512<int> aIn = (aAt + rounder).AsInt32();
        aAt = WithinInterval(aAt);
        Vector512<float> aY = Look(low4, aIn, high4);
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low3, aIn, high3));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low2, aIn, high2));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low1, aIn, high1));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low0, aIn, high0));
        a = Vector512.ConditionalSelect(sign, a, aY);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tanh(
        ref Vector512<float> a, ref Vector512<float> b,
        Vector512<float> low0, Vector512<float> high0, Vector512<float> low1, Vector512<float> high1, Vector512<float> low2,
        Vector512<float> high2, Vector512<float> low3, Vector512<float> high3, Vector512<float> low4, Vector512<float> high4)
    {
        Vector512<float> limit = Vector512.Create(TanhTable.Limit), rounder = Vector512.Create(TanhTable.Rounder), sign = Vector512.Create(-0f);
        Vector512<float> aAt = Bounded(a, limit), bAt = Bounded(b, limit);
        // Adding a large number rounds to a whole number of intervals, which is then in the lowest bits.
        Vector512<int> aIn = (aAt + rounder).AsInt32(), bIn = (bAt + rounder).AsInt32();
        aAt = WithinInterval(aAt);
        bAt = WithinInterval(bAt);
        Vector512<float> aY = Look(low4, aIn, high4), bY = Look(low4, bIn, high4);
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low3, aIn, high3));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low3, bIn, high3));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low2, aIn, high2));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low2, bIn, high2));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low1, aIn, high1));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low1, bIn, high1));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low0, aIn, high0));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low0, bIn, high0));
        a = Vector512.ConditionalSelect(sign, a, aY);
        b = Vector512.ConditionalSelect(sign, b, bY);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tanh(
        ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c,
        Vector512<float> low0, Vector512<float> high0, Vector512<float> low1, Vector512<float> high1, Vector512<float> low2,
        Vector512<float> high2, Vector512<float> low3, Vector512<float> high3, Vector512<float> low4, Vector512<float> high4)
    {
        Vector512<float> limit = Vector512.Create(TanhTable.Limit), rounder = Vector512.Create(TanhTable.Rounder), sign = Vector512.Create(-0f);
        Vector512<float> aAt = Bounded(a, limit), bAt = Bounded(b, limit), cAt = Bounded(c, limit);
        // Adding a large number rounds to a whole number of intervals, which is then in the lowest bits.
        Vector512<int> aIn = (aAt + rounder).AsInt32(), bIn = (bAt + rounder).AsInt32(), cIn = (cAt + rounder).AsInt32();
        aAt = WithinInterval(aAt);
        bAt = WithinInterval(bAt);
        cAt = WithinInterval(cAt);
        Vector512<float> aY = Look(low4, aIn, high4), bY = Look(low4, bIn, high4), cY = Look(low4, cIn, high4);
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low3, aIn, high3));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low3, bIn, high3));
        cY = Avx512F.FusedMultiplyAdd(cY, cAt, Look(low3, cIn, high3));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low2, aIn, high2));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low2, bIn, high2));
        cY = Avx512F.FusedMultiplyAdd(cY, cAt, Look(low2, cIn, high2));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low1, aIn, high1));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low1, bIn, high1));
        cY = Avx512F.FusedMultiplyAdd(cY, cAt, Look(low1, cIn, high1));
        aY = Avx512F.FusedMultiplyAdd(aY, aAt, Look(low0, aIn, high0));
        bY = Avx512F.FusedMultiplyAdd(bY, bAt, Look(low0, bIn, high0));
        cY = Avx512F.FusedMultiplyAdd(cY, cAt, Look(low0, cIn, high0));
        a = Vector512.ConditionalSelect(sign, a, aY);
        b = Vector512.ConditionalSelect(sign, b, bY);
        c = Vector512.ConditionalSelect(sign, c, cY);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Bounded(Vector512<float> x, Vector512<float> limit) => Avx512DQ.Range(x, limit, SmallerSize);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WithinInterval(Vector512<float> size) => Avx512DQ.Reduce(size, NearestQuarter);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Look(Vector512<float> low, Vector512<int> index, Vector512<float> high) => Avx512F.PermuteVar16x32x2(low, index, high);
}

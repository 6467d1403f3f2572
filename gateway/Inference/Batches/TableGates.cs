// Gates and states of the 512-bit kernels: tanh by table, whose ten vectors stay in registers while the rows pass by.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Crime.Gateway.Inference.Batches;

/// <summary>From sums to states with <see cref="TanhTable"/>.</summary>
internal static unsafe class TableGates
{
    private const int Lanes = 16;

    /// <summary>See <see cref="ILanes{TVector}.LstmGates"/>.</summary>
    public static void Lstm(int rows, float* sums, float* cell, float* hidden, nint stride)
    {
        float* table = TanhTable.Coefficients;
        Vector512<float> low0 = Vector512.Load(table), high0 = Vector512.Load(table + 16);
        Vector512<float> low1 = Vector512.Load(table + 32), high1 = Vector512.Load(table + 48);
        Vector512<float> low2 = Vector512.Load(table + 64), high2 = Vector512.Load(table + 80);
        Vector512<float> low3 = Vector512.Load(table + 96), high3 = Vector512.Load(table + 112);
        Vector512<float> low4 = Vector512.Load(table + 128), high4 = Vector512.Load(table + 144);
        Vector512<float> half = Vector512.Create(0.5f);
        for (int row = 0; row < rows; row++, sums += 4 * Lanes, cell += stride, hidden += stride)
        {
            Vector512<float> i = Tanh(Vector512.Load(sums), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            Vector512<float> g = Tanh(Vector512.Load(sums + Lanes), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            Vector512<float> f = Tanh(Vector512.Load(sums + 2 * Lanes), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            Vector512<float> o = Tanh(Vector512.Load(sums + 3 * Lanes), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            // c' = (1 + f) / 2 c + (1 + i) / 2 g; h' = (1 + o) / 2 tanh c'
            Vector512<float> c = Vector512.Load(cell);
            c = half * (Avx512F.FusedMultiplyAdd(f, c, c) + Avx512F.FusedMultiplyAdd(i, g, g));
            c.Store(cell);
            Vector512<float> y = Tanh(c, low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            (half * Avx512F.FusedMultiplyAdd(o, y, y)).Store(hidden);
        }
    }

    /// <summary>See <see cref="ILanes{TVector}.GruGates"/>.</summary>
    public static void Gru(int rows, float* sums, float* before, float* after, nint stride)
    {
        float* table = TanhTable.Coefficients;
        Vector512<float> low0 = Vector512.Load(table), high0 = Vector512.Load(table + 16);
        Vector512<float> low1 = Vector512.Load(table + 32), high1 = Vector512.Load(table + 48);
        Vector512<float> low2 = Vector512.Load(table + 64), high2 = Vector512.Load(table + 80);
        Vector512<float> low3 = Vector512.Load(table + 96), high3 = Vector512.Load(table + 112);
        Vector512<float> low4 = Vector512.Load(table + 128), high4 = Vector512.Load(table + 144);
        Vector512<float> half = Vector512.Create(0.5f);
        for (int row = 0; row < rows; row++, sums += 4 * Lanes, before += stride, after += stride)
        {
            Vector512<float> r = Tanh(Vector512.Load(sums), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            Vector512<float> z = Tanh(Vector512.Load(sums + Lanes), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            // n = tanh(nx + (1 + r) / 2 nh); h' = n + (1 + z) / 2 (h - n)
            Vector512<float> nh = Vector512.Load(sums + 3 * Lanes) * half;
            Vector512<float> n = Tanh(Vector512.Load(sums + 2 * Lanes) + Avx512F.FusedMultiplyAdd(r, nh, nh), low0, high0, low1, high1, low2, high2, low3, high3, low4, high4);
            Vector512<float> d = (Vector512.Load(before) - n) * half;
            (n + Avx512F.FusedMultiplyAdd(z, d, d)).Store(after);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Tanh(
        Vector512<float> x,
        Vector512<float> low0, Vector512<float> high0, Vector512<float> low1, Vector512<float> high1, Vector512<float> low2,
        Vector512<float> high2, Vector512<float> low3, Vector512<float> high3, Vector512<float> low4, Vector512<float> high4)
    {
        Vector512<float> size = Vector512.MinNative(Vector512.Abs(x), Vector512.Create(TanhTable.Limit));
        // Adding a large number rounds to a whole number of intervals, which is then in the lowest bits.
        Vector512<float> shifted = size + Vector512.Create(TanhTable.Rounder);
        Vector512<float> at = size - (shifted - Vector512.Create(TanhTable.Rounder));
        Vector512<int> index = shifted.AsInt32();
        Vector512<float> y = Avx512F.PermuteVar16x32x2(low4, index, high4);
        y = Avx512F.FusedMultiplyAdd(y, at, Avx512F.PermuteVar16x32x2(low3, index, high3));
        y = Avx512F.FusedMultiplyAdd(y, at, Avx512F.PermuteVar16x32x2(low2, index, high2));
        y = Avx512F.FusedMultiplyAdd(y, at, Avx512F.PermuteVar16x32x2(low1, index, high1));
        y = Avx512F.FusedMultiplyAdd(y, at, Avx512F.PermuteVar16x32x2(low0, index, high0));
        return Vector512.ConditionalSelect(Vector512.Create(-0f), x, y);
    }
}

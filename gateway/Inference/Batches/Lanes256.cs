// Vectors of 8 numbers: AVX2.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Crime.Gateway.Inference.Batches;

/// <summary>256 bits.</summary>
internal unsafe struct Lanes256 : ILanes<Vector256<float>>, ITanh<Vector256<float>>
{
    public static int Count => Vector256<float>.Count;

    public static int GroupCount => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x)
    {
        // e^2x = 2^n 2^r with n a whole number and r within half of zero; adding a large number rounds.
        Vector256<float> bounded = Vector256.MinNative(Vector256.MaxNative(x, Vector256.Create(-ExponentialTanh.Limit)), Vector256.Create(ExponentialTanh.Limit));
        Vector256<float> power = bounded * Vector256.Create(ExponentialTanh.Scale);
        Vector256<float> shifted = power + Vector256.Create(ExponentialTanh.Rounder);
        Vector256<float> r = power - (shifted - Vector256.Create(ExponentialTanh.Rounder));
        Vector256<float> y = Vector256.MultiplyAddEstimate(Vector256.Create(ExponentialTanh.C5), r, Vector256.Create(ExponentialTanh.C4));
        y = Vector256.MultiplyAddEstimate(y, r, Vector256.Create(ExponentialTanh.C3));
        y = Vector256.MultiplyAddEstimate(y, r, Vector256.Create(ExponentialTanh.C2));
        y = Vector256.MultiplyAddEstimate(y, r, Vector256.Create(ExponentialTanh.C1));
        y = Vector256.MultiplyAddEstimate(y, r, Vector256.Create(ExponentialTanh.C0));
        // n is in the lowest bits; the shift leaves only what belongs to the exponent.
        Vector256<float> exponential = (y.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return (exponential - Vector256<float>.One) / (exponential + Vector256<float>.One);
    }

    public static void LstmGates(int rows, float* sums, float* cell, float* hidden, nint stride) =>
        ExponentialGates<Lanes256, Vector256<float>>.Lstm(rows, sums, cell, hidden, stride);

    public static void GruGates(int rows, float* sums, float* before, float* after, nint stride) =>
        ExponentialGates<Lanes256, Vector256<float>>.Gru(rows, sums, before, after, stride);
}

// Vectors of 4 numbers: NEON, SSE, or, where a CPU or its settings leave nothing, plain code.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Crime.Gateway.Inference.Batches;

/// <summary>128 bits.</summary>
internal unsafe struct Lanes128 : ILanes<Vector128<float>>, ITanh<Vector128<float>>
{
    public static int Count => Vector128<float>.Count;

    public static int GroupCount => AdvSimd.IsSupported ? 8 : 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Tanh(Vector128<float> x)
    {
        // e^2x = 2^n 2^r with n a whole number and r within half of zero; adding a large number rounds.
        Vector128<float> bounded = Vector128.MinNative(Vector128.MaxNative(x, Vector128.Create(-ExponentialTanh.Limit)), Vector128.Create(ExponentialTanh.Limit));
        Vector128<float> power = bounded * Vector128.Create(ExponentialTanh.Scale);
        Vector128<float> shifted = power + Vector128.Create(ExponentialTanh.Rounder);
        Vector128<float> r = power - (shifted - Vector128.Create(ExponentialTanh.Rounder));
        Vector128<float> y = Vector128.MultiplyAddEstimate(Vector128.Create(ExponentialTanh.C5), r, Vector128.Create(ExponentialTanh.C4));
        y = Vector128.MultiplyAddEstimate(y, r, Vector128.Create(ExponentialTanh.C3));
        y = Vector128.MultiplyAddEstimate(y, r, Vector128.Create(ExponentialTanh.C2));
        y = Vector128.MultiplyAddEstimate(y, r, Vector128.Create(ExponentialTanh.C1));
        y = Vector128.MultiplyAddEstimate(y, r, Vector128.Create(ExponentialTanh.C0));
        // n is in the lowest bits; the shift leaves only what belongs to the exponent.
        Vector128<float> exponential = (y.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return (exponential - Vector128<float>.One) / (exponential + Vector128<float>.One);
    }

    public static void LstmGates(int rows, float* sums, float* cell, float* hidden, nint stride) =>
        ExponentialGates<Lanes128, Vector128<float>>.Lstm(rows, sums, cell, hidden, stride);

    public static void GruGates(int rows, float* sums, float* before, float* after, nint stride) =>
        ExponentialGates<Lanes128, Vector128<float>>.Gru(rows, sums, before, after, stride);
}

// Gates and states of the kernels whose vectors cannot look up a table.

using System.Runtime.CompilerServices;

namespace Crime.Gateway.Inference.Batches;

/// <summary>A tanh for a vector type.</summary>
internal interface ITanh<TVector> where TVector : struct
{
    /// <summary>tanh, to 3e-7.</summary>
    static abstract TVector Tanh(TVector x);
}

/// <summary>From sums to states with a tanh that is computed.</summary>
internal static unsafe class ExponentialGates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>, ITanh<TVector>
    where TVector : struct
{
    /// <summary>See <see cref="ILanes{TVector}.LstmGates"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lstm(int rows, float* sums, float* cell, float* hidden, nint stride)
    {
        int lanes = TLanes.Count;
        TVector half = TLanes.Create(0.5f);
        for (int row = 0; row < rows; row++, sums += 4 * lanes, cell += stride, hidden += stride)
        {
            TVector i = TLanes.Tanh(TLanes.Load(sums)), g = TLanes.Tanh(TLanes.Load(sums + lanes));
            TVector f = TLanes.Tanh(TLanes.Load(sums + 2 * lanes)), o = TLanes.Tanh(TLanes.Load(sums + 3 * lanes));
            // c' = (1 + f) / 2 c + (1 + i) / 2 g; h' = (1 + o) / 2 tanh c'
            TVector c = TLanes.Load(cell);
            c = TLanes.Multiply(half, TLanes.Add(TLanes.MultiplyAdd(f, c, c), TLanes.MultiplyAdd(i, g, g)));
            TLanes.Store(c, cell);
            TVector y = TLanes.Tanh(c);
            TLanes.Store(TLanes.Multiply(half, TLanes.MultiplyAdd(o, y, y)), hidden);
        }
    }

    /// <summary>See <see cref="ILanes{TVector}.GruGates"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gru(int rows, float* sums, float* before, float* after, nint stride)
    {
        int lanes = TLanes.Count;
        TVector half = TLanes.Create(0.5f);
        for (int row = 0; row < rows; row++, sums += 4 * lanes, before += stride, after += stride)
        {
            TVector r = TLanes.Tanh(TLanes.Load(sums)), z = TLanes.Tanh(TLanes.Load(sums + lanes));
            // n = tanh(nx + (1 + r) / 2 nh); h' = n + (1 + z) / 2 (h - n)
            TVector nh = TLanes.Multiply(half, TLanes.Load(sums + 3 * lanes));
            TVector n = TLanes.Tanh(TLanes.Add(TLanes.Load(sums + 2 * lanes), TLanes.MultiplyAdd(r, nh, nh)));
            TVector d = TLanes.Multiply(half, TLanes.Subtract(TLanes.Load(before), n));
            TLanes.Store(TLanes.Add(n, TLanes.MultiplyAdd(z, d, d)), after);
        }
    }
}

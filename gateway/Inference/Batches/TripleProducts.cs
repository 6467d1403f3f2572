// The products of a GRU. Its candidate's sums over the inputs and over the hidden states stay apart, because the reset gate comes
// between them: so a pass goes over the one or the other, in the gates r, z and n.

using System.Runtime.CompilerServices;

namespace Crime.Gateway.Inference.Batches;

/// <summary>Where the sums of a pass begin and end.</summary>
/// <param name="start">r and z to begin with, [rows][2][lanes].</param>
/// <param name="startStride">Numbers from one row's to the next row's; 0 where all begin with the bias.</param>
/// <param name="thirdBias">n to begin with, [lanes].</param>
/// <param name="sums">Receives [rows][r, z, n of the inputs, n of the hidden states][lanes].</param>
/// <param name="sumStride">Numbers from one row's to the next row's.</param>
/// <param name="third">Where n goes: numbers from the row's beginning.</param>
internal readonly unsafe struct TripleSums(float* start, nint startStride, float* thirdBias, float* sums, nint sumStride, nint third)
{
    public readonly float* Start = start;
    public readonly nint StartStride = startStride;
    public readonly float* ThirdBias = thirdBias;
    public readonly float* Sums = sums;
    public readonly nint SumStride = sumStride;
    public readonly nint Third = third;

    /// <summary>The same of the sequences from a later one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TripleSums From(nint row) => new(Start + row * StartStride, StartStride, ThirdBias, Sums + row * SumStride, SumStride, Third);
}

/// <summary>Sums of a block of hidden units in three gates, whose panel is [operands][3][lanes].</summary>
internal static unsafe class TripleProducts<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Computes the sums of some sequences.</summary>
    /// <param name="rows">Sequences.</param>
    /// <param name="operands">Their inputs or hidden states.</param>
    /// <param name="panel">The weights.</param>
    /// <param name="at">Where the sums begin and end.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int rows, in Operands operands, float* panel, in TripleSums at)
    {
        int row = 0;
        if (TLanes.GroupCount == 8)
            for (; row + 8 <= rows; row += 8) Triple8(operands.From(row), panel, at.From(row));
        for (; row + 4 <= rows; row += 4) Triple4(operands.From(row), panel, at.From(row));
        for (; row < rows; row++) Triple1(operands.From(row), panel, at.From(row));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Triple8(in Operands operands, float* panel, in TripleSums at)
    {
        int lanes = TLanes.Count;
        float* start = at.Start, sums = at.Sums;
        nint startStride = at.StartStride, stride = operands.Stride, count = operands.Count;
        float* s0 = start, s1 = s0 + startStride, s2 = s1 + startStride, s3 = s2 + startStride;
        float* s4 = s3 + startStride, s5 = s4 + startStride, s6 = s5 + startStride, s7 = s6 + startStride;
        TVector a0 = TLanes.Load(s0), a1 = TLanes.Load(s1), a2 = TLanes.Load(s2), a3 = TLanes.Load(s3);
        TVector b0 = TLanes.Load(s0 + lanes), b1 = TLanes.Load(s1 + lanes), b2 = TLanes.Load(s2 + lanes), b3 = TLanes.Load(s3 + lanes);
        TVector a4 = TLanes.Load(s4), a5 = TLanes.Load(s5), a6 = TLanes.Load(s6), a7 = TLanes.Load(s7);
        TVector b4 = TLanes.Load(s4 + lanes), b5 = TLanes.Load(s5 + lanes), b6 = TLanes.Load(s6 + lanes), b7 = TLanes.Load(s7 + lanes);
        TVector c0 = TLanes.Load(at.ThirdBias), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        float* p0 = operands.Start, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
        float* p4 = p3 + stride, p5 = p4 + stride, p6 = p5 + stride, p7 = p6 + stride;
        for (nint k = 0; k < count; k++, panel += 3 * lanes)
        {
            TVector a = TLanes.Load(panel), b = TLanes.Load(panel + lanes), c = TLanes.Load(panel + 2 * lanes), v;
            v = TLanes.Create(p0[k]); a0 = TLanes.MultiplyAdd(v, a, a0); b0 = TLanes.MultiplyAdd(v, b, b0); c0 = TLanes.MultiplyAdd(v, c, c0);
            v = TLanes.Create(p1[k]); a1 = TLanes.MultiplyAdd(v, a, a1); b1 = TLanes.MultiplyAdd(v, b, b1); c1 = TLanes.MultiplyAdd(v, c, c1);
            v = TLanes.Create(p2[k]); a2 = TLanes.MultiplyAdd(v, a, a2); b2 = TLanes.MultiplyAdd(v, b, b2); c2 = TLanes.MultiplyAdd(v, c, c2);
            v = TLanes.Create(p3[k]); a3 = TLanes.MultiplyAdd(v, a, a3); b3 = TLanes.MultiplyAdd(v, b, b3); c3 = TLanes.MultiplyAdd(v, c, c3);
            v = TLanes.Create(p4[k]); a4 = TLanes.MultiplyAdd(v, a, a4); b4 = TLanes.MultiplyAdd(v, b, b4); c4 = TLanes.MultiplyAdd(v, c, c4);
            v = TLanes.Create(p5[k]); a5 = TLanes.MultiplyAdd(v, a, a5); b5 = TLanes.MultiplyAdd(v, b, b5); c5 = TLanes.MultiplyAdd(v, c, c5);
            v = TLanes.Create(p6[k]); a6 = TLanes.MultiplyAdd(v, a, a6); b6 = TLanes.MultiplyAdd(v, b, b6); c6 = TLanes.MultiplyAdd(v, c, c6);
            v = TLanes.Create(p7[k]); a7 = TLanes.MultiplyAdd(v, a, a7); b7 = TLanes.MultiplyAdd(v, b, b7); c7 = TLanes.MultiplyAdd(v, c, c7);
        }
        Keep(a0, b0, c0, sums, at.Third);
        Keep(a1, b1, c1, sums + at.SumStride, at.Third);
        Keep(a2, b2, c2, sums + 2 * at.SumStride, at.Third);
        Keep(a3, b3, c3, sums + 3 * at.SumStride, at.Third);
        Keep(a4, b4, c4, sums + 4 * at.SumStride, at.Third);
        Keep(a5, b5, c5, sums + 5 * at.SumStride, at.Third);
        Keep(a6, b6, c6, sums + 6 * at.SumStride, at.Third);
        Keep(a7, b7, c7, sums + 7 * at.SumStride, at.Third);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Triple4(in Operands operands, float* panel, in TripleSums at)
    {
        int lanes = TLanes.Count;
        float* start = at.Start, sums = at.Sums;
        nint startStride = at.StartStride, stride = operands.Stride, count = operands.Count;
        float* s0 = start, s1 = s0 + startStride, s2 = s1 + startStride, s3 = s2 + startStride;
        TVector a0 = TLanes.Load(s0), a1 = TLanes.Load(s1), a2 = TLanes.Load(s2), a3 = TLanes.Load(s3);
        TVector b0 = TLanes.Load(s0 + lanes), b1 = TLanes.Load(s1 + lanes), b2 = TLanes.Load(s2 + lanes), b3 = TLanes.Load(s3 + lanes);
        TVector c0 = TLanes.Load(at.ThirdBias), c1 = c0, c2 = c0, c3 = c0;
        float* p0 = operands.Start, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
        for (nint k = 0; k < count; k++, panel += 3 * lanes)
        {
            TVector a = TLanes.Load(panel), b = TLanes.Load(panel + lanes), c = TLanes.Load(panel + 2 * lanes), v;
            v = TLanes.Create(p0[k]); a0 = TLanes.MultiplyAdd(v, a, a0); b0 = TLanes.MultiplyAdd(v, b, b0); c0 = TLanes.MultiplyAdd(v, c, c0);
            v = TLanes.Create(p1[k]); a1 = TLanes.MultiplyAdd(v, a, a1); b1 = TLanes.MultiplyAdd(v, b, b1); c1 = TLanes.MultiplyAdd(v, c, c1);
            v = TLanes.Create(p2[k]); a2 = TLanes.MultiplyAdd(v, a, a2); b2 = TLanes.MultiplyAdd(v, b, b2); c2 = TLanes.MultiplyAdd(v, c, c2);
            v = TLanes.Create(p3[k]); a3 = TLanes.MultiplyAdd(v, a, a3); b3 = TLanes.MultiplyAdd(v, b, b3); c3 = TLanes.MultiplyAdd(v, c, c3);
        }
        Keep(a0, b0, c0, sums, at.Third);
        Keep(a1, b1, c1, sums + at.SumStride, at.Third);
        Keep(a2, b2, c2, sums + 2 * at.SumStride, at.Third);
        Keep(a3, b3, c3, sums + 3 * at.SumStride, at.Third);
    }

    /// <summary>One sequence, in two sums each: of the even and of the odd terms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Triple1(in Operands operands, float* panel, in TripleSums at)
    {
        int lanes = TLanes.Count;
        TVector a0 = TLanes.Load(at.Start), b0 = TLanes.Load(at.Start + lanes), c0 = TLanes.Load(at.ThirdBias);
        TVector a1 = TLanes.Create(0), b1 = a1, c1 = a1, v;
        float* p = operands.Start;
        nint count = operands.Count, k = 0;
        for (; k + 2 <= count; k += 2, panel += 6 * lanes)
        {
            v = TLanes.Create(p[k]);
            a0 = TLanes.MultiplyAdd(v, TLanes.Load(panel), a0);
            b0 = TLanes.MultiplyAdd(v, TLanes.Load(panel + lanes), b0);
            c0 = TLanes.MultiplyAdd(v, TLanes.Load(panel + 2 * lanes), c0);
            v = TLanes.Create(p[k + 1]);
            a1 = TLanes.MultiplyAdd(v, TLanes.Load(panel + 3 * lanes), a1);
            b1 = TLanes.MultiplyAdd(v, TLanes.Load(panel + 4 * lanes), b1);
            c1 = TLanes.MultiplyAdd(v, TLanes.Load(panel + 5 * lanes), c1);
        }
        if (k < count)
        {
            v = TLanes.Create(p[k]);
            a0 = TLanes.MultiplyAdd(v, TLanes.Load(panel), a0);
            b0 = TLanes.MultiplyAdd(v, TLanes.Load(panel + lanes), b0);
            c0 = TLanes.MultiplyAdd(v, TLanes.Load(panel + 2 * lanes), c0);
        }
        Keep(TLanes.Add(a0, a1), TLanes.Add(b0, b1), TLanes.Add(c0, c1), at.Sums, at.Third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(TVector first, TVector second, TVector third, float* sums, nint thirdAt)
    {
        TLanes.Store(first, sums);
        TLanes.Store(second, sums + TLanes.Count);
        TLanes.Store(third, sums + thirdAt);
    }
}

// The products that nearly all time goes into: gate rows times inputs and hidden states, for several sequences at a time, so that
// a weight is read once for all of them, with every sum in a register from its first term to its last.

using System.Runtime.CompilerServices;

namespace Crime.Gateway.Inference.Batches;

/// <summary>What some sequences multiply their weights with.</summary>
/// <param name="start">The first sequence's numbers.</param>
/// <param name="stride">Numbers from one sequence's to the next one's.</param>
/// <param name="count">Numbers of each that are used; 0 for none.</param>
internal readonly unsafe struct Operands(float* start, nint stride, nint count)
{
    public readonly float* Start = start;
    public readonly nint Stride = stride;
    public readonly nint Count = count;

    /// <summary>The same of the sequences from a later one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Operands From(nint row) => new(Start + row * Stride, Stride, Count);
}

/// <summary>
/// Sums of a block of hidden units: bias + W_ih x + W_hh h, in four gates which lie in two panels of two, each
/// [inputs, then hidden][2][lanes]. How many sums are kept at a time follows from the registers that there are and from the 8
/// multiply-adds that must be under way for the machine to do two per cycle. Compiled properly at once: a first version of the code
/// that is to be replaced when it has been called often is twenty times slower here.
/// </summary>
internal static unsafe class Products<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Computes the sums of some sequences.</summary>
    /// <param name="rows">Sequences.</param>
    /// <param name="x">Their inputs.</param>
    /// <param name="h">Their hidden states.</param>
    /// <param name="panels">The two panels, one after the other.</param>
    /// <param name="panelSize">Numbers from the first panel to the second.</param>
    /// <param name="bias">[4][lanes]</param>
    /// <param name="sums">Receives [rows][4][lanes].</param>
    /// <param name="sumStride">Numbers from one row's sums to the next row's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int rows, in Operands x, in Operands h, float* panels, nint panelSize, float* bias, float* sums, nint sumStride)
    {
        int grouped = rows & ~3;
        for (int pair = 0; pair < 2; pair++)
        {
            float* panel = panels + pair * panelSize, panelBias = bias + pair * 2 * TLanes.Count, panelSums = sums + pair * 2 * TLanes.Count;
            int row = 0;
            if (TLanes.GroupCount == 8)
                for (; row + 8 <= rows; row += 8) Pair8(x.From(row), h.From(row), panel, panelBias, panelSums + row * sumStride, sumStride);
            for (; row < grouped; row += 4) Pair4(x.From(row), h.From(row), panel, panelBias, panelSums + row * sumStride, sumStride);
        }
        int rest = grouped;
        if (rest + 2 <= rows)
        {
            Quad2(x.From(rest), h.From(rest), panels, panelSize, bias, sums + rest * sumStride, sumStride);
            rest += 2;
        }
        if (rest < rows) Quad1(x.From(rest), h.From(rest), panels, panelSize, bias, sums + rest * sumStride);
    }

    /// <summary>Adds to the sums of two blocks what a single sequence's hidden states give: [2][4][lanes], in place.</summary>
    /// <param name="h">The hidden states.</param>
    /// <param name="panels">The first block's two panels, from the hidden states' part on.</param>
    /// <param name="panelSize">Numbers from a panel to the next one.</param>
    /// <param name="sums">The first block's sums, the second's right after them.</param>
    /// <param name="isForth">Whether to go from the first hidden state to the last; else back, beginning with what the cache holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddAlone(in Operands h, float* panels, nint panelSize, float* sums, bool isForth)
    {
        int lanes = TLanes.Count;
        nint count = h.Count, direction = isForth ? 1 : -1, first = isForth ? 0 : count - 1, stride = direction * 2 * lanes;
        TVector a0 = TLanes.Load(sums), b0 = TLanes.Load(sums + lanes), c0 = TLanes.Load(sums + 2 * lanes), d0 = TLanes.Load(sums + 3 * lanes);
        float* second = sums + 4 * lanes, p1 = panels + panelSize, p2 = p1 + panelSize, p3 = p2 + panelSize;
        TVector a1 = TLanes.Load(second), b1 = TLanes.Load(second + lanes), c1 = TLanes.Load(second + 2 * lanes), d1 = TLanes.Load(second + 3 * lanes);
        float* p = h.Start + first;
        for (nint k = 0, at = first * 2 * lanes; k < count; k++, at += stride, p += direction)
        {
            TVector v = TLanes.Create(*p);
            a0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + at), a0); b0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + at + lanes), b0);
            c0 = TLanes.MultiplyAdd(v, TLanes.Load(p1 + at), c0); d0 = TLanes.MultiplyAdd(v, TLanes.Load(p1 + at + lanes), d0);
            a1 = TLanes.MultiplyAdd(v, TLanes.Load(p2 + at), a1); b1 = TLanes.MultiplyAdd(v, TLanes.Load(p2 + at + lanes), b1);
            c1 = TLanes.MultiplyAdd(v, TLanes.Load(p3 + at), c1); d1 = TLanes.MultiplyAdd(v, TLanes.Load(p3 + at + lanes), d1);
        }
        Keep(a0, b0, sums);
        Keep(c0, d0, sums + 2 * lanes);
        Keep(a1, b1, second);
        Keep(c1, d1, second + 2 * lanes);
    }

    /// <summary>The same for a last block that has no second one beside it: [4][lanes], in two sums each, of the even and of the odd terms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddLastAlone(in Operands h, float* panels, nint panelSize, float* sums)
    {
        int lanes = TLanes.Count;
        TVector a0 = TLanes.Load(sums), b0 = TLanes.Load(sums + lanes), c0 = TLanes.Load(sums + 2 * lanes), d0 = TLanes.Load(sums + 3 * lanes);
        TVector a1 = TLanes.Create(0), b1 = a1, c1 = a1, d1 = a1, v;
        float* p = h.Start, others = panels + panelSize;
        nint count = h.Count, k = 0;
        for (; k + 2 <= count; k += 2, panels += 4 * lanes, others += 4 * lanes)
        {
            v = TLanes.Create(p[k]);
            a0 = TLanes.MultiplyAdd(v, TLanes.Load(panels), a0); b0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + lanes), b0);
            c0 = TLanes.MultiplyAdd(v, TLanes.Load(others), c0); d0 = TLanes.MultiplyAdd(v, TLanes.Load(others + lanes), d0);
            v = TLanes.Create(p[k + 1]);
            a1 = TLanes.MultiplyAdd(v, TLanes.Load(panels + 2 * lanes), a1); b1 = TLanes.MultiplyAdd(v, TLanes.Load(panels + 3 * lanes), b1);
            c1 = TLanes.MultiplyAdd(v, TLanes.Load(others + 2 * lanes), c1); d1 = TLanes.MultiplyAdd(v, TLanes.Load(others + 3 * lanes), d1);
        }
        if (k < count)
        {
            v = TLanes.Create(p[k]);
            a0 = TLanes.MultiplyAdd(v, TLanes.Load(panels), a0); b0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + lanes), b0);
            c0 = TLanes.MultiplyAdd(v, TLanes.Load(others), c0); d0 = TLanes.MultiplyAdd(v, TLanes.Load(others + lanes), d0);
        }
        Keep(TLanes.Add(a0, a1), TLanes.Add(b0, b1), sums);
        Keep(TLanes.Add(c0, c1), TLanes.Add(d0, d1), sums + 2 * lanes);
    }

    /// <summary>Two gates of eight sequences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pair8(in Operands x, in Operands h, float* weights, float* bias, float* sums, nint sumStride)
    {
        TVector first = TLanes.Load(bias), second = TLanes.Load(bias + TLanes.Count);
        TVector a0 = first, b0 = second, a1 = first, b1 = second, a2 = first, b2 = second, a3 = first, b3 = second;
        TVector a4 = first, b4 = second, a5 = first, b5 = second, a6 = first, b6 = second, a7 = first, b7 = second;
        Operands operands = x;
        for (int part = 0; part < 2; part++, operands = h)
        {
            nint stride = operands.Stride, count = operands.Count;
            float* p0 = operands.Start, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
            float* p4 = p3 + stride, p5 = p4 + stride, p6 = p5 + stride, p7 = p6 + stride;
            for (nint k = 0; k < count; k++, weights += 2 * TLanes.Count)
            {
                TVector a = TLanes.Load(weights), b = TLanes.Load(weights + TLanes.Count), v;
                v = TLanes.Create(p0[k]); a0 = TLanes.MultiplyAdd(v, a, a0); b0 = TLanes.MultiplyAdd(v, b, b0);
                v = TLanes.Create(p1[k]); a1 = TLanes.MultiplyAdd(v, a, a1); b1 = TLanes.MultiplyAdd(v, b, b1);
                v = TLanes.Create(p2[k]); a2 = TLanes.MultiplyAdd(v, a, a2); b2 = TLanes.MultiplyAdd(v, b, b2);
                v = TLanes.Create(p3[k]); a3 = TLanes.MultiplyAdd(v, a, a3); b3 = TLanes.MultiplyAdd(v, b, b3);
                v = TLanes.Create(p4[k]); a4 = TLanes.MultiplyAdd(v, a, a4); b4 = TLanes.MultiplyAdd(v, b, b4);
                v = TLanes.Create(p5[k]); a5 = TLanes.MultiplyAdd(v, a, a5); b5 = TLanes.MultiplyAdd(v, b, b5);
                v = TLanes.Create(p6[k]); a6 = TLanes.MultiplyAdd(v, a, a6); b6 = TLanes.MultiplyAdd(v, b, b6);
                v = TLanes.Create(p7[k]); a7 = TLanes.MultiplyAdd(v, a, a7); b7 = TLanes.MultiplyAdd(v, b, b7);
            }
        }
        Keep(a0, b0, sums);
        Keep(a1, b1, sums + sumStride);
        Keep(a2, b2, sums + 2 * sumStride);
        Keep(a3, b3, sums + 3 * sumStride);
        Keep(a4, b4, sums + 4 * sumStride);
        Keep(a5, b5, sums + 5 * sumStride);
        Keep(a6, b6, sums + 6 * sumStride);
        Keep(a7, b7, sums + 7 * sumStride);
    }

    /// <summary>Two gates of four sequences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pair4(in Operands x, in Operands h, float* weights, float* bias, float* sums, nint sumStride)
    {
        TVector first = TLanes.Load(bias), second = TLanes.Load(bias + TLanes.Count);
        TVector a0 = first, b0 = second, a1 = first, b1 = second, a2 = first, b2 = second, a3 = first, b3 = second;
        Operands operands = x;
        for (int part = 0; part < 2; part++, operands = h)
        {
            nint stride = operands.Stride, count = operands.Count;
            float* p0 = operands.Start, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
            for (nint k = 0; k < count; k++, weights += 2 * TLanes.Count)
            {
                TVector a = TLanes.Load(weights), b = TLanes.Load(weights + TLanes.Count), v;
                v = TLanes.Create(p0[k]); a0 = TLanes.MultiplyAdd(v, a, a0); b0 = TLanes.MultiplyAdd(v, b, b0);
                v = TLanes.Create(p1[k]); a1 = TLanes.MultiplyAdd(v, a, a1); b1 = TLanes.MultiplyAdd(v, b, b1);
                v = TLanes.Create(p2[k]); a2 = TLanes.MultiplyAdd(v, a, a2); b2 = TLanes.MultiplyAdd(v, b, b2);
                v = TLanes.Create(p3[k]); a3 = TLanes.MultiplyAdd(v, a, a3); b3 = TLanes.MultiplyAdd(v, b, b3);
            }
        }
        Keep(a0, b0, sums);
        Keep(a1, b1, sums + sumStride);
        Keep(a2, b2, sums + 2 * sumStride);
        Keep(a3, b3, sums + 3 * sumStride);
    }

    /// <summary>Four gates of two sequences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quad2(in Operands x, in Operands h, float* panels, nint panelSize, float* bias, float* sums, nint sumStride)
    {
        int lanes = TLanes.Count;
        TVector a0 = TLanes.Load(bias), b0 = TLanes.Load(bias + lanes), c0 = TLanes.Load(bias + 2 * lanes), d0 = TLanes.Load(bias + 3 * lanes);
        TVector a1 = a0, b1 = b0, c1 = c0, d1 = d0;
        Operands operands = x;
        for (int part = 0; part < 2; part++, operands = h)
        {
            float* p0 = operands.Start, p1 = p0 + operands.Stride;
            nint count = operands.Count;
            for (nint k = 0; k < count; k++, panels += 2 * lanes)
            {
                TVector a = TLanes.Load(panels), b = TLanes.Load(panels + lanes);
                TVector c = TLanes.Load(panels + panelSize), d = TLanes.Load(panels + panelSize + lanes), v;
                v = TLanes.Create(p0[k]); a0 = TLanes.MultiplyAdd(v, a, a0); b0 = TLanes.MultiplyAdd(v, b, b0);
                c0 = TLanes.MultiplyAdd(v, c, c0); d0 = TLanes.MultiplyAdd(v, d, d0);
                v = TLanes.Create(p1[k]); a1 = TLanes.MultiplyAdd(v, a, a1); b1 = TLanes.MultiplyAdd(v, b, b1);
                c1 = TLanes.MultiplyAdd(v, c, c1); d1 = TLanes.MultiplyAdd(v, d, d1);
            }
        }
        Keep(a0, b0, sums);
        Keep(c0, d0, sums + 2 * lanes);
        Keep(a1, b1, sums + sumStride);
        Keep(c1, d1, sums + sumStride + 2 * lanes);
    }

    /// <summary>Four gates of one sequence, in two sums each: of the even and of the odd terms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quad1(in Operands x, in Operands h, float* panels, nint panelSize, float* bias, float* sums)
    {
        int lanes = TLanes.Count;
        TVector a0 = TLanes.Load(bias), b0 = TLanes.Load(bias + lanes), c0 = TLanes.Load(bias + 2 * lanes), d0 = TLanes.Load(bias + 3 * lanes);
        TVector a1 = TLanes.Create(0), b1 = a1, c1 = a1, d1 = a1, v;
        Operands operands = x;
        for (int part = 0; part < 2; part++, operands = h)
        {
            float* p = operands.Start;
            nint count = operands.Count, k = 0;
            for (; k + 2 <= count; k += 2, panels += 4 * lanes)
            {
                float* others = panels + panelSize;
                v = TLanes.Create(p[k]);
                a0 = TLanes.MultiplyAdd(v, TLanes.Load(panels), a0); b0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + lanes), b0);
                c0 = TLanes.MultiplyAdd(v, TLanes.Load(others), c0); d0 = TLanes.MultiplyAdd(v, TLanes.Load(others + lanes), d0);
                v = TLanes.Create(p[k + 1]);
                a1 = TLanes.MultiplyAdd(v, TLanes.Load(panels + 2 * lanes), a1); b1 = TLanes.MultiplyAdd(v, TLanes.Load(panels + 3 * lanes), b1);
                c1 = TLanes.MultiplyAdd(v, TLanes.Load(others + 2 * lanes), c1); d1 = TLanes.MultiplyAdd(v, TLanes.Load(others + 3 * lanes), d1);
            }
            if (k == count) continue;
            v = TLanes.Create(p[k]);
            a0 = TLanes.MultiplyAdd(v, TLanes.Load(panels), a0); b0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + lanes), b0);
            c0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + panelSize), c0); d0 = TLanes.MultiplyAdd(v, TLanes.Load(panels + panelSize + lanes), d0);
            panels += 2 * lanes;
        }
        Keep(TLanes.Add(a0, a1), TLanes.Add(b0, b1), sums);
        Keep(TLanes.Add(c0, c1), TLanes.Add(d0, d1), sums + 2 * lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(TVector first, TVector second, float* sums)
    {
        TLanes.Store(first, sums);
        TLanes.Store(second, sums + TLanes.Count);
    }
}

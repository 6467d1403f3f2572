// Statements on 64-bit numbers: what the packed kernels are made of.

namespace Crime.Bench;

/// <summary>64-bit arithmetic.</summary>
internal sealed class LongCosts
{
    // Takes what a loop computed, so that the compiler keeps the loop.
    public long Result;

    public void LongMove(int turns)
    {
        long a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b; a = b; a = b; a = b; a = b;
            a = b; a = b; a = b; a = b; a = b;
        }
        Result = a;
    }

    public void LongConstant(int turns)
    {
        long a = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            a = 0x123456789AL; a = 0x123456789AL; a = 0x123456789AL; a = 0x123456789AL; a = 0x123456789AL;
            a = 0x123456789AL; a = 0x123456789AL; a = 0x123456789AL; a = 0x123456789AL; a = 0x123456789AL;
        }
        Result = a;
    }

    public void LongAdd(int turns)
    {
        long a = 1, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a += b; a += b; a += b; a += b; a += b;
            a += b; a += b; a += b; a += b; a += b;
        }
        Result = a;
    }

    public void LongMultiply(int turns)
    {
        long a = 1, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a *= b; a *= b; a *= b; a *= b; a *= b;
            a *= b; a *= b; a *= b; a *= b; a *= b;
        }
        Result = a;
    }

    public void LongDivide(int turns)
    {
        long a = 0, b = turns, c = 7;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b / c; a = b / c; a = b / c; a = b / c; a = b / c;
            a = b / c; a = b / c; a = b / c; a = b / c; a = b / c;
        }
        Result = a;
    }

    public void LongShift(int turns)
    {
        long a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b >> 32; a = b >> 32; a = b >> 32; a = b >> 32; a = b >> 32;
            a = b >> 32; a = b >> 32; a = b >> 32; a = b >> 32; a = b >> 32;
        }
        Result = a;
    }

    public void LongToInt(int turns)
    {
        int a = 0;
        long b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = (int)b; a = (int)b; a = (int)b; a = (int)b; a = (int)b;
            a = (int)b; a = (int)b; a = (int)b; a = (int)b; a = (int)b;
        }
        Result = a;
    }

    public void IntToLong(int turns)
    {
        long a = 0;
        int b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b; a = b; a = b; a = b; a = b;
            a = b; a = b; a = b; a = b; a = b;
        }
        Result = a;
    }

    public void MultiplyConstantAdd(int turns)
    {
        long a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a += b * 0x123456789AL; a += b * 0x123456789AL;
            a += b * 0x123456789AL; a += b * 0x123456789AL;
            a += b * 0x123456789AL; a += b * 0x123456789AL;
            a += b * 0x123456789AL; a += b * 0x123456789AL;
            a += b * 0x123456789AL; a += b * 0x123456789AL;
        }
        Result = a;
    }

    public void PackedSum(int turns)
    {
        // A row of the compiled kernel: products of literals on the evaluation stack, none waiting for a local of the one before.
        long a = 0, b = turns, c = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
            a = b * 0x123456789AL + c * 0x123456789AL + b * 0x123456789AL;
        }
        Result = a;
    }
}

// Statements on 32-bit numbers.

namespace Crime.Bench;

/// <summary>32-bit arithmetic.</summary>
internal sealed class IntegerCosts
{
    // Takes what a loop computed, so that the compiler keeps the loop.
    public int Result;
    public float Single;

    public void IntMove(int turns)
    {
        int a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b; a = b; a = b; a = b; a = b;
            a = b; a = b; a = b; a = b; a = b;
        }
        Result = a;
    }

    public void IntConstant(int turns)
    {
        int a = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            a = 1000; a = 1000; a = 1000; a = 1000; a = 1000;
            a = 1000; a = 1000; a = 1000; a = 1000; a = 1000;
        }
        Result = a;
    }

    public void IntAdd(int turns)
    {
        int a = 1, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a += b; a += b; a += b; a += b; a += b;
            a += b; a += b; a += b; a += b; a += b;
        }
        Result = a;
    }

    public void IntSum(int turns)
    {
        int a = 0, b = turns, c = 7;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b + c + b; a = b + c + b; a = b + c + b; a = b + c + b; a = b + c + b;
            a = b + c + b; a = b + c + b; a = b + c + b; a = b + c + b; a = b + c + b;
        }
        Result = a;
    }

    public void IntMultiply(int turns)
    {
        int a = 1, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a *= b; a *= b; a *= b; a *= b; a *= b;
            a *= b; a *= b; a *= b; a *= b; a *= b;
        }
        Result = a;
    }

    public void IntDivide(int turns)
    {
        int a = 0, b = turns, c = 7;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b / c; a = b / c; a = b / c; a = b / c; a = b / c;
            a = b / c; a = b / c; a = b / c; a = b / c; a = b / c;
        }
        Result = a;
    }

    public void IntShift(int turns)
    {
        int a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = b >> 15; a = b >> 15; a = b >> 15; a = b >> 15; a = b >> 15;
            a = b >> 15; a = b >> 15; a = b >> 15; a = b >> 15; a = b >> 15;
        }
        Result = a;
    }

    public void IntXor(int turns)
    {
        int a = 1, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a ^= b; a ^= b; a ^= b; a ^= b; a ^= b;
            a ^= b; a ^= b; a ^= b; a ^= b; a ^= b;
        }
        Result = a;
    }

    public void IntToShort(int turns)
    {
        int a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = (short)b; a = (short)b; a = (short)b; a = (short)b; a = (short)b;
            a = (short)b; a = (short)b; a = (short)b; a = (short)b; a = (short)b;
        }
        Result = a;
    }

    public void FloatMultiply(int turns)
    {
        float a = 1, b = 1.0001f;
        for (int turn = 0; turn < turns; turn++)
        {
            a *= b; a *= b; a *= b; a *= b; a *= b;
            a *= b; a *= b; a *= b; a *= b; a *= b;
        }
        Single = a;
    }
}

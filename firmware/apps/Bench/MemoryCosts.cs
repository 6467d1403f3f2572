// Arrays, fields, new objects.

using System;

namespace Crime.Bench;

/// <summary>Memory.</summary>
internal sealed class MemoryCosts
{
    // Takes what a loop computed, so that the compiler keeps the loop.
    public long Result;
    public object Last;
    private int _field;

    public void LoadInt(int turns)
    {
        int a = 0, i = 3;
        var x = new int[8];
        for (int turn = 0; turn < turns; turn++)
        {
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
        }
        Result = a;
    }

    public void LoadShort(int turns)
    {
        int a = 0, i = 3;
        var x = new short[8];
        for (int turn = 0; turn < turns; turn++)
        {
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
        }
        Result = a;
    }

    public void LoadByte(int turns)
    {
        int a = 0, i = 3;
        var x = new byte[8];
        for (int turn = 0; turn < turns; turn++)
        {
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
        }
        Result = a;
    }

    public void LoadLong(int turns)
    {
        long a = 0;
        int i = 3;
        var x = new long[8];
        for (int turn = 0; turn < turns; turn++)
        {
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
            a = x[i]; a = x[i]; a = x[i]; a = x[i]; a = x[i];
        }
        Result = a;
    }

    public void StoreShort(int turns)
    {
        int a = 1, i = 3;
        var x = new short[8];
        for (int turn = 0; turn < turns; turn++)
        {
            x[i] = (short)a; x[i] = (short)a; x[i] = (short)a; x[i] = (short)a; x[i] = (short)a;
            x[i] = (short)a; x[i] = (short)a; x[i] = (short)a; x[i] = (short)a; x[i] = (short)a;
        }
        Result = a;
    }

    public void StoreLong(int turns)
    {
        long a = 1;
        int i = 3;
        var x = new long[8];
        for (int turn = 0; turn < turns; turn++)
        {
            x[i] = a; x[i] = a; x[i] = a; x[i] = a; x[i] = a;
            x[i] = a; x[i] = a; x[i] = a; x[i] = a; x[i] = a;
        }
        Result = a;
    }

    public void ArrayLength(int turns)
    {
        int a = 0;
        var x = new short[8];
        for (int turn = 0; turn < turns; turn++)
        {
            a = x.Length; a = x.Length; a = x.Length; a = x.Length; a = x.Length;
            a = x.Length; a = x.Length; a = x.Length; a = x.Length; a = x.Length;
        }
        Result = a;
    }

    public void LoadField(int turns)
    {
        int a = 0;
        for (int turn = 0; turn < turns; turn++)
        {
            a = _field; a = _field; a = _field; a = _field; a = _field;
            a = _field; a = _field; a = _field; a = _field; a = _field;
        }
        Result = a;
    }

    public void StoreField(int turns)
    {
        int a = 1;
        for (int turn = 0; turn < turns; turn++)
        {
            _field = a; _field = a; _field = a; _field = a; _field = a;
            _field = a; _field = a; _field = a; _field = a; _field = a;
        }
        Result = a;
    }

    public void NewObject(int turns)
    {
        object a = null;
        for (int turn = 0; turn < turns; turn++)
        {
            a = new object(); a = new object(); a = new object(); a = new object(); a = new object();
            a = new object(); a = new object(); a = new object(); a = new object(); a = new object();
        }
        Last = a;
    }

    public void NewArray16(int turns)
    {
        object a = null;
        for (int turn = 0; turn < turns; turn++)
        {
            a = new byte[16]; a = new byte[16]; a = new byte[16]; a = new byte[16]; a = new byte[16];
            a = new byte[16]; a = new byte[16]; a = new byte[16]; a = new byte[16]; a = new byte[16];
        }
        Last = a;
    }

    public void CopyArray256(int turns)
    {
        var a = new byte[256];
        var b = new byte[256];
        for (int turn = 0; turn < turns; turn++)
        {
            Array.Copy(b, 0, a, 0, 256); Array.Copy(b, 0, a, 0, 256);
            Array.Copy(b, 0, a, 0, 256); Array.Copy(b, 0, a, 0, 256);
            Array.Copy(b, 0, a, 0, 256); Array.Copy(b, 0, a, 0, 256);
            Array.Copy(b, 0, a, 0, 256); Array.Copy(b, 0, a, 0, 256);
            Array.Copy(b, 0, a, 0, 256); Array.Copy(b, 0, a, 0, 256);
        }
        Last = a;
    }
}

// Calls of every kind. What is called returns its argument: two instructions, which the line includes.

using System;

namespace Crime.Bench;

/// <summary>Calls.</summary>
internal sealed class CallCosts
{
    // Takes what a loop computed, so that the compiler keeps the loop.
    public int Result;

    private interface IEcho
    {
        int Virtual(int value);
    }

    private static int Identity(int value) => value;

    public void CallStatic(int turns)
    {
        int a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = Identity(b); a = Identity(b); a = Identity(b); a = Identity(b); a = Identity(b);
            a = Identity(b); a = Identity(b); a = Identity(b); a = Identity(b); a = Identity(b);
        }
        Result = a;
    }

    public void CallInstance(int turns)
    {
        int a = 0, b = turns;
        var echo = new Echo();
        for (int turn = 0; turn < turns; turn++)
        {
            a = echo.Instance(b); a = echo.Instance(b); a = echo.Instance(b); a = echo.Instance(b); a = echo.Instance(b);
            a = echo.Instance(b); a = echo.Instance(b); a = echo.Instance(b); a = echo.Instance(b); a = echo.Instance(b);
        }
        Result = a;
    }

    public void CallVirtual(int turns)
    {
        int a = 0, b = turns;
        EchoBase echo = new Echo();
        for (int turn = 0; turn < turns; turn++)
        {
            a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b);
            a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b);
        }
        Result = a;
    }

    public void CallInterface(int turns)
    {
        int a = 0, b = turns;
        IEcho echo = new Echo();
        for (int turn = 0; turn < turns; turn++)
        {
            a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b);
            a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b); a = echo.Virtual(b);
        }
        Result = a;
    }

    public void CallNative(int turns)
    {
        int a = 0, b = turns;
        for (int turn = 0; turn < turns; turn++)
        {
            a = Math.Abs(b); a = Math.Abs(b); a = Math.Abs(b); a = Math.Abs(b); a = Math.Abs(b);
            a = Math.Abs(b); a = Math.Abs(b); a = Math.Abs(b); a = Math.Abs(b); a = Math.Abs(b);
        }
        Result = a;
    }

    public void Lock(int turns)
    {
        int a = 0;
        var gate = new object();
        for (int turn = 0; turn < turns; turn++)
        {
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
            lock (gate) a++;
        }
        Result = a;
    }

    private abstract class EchoBase
    {
        public abstract int Virtual(int value);
    }

    private sealed class Echo : EchoBase, IEcho
    {
        public int Instance(int value) => value;

        public override int Virtual(int value) => value;
    }
}

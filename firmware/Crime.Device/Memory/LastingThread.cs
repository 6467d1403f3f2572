// A thread that survives an OutOfMemoryException. The handler of the exception may run out of memory as well. So the handler allocates
// nothing, and the work after it has a handler of its own.

using System;
using System.Threading;

namespace Crime.Device.Memory;

/// <summary>Repeats one kind of work without end.</summary>
internal abstract class LastingThread
{
    private const int PauseMs = 50;

    private readonly MemoryPlan _memory;
    private readonly Shortage _shortage;
    private int _shortagesInSequence;

    /// <summary>Makes a thread that does not run yet.</summary>
    /// <param name="memory">Notes where memory ran out.</param>
    /// <param name="shortage">What to note.</param>
    protected LastingThread(MemoryPlan memory, Shortage shortage)
    {
        _memory = memory;
        _shortage = shortage;
    }

    /// <summary>Starts a thread of its own.</summary>
    protected void StartThread() => new Thread(RunForEver).Start();

    /// <summary>Works on the calling thread.</summary>
    protected void RunForEver()
    {
        while (true)
        {
            if (TryWork()) _shortagesInSequence = 0;
            else TryNoteShortage();
        }
    }

    /// <summary>Works for a while. It is called again when it returns, and when it was refused memory.</summary>
    protected abstract void Work();

    /// <summary>Called after each shortage.</summary>
    /// <param name="count">Shortages since <see cref="Work"/> returned last.</param>
    protected virtual void OnShortage(int count)
    {
    }

    private bool TryWork()
    {
        try
        {
            Work();
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private void TryNoteShortage()
    {
        try
        {
            _shortagesInSequence++;
            _memory.OnShortage(_shortage);
            Thread.Sleep(PauseMs);
            OnShortage(_shortagesInSequence);
        }
        catch (OutOfMemoryException)
        {
            // The work is tried again all the same.
        }
    }
}

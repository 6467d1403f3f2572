// A running board as its clock, its heap and its instrumented code see it. They work for any board, so they do not name its class.

using System;
using System.Threading;

namespace Crime.VirtualBoard.Model;

/// <summary>A board whose firmware is running.</summary>
internal interface IExecutingBoard
{
    /// <summary>Time and energy of the board.</summary>
    BoardProfile Profile { get; }

    /// <summary>Clock and CPU of the board.</summary>
    BoardClock Clock { get; }

    /// <summary>Managed heap of the board; null when the heap has no limit.</summary>
    BoardHeap? Heap { get; }

    /// <summary>Ends the calling firmware thread if the board is off or has restarted since the thread started.</summary>
    /// <exception cref="Exception">The board is off; only the board catches it.</exception>
    void ThrowIfStopped();

    /// <summary>Ends the board as a fault of the CLR does. Does not return.</summary>
    /// <param name="fault">The fault.</param>
    void EndBy(Exception fault);
}

/// <summary>The board of the calling firmware thread. Threads that the firmware starts inherit it.</summary>
internal static class ExecutingBoard
{
    private static readonly AsyncLocal<IExecutingBoard?> s_current = new();

    /// <summary>The board; null outside firmware.</summary>
    public static IExecutingBoard? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }
}

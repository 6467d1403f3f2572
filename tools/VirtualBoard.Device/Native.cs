// nanoFramework.Runtime.Native: reboot and collection.

using Crime.VirtualBoard.Boards;

namespace nanoFramework.Runtime.Native;

/// <summary>The collector of the CLR.</summary>
public static class GC
{
    /// <summary>Collects what cannot be reached any more.</summary>
    /// <param name="compactHeap">Whether to move what is left together; the virtual heap is never in pieces.</param>
    /// <returns>Free bytes of the managed heap.</returns>
    public static uint Run(bool compactHeap) => (uint)Board.Running.CollectHeap();
}

/// <summary>How to reboot.</summary>
public enum RebootOption
{
    /// <summary>The whole board.</summary>
    NormalReboot = 0,

    /// <summary>Into nanoBooter.</summary>
    EnterNanoBooter = 1,

    /// <summary>Into the vendor's boot loader.</summary>
    EnterProprietaryBooter = 2,

    /// <summary>The CLR only.</summary>
    ClrOnly = 3,
}

/// <summary>Power of the board.</summary>
public class Power
{
    private Power()
    {
    }

    /// <summary>Reboots: the host is told and cuts the power; the caller never returns.</summary>
    public static void RebootDevice(RebootOption rebootOption = RebootOption.NormalReboot)
    {
        Board board = Board.Running;
        board.RebootRequested.Set();
        board.Clock.SleepUntil(long.MaxValue);
    }
}

// nanoFramework.Runtime.Native: reboot.

using Crime.VirtualBoard;

namespace nanoFramework.Runtime.Native;

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

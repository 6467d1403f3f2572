// What the device's network libraries share on the host's side.

using System;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard;

/// <summary>Waits for the host's network on behalf of firmware.</summary>
internal static class Wire
{
    /// <summary>Runs an operation to its end while the board's time goes on.</summary>
    public static T Blocking<T>(Board board, Func<Task<T>> operation)
    {
        board.Clock.NowUs();
        try
        {
            return Task.Run(operation).GetAwaiter().GetResult();
        }
        finally
        {
            board.Clock.ResumeNow();
        }
    }

    /// <summary>Runs an operation to its end while the board's time goes on.</summary>
    public static void Blocking(Board board, Func<Task> operation) =>
        Blocking(board, async () =>
        {
            await operation();
            return true;
        });
}

/// <summary>Instructions that a device library would execute.</summary>
internal static class BoardCpu
{
    /// <summary>Charges the calling thread.</summary>
    public static void Execute(int instructions) => BoardClock.Charge(instructions);
}

// Follows the serial console of a virtual board to the end of its work.

using System;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;

namespace Crime.Cli.Boards;

/// <summary>A virtual board did not come to the end of its work. The message says why, in one line.</summary>
internal sealed class BoardFailedException(string message) : Exception(message);

/// <summary>How a board's work ended.</summary>
internal enum BoardOutcome
{
    /// <summary>The board has worked through its inputs.</summary>
    Done,

    /// <summary>The firmware asked for a reboot.</summary>
    Reboot,
}

/// <summary>Reads consoles.</summary>
internal static class BoardConsole
{
    /// <summary>Powers a board and reads its console until it has worked through its inputs.</summary>
    /// <param name="name">What to call the board when it fails.</param>
    /// <param name="board">A board that is not powered yet.</param>
    /// <param name="hasInputs">Whether the board was given inputs, so that one which cannot read them has failed.</param>
    /// <param name="onLine">Called with every line.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BoardFailedException">The firmware crashed, or cannot use the inputs.</exception>
    public static async Task<BoardOutcome> FollowAsync(
        string name, Board board, bool hasInputs, Action<string> onLine, CancellationToken cancellation)
    {
        // A board that waits for its reboot says nothing any more: without power its console ends.
        RegisteredWaitHandle reboot = ThreadPool.RegisterWaitForSingleObject(
            board.RebootRequested.WaitHandle, (_, _) => board.Dispose(), state: null, Timeout.Infinite, executeOnlyOnce: true);
        try
        {
            board.Start();
            await foreach (string line in board.Serial.Lines.ReadAllAsync(cancellation))
            {
                onLine(line);
                if (ReadingTotals.IsEnd(line)) return BoardOutcome.Done;
                if (hasInputs && line.StartsWith("inputs: ", StringComparison.Ordinal)) throw new BoardFailedException($"board {name}: {line}");
            }
        }
        finally
        {
            reboot.Unregister(null);
        }
        if (board.Crash == null && board.RebootRequested.IsSet) return BoardOutcome.Reboot;
        throw new BoardFailedException($"board {name} stopped: {board.Crash?.Message ?? "its console went silent"}");
    }
}

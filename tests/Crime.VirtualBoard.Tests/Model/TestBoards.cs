using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Model;

/// <summary>Boards on which tests run code of their own.</summary>
internal static class TestBoards
{
    public static BoardProfile Profile { get; } = BoardProfile.Bundled("esp32-devkitc");

    public static Board Make(
        LinkConditions? link = null, IReadOnlyDictionary<int, Func<Board, II2cPeripheral>>? peripherals = null, BoardProfile? profile = null,
        int? heapBytes = null) => new(new BoardOptions
    {
        Profile = profile ?? Profile,
        FlashFolder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
        HeapBytes = heapBytes,
        Link = link ?? new LinkConditions(),
        I2cPeripherals = peripherals ?? new Dictionary<int, Func<Board, II2cPeripheral>>(),
    });

    /// <summary>Runs code as a board's firmware and waits for its end.</summary>
    public static void Run(Board board, Action code)
    {
        Thread thread = board.Run(code);
        Assert.That(thread.Join(TimeSpan.FromMinutes(5)), Is.True, "the code did not come to its end");
        if (board.Crash != null) throw new AssertionException(board.Crash.ToString());
    }
}

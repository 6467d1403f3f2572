using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>A run of the whole firmware over a recording.</summary>
internal static class BoardRun
{
    private const int LimitMs = 300_000;

    /// <summary>Powers a board, and reads its console up to a line. At the END line it types <c>status</c>.</summary>
    /// <param name="settings">Settings of the board beside Wi-Fi and broker.</param>
    /// <param name="port">TCP port of the broker.</param>
    /// <param name="model">The model.</param>
    /// <param name="lengths">Lengths of the inputs in timesteps.</param>
    /// <param name="last">Beginning of the last line.</param>
    /// <returns>The results, and the last line.</returns>
    public static async Task<(List<Reading> Readings, string Last)> ReadAsync(string settings, int port, byte[] model, IEnumerable<int> lengths, string last)
    {
        string all = $"wifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port={port}\nhttp.port=0\ntimeout.margin-ms=2000\ntimeout.max-ms=5000\n{settings}";
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile, FlashFolder = FirmwareFlash.Make(all, model, FirmwareFlash.Recording(model, lengths)),
        });
        board.Start();
        var readings = new List<Reading>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (FirmwareFlash.ReadingOf(line) is { } reading) readings.Add(reading);
            if (line.StartsWith("END ", StringComparison.Ordinal)) board.Serial.WriteLine("status");
            if (line.StartsWith(last, StringComparison.Ordinal)) return (readings, line);
        }
        throw new InvalidOperationException($"no line '{last}'", board.Crash);
    }
}

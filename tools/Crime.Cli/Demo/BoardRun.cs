// One virtual board of the demo working through its inputs, and what its serial console said of each.

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;

namespace Crime.Cli.Demo;

/// <summary>A board and its readings.</summary>
internal sealed class BoardRun : IDisposable
{
    private readonly Board _board;
    private readonly string _name;

    /// <summary>Makes a board with a flash of its own.</summary>
    /// <param name="folder">Where its flash lies.</param>
    /// <param name="recording">Its inputs.</param>
    /// <param name="setup">How it is set up.</param>
    /// <param name="profile">Time and energy.</param>
    /// <param name="link">Conditions of its link.</param>
    /// <param name="beaconPhase">Where its beacons fall, 0 to 1.</param>
    public BoardRun(string folder, byte[] recording, BoardSetup setup, BoardProfile profile, LinkConditions link, double beaconPhase)
    {
        _name = setup.Id;
        BoardFlash.Write(folder, setup, profile, recording);
        _board = new Board(new BoardOptions { Profile = profile, FlashFolder = folder, Link = link, BeaconPhase = beaconPhase });
    }

    /// <summary>What the console has said so far.</summary>
    public List<Reading> Readings { get; } = [];

    /// <summary>Energy in mJ that no input has caused; 0 before the end.</summary>
    public double BackgroundMj { get; private set; }

    /// <summary>Powers the board and reads its console until it has worked through its inputs.</summary>
    /// <param name="onReading">Called with every reading, on any thread.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BoardFailedException">The firmware crashed, or cannot use its inputs.</exception>
    public async Task RunAsync(Action<Reading> onReading, CancellationToken cancellation)
    {
        BoardOutcome outcome = await BoardConsole.FollowAsync(_name, _board, hasInputs: true, OnLine, cancellation);
        if (outcome != BoardOutcome.Done) throw new BoardFailedException($"board {_name} asked for a reboot");

        void OnLine(string line)
        {
            if (ReadingTotals.Parse(line) is { } totals) BackgroundMj = totals.BackgroundMj;
            if (Reading.Parse(line) is not { } reading) return;
            lock (Readings) Readings.Add(reading);
            onReading(reading);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();
}

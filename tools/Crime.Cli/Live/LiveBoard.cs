// A virtual board of a live run, behind a relay of its own that imposes a link trace by the board's clock.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Costs;
using Crime.Simulation.Inputs;
using Crime.Simulation.World;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;

namespace Crime.Cli.Live;

/// <summary>A board's own measurement of its kernel at its start.</summary>
/// <param name="LocalTime">Time to compute a sequence.</param>
/// <param name="Kernel">Its kernel.</param>
internal sealed record LiveProfile(CostLine LocalTime, KernelKind Kernel);

/// <summary>Link of a board.</summary>
/// <param name="BeaconPhase">Place of its beacons within a beacon interval, 0 to 1.</param>
/// <param name="Trace">The link trace that it follows.</param>
/// <param name="HostRoundTripMs">Returns the time of a round trip in ms with nothing imposed, without the board's own radio.</param>
/// <param name="Seed">Decides noise and losses.</param>
internal sealed record LiveLink(double BeaconPhase, LinkTrace Trace, Func<double> HostRoundTripMs, int Seed);

/// <summary>A board and its readings.</summary>
internal sealed partial class LiveBoard : IAsyncDisposable
{
    private readonly List<Reading> _readings = [];
    private readonly string _name;
    private readonly Board _board;
    private readonly LinkRelay _relay;
    private long _beganAtUs = -1;

    /// <summary>Makes a board, and its relay.</summary>
    /// <param name="folder">Folder of its flash.</param>
    /// <param name="recording">Its inputs.</param>
    /// <param name="setup">Its settings; its broker is the one that the relay leads to.</param>
    /// <param name="profile">Time and energy.</param>
    /// <param name="link">Its link.</param>
    public LiveBoard(string folder, byte[] recording, BoardSetup setup, BoardProfile profile, LiveLink link)
    {
        _name = setup.Id;
        // The way through the access point is the board's, and part of the level.
        double GivenMs() => link.HostRoundTripMs() / 2 + profile.LinkDelayUs / 1000;
        _relay = new LinkRelay(setup.Broker, new TraceConditions(link.Trace, () => ScenarioUs, GivenMs, link.Seed));
        BoardFlash.Write(folder, setup with { Broker = _relay.Endpoint }, profile, recording);
        _board = new Board(new BoardOptions { Profile = profile, FlashFolder = folder, BeaconPhase = link.BeaconPhase });
    }

    /// <summary>The INF line of each input.</summary>
    public IReadOnlyList<Reading> Readings => _readings;

    /// <summary>Energy in mJ that no input has caused; 0 before the end.</summary>
    public double BackgroundMj { get; private set; }

    /// <summary>Time of its first input in µs since its start; -1 before it.</summary>
    public long FirstInputUs => Volatile.Read(ref _beganAtUs);

    /// <summary>Its own measurement of its kernel; null before that.</summary>
    public LiveProfile? Profile { get; private set; }

    /// <summary>Lateness of its relay.</summary>
    public Lateness Lateness => _relay.Lateness;

    /// <summary>Time of the scenario in µs: it begins with the board's first input, on the board's clock.</summary>
    private long ScenarioUs
    {
        get
        {
            long began = FirstInputUs;
            return began < 0 ? 0 : SimulationRun.FirstInputUs + Math.Max(_board.UptimeUs - began, 0);
        }
    }

    /// <summary>Powers the board and reads its console until it has worked through its inputs.</summary>
    /// <param name="onReading">Called with every reading, on any thread.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BoardFailedException">The firmware crashed, or cannot use its inputs.</exception>
    public async Task RunAsync(Action onReading, CancellationToken cancellation)
    {
        BoardOutcome outcome = await BoardConsole.FollowAsync(_name, _board, hasInputs: true, OnLine, cancellation);
        if (outcome != BoardOutcome.Done) throw new BoardFailedException($"board {_name} rebooted");

        void OnLine(string line)
        {
            if (ModelLine().Match(line) is { Success: true } model) Profile = ProfileOf(model);
            if (ReadingTotals.Parse(line) is { } totals) BackgroundMj = totals.BackgroundMj;
            // The line of a kept input comes with its arrival, the line of a result after its time.
            if (FirstInputUs < 0 && line.StartsWith("KEEP ", StringComparison.Ordinal)) Volatile.Write(ref _beganAtUs, _board.UptimeUs);
            if (Reading.Parse(line) is not { } reading) return;
            if (FirstInputUs < 0) Volatile.Write(ref _beganAtUs, _board.UptimeUs - (long)(reading.TimeMs * 1000));
            _readings.Add(reading);
            onReading();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _board.Dispose();
        await _relay.DisposeAsync();
    }

    private static LiveProfile ProfileOf(Match model) => new(
        new CostLine(
            (long)Math.Round(double.Parse(model.Groups["step"].Value, CultureInfo.InvariantCulture) * 1000),
            long.Parse(model.Groups["input"].Value, CultureInfo.InvariantCulture)),
        model.Groups["kernel"].Value == "compiled" ? KernelKind.Compiled : KernelKind.Table);

    [GeneratedRegex(
        @"^model: .* kernel=(?<kernel>compiled|table) local-us-per-step=(?<step>\d{1,9}\.\d{3}) local-us=(?<input>-?\d{1,9})\s*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex ModelLine();
}

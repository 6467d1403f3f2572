// A board with a generated accelerometer and no gateway, for tests of `crime record`.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Gateway.Inference;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A board on a pseudo-terminal, and the gestures that its sensor measures.</summary>
internal sealed class RecordSite : IDisposable
{
    /// <summary>Name of the board.</summary>
    public const string BoardId = "bench-1";

    private const int Seed = 7;
    private const int MostOff = 3;

    private readonly SensorLog _log = GestureStream.Generate(Seed, VirtualSensor.GestureCount);
    private readonly PseudoTerminal? _terminal;
    private int _searchedTo;

    /// <summary>Powers a board.</summary>
    /// <param name="folder">An empty folder for its flash.</param>
    /// <param name="brokerPort">Port of its broker; null for a board without one, whose console is a terminal.</param>
    /// <param name="model">Its model; null for none.</param>
    /// <param name="hasSensor">True for a board with a sensor.</param>
    public RecordSite(string folder, int? brokerPort, byte[]? model, bool hasSensor = true)
    {
        VirtualSensor sensor = VirtualSensor.Parse(FormattableString.Invariant($"adxl345=gestures:{Seed}"));
        Directory.CreateDirectory(folder);
        string broker = brokerPort is { } port ? FormattableString.Invariant($"wifi.ssid=test\nbroker.host=127.0.0.1\nbroker.port={port}\n") : "broker.host=\n";
        File.WriteAllText(
            Path.Combine(folder, "crime.cfg"),
            $"board.id={BoardId}\n{broker}mapping=local\n{(hasSensor ? string.Join('\n', sensor.SettingsLines) : "")}\n");
        if (model != null) File.WriteAllBytes(Path.Combine(folder, "model.crime"), ModelContainer.BoardImage(model));
        var options = new BoardOptions { Profile = BoardProfile.Bundled(BoardSite.ProfileName), FlashFolder = folder };
        Board = new Board(hasSensor ? sensor.AttachTo(options) : options);
        if (brokerPort == null)
        {
            _terminal = new PseudoTerminal();
            _terminal.Join(Board.Serial);
        }
        Board.Start();
    }

    /// <summary>The board.</summary>
    public Board Board { get; }

    /// <summary>Path of the terminal that a program opens.</summary>
    public string Port => _terminal!.Path;

    /// <summary>Checks that sequences are gestures of the sensor, in their order, as the segmenter finds them.</summary>
    /// <param name="sequences">The sequences in the order of their recording.</param>
    public void AssertGestures(IReadOnlyList<LabelledSequence> sequences)
    {
        foreach (LabelledSequence sequence in sequences)
        {
            short[] values = [.. sequence.Features.Select(value => (short)value)];
            int start = -1;
            for (int step = _searchedTo; start < 0 && (step + sequence.Length) * _log.Channels <= _log.Values.Length; step++)
                if (_log.Values.AsSpan(step * _log.Channels, values.Length).SequenceEqual(values)) start = step;
            Assert.That(start, Is.Not.Negative, $"{sequence.Take} is no part of the signal after timestep {_searchedTo}");
            LogMark mark = _log.Marks.MinBy(mark => Math.Abs(mark.Start - start))!;
            Assert.That(start, Is.EqualTo(mark.Start).Within(MostOff), $"start of {sequence.Take}");
            Assert.That(start + sequence.Length, Is.EqualTo(mark.Start + mark.Length).Within(MostOff), $"end of {sequence.Take}");
            _searchedTo = start + sequence.Length;
        }
    }

    /// <summary>Waits for a line of the board's console.</summary>
    public Task<List<string>> ReadUntilAsync(string start, CancellationToken cancellation) => BoardSite.ReadUntilAsync(Board, start, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        Board.Dispose();
        _terminal?.Dispose();
    }
}

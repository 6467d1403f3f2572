using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>The whole firmware with rules: a result switches a pin.</summary>
public sealed class PinRuleTests
{
    private const int Inputs = 6;
    private const int LampPin = 4;
    private const int PulseMs = 60;
    private const int LimitMs = 120_000;

    private readonly ConcurrentQueue<(int Pin, bool IsHigh, long Us)> _written = new();
    private readonly List<string> _lines = [];

    [Test]
    public async Task AResultOfTheClassRaisesThePinForItsTime()
    {
        string[] names = ["class 0", "class 1", "class 2"];
        await RunAsync(string.Concat(names.Select(name => $"on.{name}=gpio {LampPin} high {PulseMs}\n")));
        var edges = _written.Where(write => write.Pin == LampPin).ToList();
        Assert.That(edges[0].IsHigh, Is.False, "the level at the start");
        edges.RemoveAt(0);
        Assert.That(edges.Select(edge => edge.IsHigh), Is.EqualTo(Enumerable.Range(0, 2 * Inputs).Select(i => i % 2 == 0)), "a pulse for each result");
        for (int i = 0; i < edges.Count; i += 2)
            Assert.That((edges[i + 1].Us - edges[i].Us) / 1000.0, Is.GreaterThanOrEqualTo(PulseMs), $"pulse {i / 2}");
    }

    [Test]
    public async Task AnUncertainResultFiresTheRuleOfUnknownOnly()
    {
        await RunAsync($"result.least-confidence=1000\non.unknown=gpio {LampPin} toggle\non.class 0=gpio 5 high\non.class 1=gpio 5 high\non.class 2=gpio 5 high\n");
        Assert.That(_written.Count(write => write.Pin == LampPin), Is.EqualTo(1 + Inputs));
        Assert.That(_written.Where(write => write.Pin == 5 && write.IsHigh), Is.Empty);
        Assert.That(_lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal)), Has.All.EndsWith(" name=\"unknown\""));
    }

    [TestCase(6, "", TestName = "A rule of a pin that is not there")]
    [TestCase(36, "", TestName = "A rule of a pin that is an input only")]
    [TestCase(27, "meter.pin=27\n", TestName = "A rule of a pin that is in use")]
    public async Task ARuleThatCannotWorkIsSaid(int pin, string settings)
    {
        await RunAsync($"on.class 1=gpio {pin} high\non.wave=gpio 4 high\n{settings}");
        Assert.That(_lines, Has.One.EqualTo($"rules: gpio {pin} is no output of this board, or is in use: on.class 1 is ignored"));
        Assert.That(_lines, Has.One.EqualTo("rules: on.wave never fires, because the model has no such class"));
    }

    /// <summary>A pin that cannot be opened is a line, and the board goes on.</summary>
    [TestCase(
        "segment.kind=trigger\nsegment.trigger-pin=45\nsensor=adc\nsensor.adc-channels=0,3,6\n",
        "inputs: segment.trigger-pin: gpio 45 is no input of this board, or is in use")]
    [TestCase("role=meter\nmeter.pin=45\n", "meter: gpio 45 is no input of this board, or is in use")]
    public async Task AnInputThatCannotBeOpenedIsSaid(string settings, string expected)
    {
        byte[] model = FirmwareFlash.Model(hidden: 8);
        using var board = new Board(new BoardOptions { Profile = TestBoards.Profile, FlashFolder = FirmwareFlash.Make($"broker.host=\n{settings}", model) });
        board.Start();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (line != expected) continue;
            await Task.Delay(3 * PulseMs);
            Assert.That(board.Crash, Is.Null);
            return;
        }
        throw new InvalidOperationException("no such line", board.Crash);
    }

    private async Task RunAsync(string rules)
    {
        _written.Clear();
        _lines.Clear();
        byte[] model = FirmwareFlash.Model(hidden: 8);
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = FirmwareFlash.Make(
                $"broker.host=\nmapping=local\ninputs.interval-ms=150\n{rules}", model, FirmwareFlash.Recording(model, Enumerable.Repeat(10, Inputs))),
        });
        board.Pins.Written += (pin, isHigh, us) => _written.Enqueue((pin, isHigh, us));
        board.Start();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            _lines.Add(line);
            if (!line.StartsWith("END ", StringComparison.Ordinal)) continue;
            await Task.Delay(3 * PulseMs);
            return;
        }
        throw new InvalidOperationException("no END line", board.Crash);
    }
}

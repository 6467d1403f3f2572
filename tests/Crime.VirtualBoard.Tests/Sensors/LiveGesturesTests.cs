using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Sensors;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>The whole firmware with an accelerometer at register level: gestures become sequences, sequences become results, and results switch a pin.</summary>
public sealed class LiveGesturesTests
{
    private const int LiveSeed = 7;

    private const int Gestures = 12;
    private const int LeastRight = 10;
    private const int LampPin = 4;
    private const double LsbPerG = 256;
    private const int LimitMs = 240_000;

    // Time of a timestep of the trained network on the virtual board, at least; the time of a streamed result in timesteps; and the timesteps that the
    // FIFO of the sensor gives at once, so that some are left when the end is among them.
    private const double LeastStepMs = 0.5;
    private const int MostEndSteps = 2;
    private const int FifoSteps = 16;

    [Test]
    public async Task GesturesBecomeResultsThatSwitchAPin()
    {
        SensorLog log = GestureStream.Generate(LiveSeed, Gestures);
        var pulses = new ConcurrentQueue<bool>();
        using Board board = Make(log, $"on.lift=gpio {LampPin} high 50\n", LiveModel.Image());
        board.Pins.Written += (pin, isHigh, _) =>
        {
            if (pin == LampPin) pulses.Enqueue(isHigh);
        };
        board.Start();
        List<(int Length, string Name, double Ms)> results = await ResultsAsync(board);
        TestContext.Out.WriteLine(string.Join(", ", results.Select((result, i) => $"{log.Marks[i].Label}: {result.Name} ({result.Length} of {log.Marks[i].Length})")));
        for (int i = 0; i < Gestures; i++) Assert.That(results[i].Length, Is.EqualTo(log.Marks[i].Length).Within(6), $"gesture {i}");
        Assert.That(results.Where((result, i) => result.Name == log.Marks[i].Label).Count(), Is.GreaterThanOrEqualTo(LeastRight));
        Assert.That(pulses.Count(isHigh => isHigh), Is.EqualTo(results.Count(result => result.Name == "lift")));
    }

    /// <summary>The board computes while the gesture comes. At its end the class is all that is missing, so the result is there at once.</summary>
    [Test]
    public async Task AResultIsThereOneStepAfterTheEnd()
    {
        SensorLog log = GestureStream.Generate(LiveSeed, Gestures);
        using Board streamed = Make(log, "", LiveModel.Image()), whole = Make(log, "inputs.stream=off\n", LiveModel.Image());
        streamed.Start();
        whole.Start();
        List<(int Length, string Name, double Ms)> first = await ResultsAsync(streamed), second = await ResultsAsync(whole);
        TestContext.Out.WriteLine($"streamed: {string.Join(' ', first.Select(result => result.Ms))} ms");
        TestContext.Out.WriteLine($"whole: {string.Join(' ', second.Select(result => result.Ms))} ms");
        Assert.That(first.Select(result => (result.Length, result.Name)), Is.EqualTo(second.Select(result => (result.Length, result.Name))));
        Assert.That(second.Select(result => result.Ms / result.Length), Has.All.GreaterThan(LeastStepMs));
        double stepMs = second.Min(result => result.Ms / result.Length);
        Assert.That(first.Select(result => result.Ms), Has.All.LessThan(FifoSteps * stepMs));
        Assert.That(first.Count(result => result.Ms < MostEndSteps * stepMs), Is.GreaterThan(Gestures / 2));
    }

    /// <summary>The board reads on after a model with other channels: a later model may fit.</summary>
    [Test]
    public async Task AModelOfOtherInputsDoesNotEndTheSensor()
    {
        const int gestures = 2;
        using Board board = Make(GestureStream.Generate(LiveSeed, gestures), "", FirmwareFlash.Model(hidden: 8));
        board.Start();
        using var limit = new CancellationTokenSource(LimitMs);
        int said = 0;
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            Assert.That(line, Does.Not.StartWith("INF "));
            if (line == "inputs: the model takes other inputs than the sensor gives" && ++said == gestures) return;
        }
        throw new InvalidOperationException("the board reads no further gesture", board.Crash);
    }

    private static Board Make(SensorLog log, string rules, byte[] model) => new(new BoardOptions
    {
        Profile = TestBoards.Profile,
        FlashFolder = FirmwareFlash.Make(
            "broker.host=\nmapping=local\nsensor=adxl345\nsensor.rate-hz=100\nsensor.range-g=16\n" + LiveModel.SegmentSettings + rules, model),
        I2cPeripherals = new Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [0x53] = made => new Adxl345Peripheral(() => made.NowUs, Waveform.Of(log.Channels, log.RateHz, log.Values, 1 / LsbPerG)),
        },
    });

    private static (int Length, string Name, double Ms) ResultOf(string line) => (
        int.Parse(line.Split(' ')[2][4..], CultureInfo.InvariantCulture), line.Split('"')[1],
        double.Parse(line.Split(' ').Single(word => word.StartsWith("ms=", StringComparison.Ordinal))[3..], CultureInfo.InvariantCulture));

    /// <summary>Reads results until there is one for each gesture, and then the counts of the sensor.</summary>
    private static async Task<List<(int Length, string Name, double Ms)>> ResultsAsync(Board board)
    {
        var results = new List<(int, string, double)>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (line.StartsWith("INF ", StringComparison.Ordinal)) results.Add(ResultOf(line));
            if (results.Count == Gestures && line.StartsWith("INF ", StringComparison.Ordinal)) board.Serial.WriteLine("status");
            if (!line.StartsWith("sensor: ", StringComparison.Ordinal)) continue;
            TestContext.Out.WriteLine(line);
            Assert.That(line, Does.Contain(" lost=0 failed-reads=0 ").And.Contain($" sequences={Gestures} short=0 cut=0"));
            return results;
        }
        throw new InvalidOperationException("no line about the sensor", board.Crash);
    }
}

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;
using Crime.Modelling.Training;
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

    // Each person holds the sensor in another way, and a network that has seen one way only does not know the others.
    private const int TrainingPersons = 60;
    private const int GesturesPerPerson = 6;
    private const int FirstTrainingSeed = 1000;
    private const int Gestures = 12;
    private const int LeastRight = 10;
    private const int LampPin = 4;
    private const double LsbPerG = 256;
    private const int LimitMs = 240_000;

    // Proposed by `crime segment` for the generated log that comes with it.
    private const string SegmentSettings =
        "segment.kind=activity\nsegment.start-level=63\nsegment.end-level=20\nsegment.span=8\nsegment.pre-roll=2\nsegment.hang-over=15\nsegment.least=15\n"
        + "segment.greatest=266\n";

    [Test]
    public async Task GesturesBecomeResultsThatSwitchAPin()
    {
        SensorLog log = GestureStream.Generate(LiveSeed, Gestures);
        var pulses = new ConcurrentQueue<bool>();
        using Board board = Make(log, $"on.lift=gpio {LampPin} high 50\n", Model());
        board.Pins.Written += (pin, isHigh, _) =>
        {
            if (pin == LampPin) pulses.Enqueue(isHigh);
        };
        board.Start();
        List<(int Length, string Name)> results = await ResultsAsync(board);
        TestContext.Out.WriteLine(string.Join(", ", results.Select((result, i) => $"{log.Marks[i].Label}: {result.Name} ({result.Length} of {log.Marks[i].Length})")));
        for (int i = 0; i < Gestures; i++) Assert.That(results[i].Length, Is.EqualTo(log.Marks[i].Length).Within(6), $"gesture {i}");
        Assert.That(results.Where((result, i) => result.Name == log.Marks[i].Label).Count(), Is.GreaterThanOrEqualTo(LeastRight));
        Assert.That(pulses.Count(isHigh => isHigh), Is.EqualTo(results.Count(result => result.Name == "lift")));
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
            "broker.host=\nmapping=local\nsensor=adxl345\nsensor.rate-hz=100\nsensor.range-g=16\n" + SegmentSettings + rules, model),
        I2cPeripherals = new Dictionary<int, Func<Board, II2cPeripheral>>
        {
            [0x53] = made => new Adxl345Peripheral(() => made.NowUs, Waveform.Of(log.Channels, log.RateHz, log.Values, 1 / LsbPerG)),
        },
    });

    /// <summary>Reads results until there is one for each gesture, and then the counts of the sensor.</summary>
    private static async Task<List<(int Length, string Name)>> ResultsAsync(Board board)
    {
        var results = new List<(int, string)>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (line.StartsWith("INF ", StringComparison.Ordinal)) results.Add((int.Parse(line.Split(' ')[2][4..]), line.Split('"')[1]));
            if (results.Count == Gestures && line.StartsWith("INF ", StringComparison.Ordinal)) board.Serial.WriteLine("status");
            if (!line.StartsWith("sensor: ", StringComparison.Ordinal)) continue;
            TestContext.Out.WriteLine(line);
            Assert.That(line, Does.Contain(" lost=0 failed-reads=0 ").And.Contain($" sequences={Gestures} short=0 cut=0"));
            return results;
        }
        throw new InvalidOperationException("no line about the sensor", board.Crash);
    }

    private static IEnumerable<LabelledSequence> Cut(SensorLog log) => log.Marks.Select((mark, i) => new LabelledSequence(
        i, mark.Label, mark.Length, [.. log.Values.Skip(mark.Start * log.Channels).Take(mark.Length * log.Channels).Select(value => (float)value)], []));

    private static byte[] Model()
    {
        LabelledSequence[] sequences = [.. Enumerable.Range(FirstTrainingSeed, TrainingPersons).SelectMany(seed => Cut(GestureStream.Generate(seed, GesturesPerPerson)))];
        var data = new Dataset("live", false, GestureStream.Channels, sequences, sequences[..10]);
        TrainedModel model = new Trainer(new TrainingData(data), new TrainingOptions { Threads = 1 }).Train("live", null, CancellationToken.None);
        return TestModels.Write(model, calibration: Calibration.Measure(TestModels.Parse(TestModels.Write(model)), data));
    }
}

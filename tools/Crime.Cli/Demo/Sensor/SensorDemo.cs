// The way from a sensor to a lamp, as README describes it, on a virtual board and without a hand: record, train, convert, publish, and gestures that
// switch a pin. The gateway, the board and the verbs are the real ones.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Processes;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Demo.Sensor;

/// <summary>Plays the whole loop.</summary>
/// <param name="seed">Chooses the person with the sensor, and the gestures.</param>
/// <param name="isSwapped">True to publish a second model while gestures are performed.</param>
/// <param name="say">Receives a line for each step.</param>
internal sealed class SensorDemo(int seed, bool isSwapped, Action<string> say)
{
    private const int TakesPerClass = 12;
    private const int GesturesPerClass = 10;
    private const string RuleClass = "lift";

    // Of five other persons, with as many takes and 90 further gestures each, a network that was trained so had 96 to 100 % right.
    private const string Copies = "40";
    private const string TurnDegrees = "90";
    private const string TrainShare = "0.9";
    private const string Hidden = "24";
    private const string Epochs = "30";
    private const string LearningRate = "0.005";
    private const int PollMs = 50;

    // The rest of the gestures takes about a minute; a board fetches a model within seconds.
    private const int SwapAfter = GesturesPerClass;
    private const string SwapFolder = "second";
    private const string SwapWeights = "8";
    private const int ResultLimitMs = 15_000;
    private const int JsonLimitMs = 30_000;

    // A gesture lasts up to 2.7 s and its pause half a second. Another take is performed when this time has brought none.
    private const int TakeLimitMs = 6000;

    /// <summary>Plays it in a temporary folder.</summary>
    /// <param name="cancellation">Ends it.</param>
    public async Task<SensorSummary> RunAsync(CancellationToken cancellation)
    {
        string work = Directory.CreateTempSubdirectory("crime-live-").FullName;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task running = Task.CompletedTask;
        try
        {
            string models = Directory.CreateDirectory(Path.Combine(work, "models")).FullName;
            Directory.CreateDirectory(Path.Combine(work, SwapFolder));
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(models, null, cancellation);
            var board = new SensorBoard(Path.Combine(work, "flash"), seed);
            var crime = new OwnCommand(work, say);
            board.WriteFlash(gateway.Broker, gateway.HttpPort, RuleClass, await SegmenterAsync(crime, cancellation));
            running = board.RunAsync(end.Token);
            Task<SensorSummary> playing = PlayAsync(crime, gateway, board, end.Token);
            // A board that fails ends the demo with its reason.
            if (await Task.WhenAny(running, playing) == running) await running;
            return await playing;
        }
        finally
        {
            await end.CancelAsync();
            // The board's flash is in the folder.
            await Task.WhenAny(running, Task.Delay(ResultLimitMs, CancellationToken.None));
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Returns the settings of the segmenter that `crime segment` proposes for a log.</summary>
    private static async Task<IEnumerable<string>> SegmenterAsync(OwnCommand crime, CancellationToken cancellation)
    {
        await crime.RunAsync(cancellation, "segment", "--example", "example.csv");
        JsonElement proposal = await crime.RunAsync(cancellation, "segment", "example.csv");
        return proposal.GetProperty("settings").EnumerateObject().Select(setting => $"{setting.Name}={setting.Value.GetString()}");
    }

    private async Task<SensorSummary> PlayAsync(OwnCommand crime, GatewayProcess gateway, SensorBoard board, CancellationToken cancellation)
    {
        int takes = 0;
        foreach (string label in GestureStream.ClassNames) takes += await RecordAsync(crime, gateway, board, label, cancellation);
        await crime.RunAsync(cancellation, "data", "augment", "takes", "--copies", Copies, "--turn", TurnDegrees, "-o", "augmented");
        JsonElement trained = await crime.RunAsync(
            cancellation, "train", "augmented", "--hidden", Hidden, "--epochs", Epochs, "--learning-rate", LearningRate,
            "-o", $"{SensorBoard.ModelName}.safetensors");
        await crime.RunAsync(
            cancellation, "convert", $"{SensorBoard.ModelName}.safetensors", "--calibrate", "augmented", "-o", $"{SensorBoard.ModelName}.crime");
        if (isSwapped) await ConvertSecondAsync(crime, cancellation);
        JsonElement published = await PublishAsync(crime, gateway, $"{SensorBoard.ModelName}.crime", cancellation);
        return await ClassifyAsync(crime, gateway, board, cancellation) with
        {
            Takes = takes,
            TestAccuracy = trained.GetProperty("test_accuracy").GetDouble(),
            ModelPublished = published.GetProperty("name").GetString() == SensorBoard.ModelName,
            BoardSwitched = published.GetProperty("missing").GetArrayLength() == 0,
        };
    }

    /// <summary>Makes another model of the same network, with weights of 8 bits.</summary>
    private static Task ConvertSecondAsync(OwnCommand crime, CancellationToken cancellation) => crime.RunAsync(
        cancellation, "convert", $"{SensorBoard.ModelName}.safetensors", "--calibrate", "augmented", "--weights", SwapWeights, "-o", SecondFile);

    private static Task<JsonElement> PublishAsync(OwnCommand crime, GatewayProcess gateway, string file, CancellationToken cancellation) => crime.RunAsync(
        cancellation, "publish", file, "--gateway", $"http://{GatewayProcess.HttpHost}:{gateway.HttpPort}", "--wait-board", SensorBoard.Id);

    private static string SecondFile => Path.Combine(SwapFolder, $"{SensorBoard.ModelName}.crime");

    /// <summary>Performs gestures of a class while `crime record` runs.</summary>
    /// <returns>Takes that the verb has kept.</returns>
    private static async Task<int> RecordAsync(OwnCommand crime, GatewayProcess gateway, SensorBoard board, string label, CancellationToken cancellation)
    {
        Task<JsonElement> recording = crime.RunAsync(
            cancellation, "record", "--mqtt", $"{gateway.Broker.Host}:{gateway.Broker.Port}", "--board", SensorBoard.Id, "--label", label,
            "--count", $"{TakesPerClass}", "--split", TrainShare, "--yes", "-o", "takes");
        while (!recording.IsCompleted)
        {
            int performed = board.Hand.PerformedCount;
            board.Hand.Perform(label);
            await UntilAsync(() => recording.IsCompleted || board.Hand.PerformedCount > performed, TakeLimitMs, cancellation);
        }
        return (await recording).GetProperty("details").GetProperty("kept").GetInt32();
    }

    /// <summary>Performs gestures of all classes, one after the other, each after the result of the former one.</summary>
    private async Task<SensorSummary> ClassifyAsync(OwnCommand crime, GatewayProcess gateway, SensorBoard board, CancellationToken cancellation)
    {
        await using JsonResults json = await JsonResults.SubscribeAsync(gateway.Broker, SensorBoard.Id, cancellation);
        // A take that was still performed when the recording ended may have a result of its own.
        await Task.Delay(TakeLimitMs, cancellation);
        int before = board.Readings.Length, lampBefore = board.LampCount, jsonBefore = json.Count;
        string[] labels = [.. Enumerable.Range(0, GesturesPerClass).SelectMany(_ => GestureStream.ClassNames)];
        new Random(seed).Shuffle(labels);
        say($"{labels.Length} gestures follow; '{RuleClass}' switches GPIO {SensorBoard.LampPin}");
        int right = 0, lost = 0, afterSwap = 0;
        Task<JsonElement>? swap = null;
        foreach ((int i, string label) in labels.Index())
        {
            if (isSwapped && i == SwapAfter) swap = PublishAsync(crime, gateway, SecondFile, cancellation);
            if (swap is { IsCompleted: true }) afterSwap++;
            int count = board.Readings.Length;
            board.Hand.Perform(label);
            await UntilAsync(() => board.Readings.Length > count, ResultLimitMs, cancellation);
            Reading[] results = board.Readings[count..];
            if (results.Length == 0) lost++;
            else if (results[^1].Class == label) right++;
            say(label + ": " + (results.Length == 0 ? "no result" : Describe(results[^1])));
        }
        await UntilAsync(() => json.Count - jsonBefore >= labels.Length - lost, JsonLimitMs, cancellation);
        Reading[] all = board.Readings[before..];
        return new SensorSummary
        {
            Gestures = labels.Length,
            Right = right,
            RulesFired = board.LampCount - lampBefore,
            RulesExpected = all.Count(reading => reading.Class == RuleClass),
            JsonResults = json.Count - jsonBefore,
            Lost = lost,
            ModelSwapped = swap == null ? null : (await swap).GetProperty("missing").GetArrayLength() == 0,
            GesturesAfterSwap = swap == null ? null : afterSwap,
            Duplicates = Math.Max(0, all.Length - (labels.Length - lost)) + json.Duplicates,
        };
    }

    private static string Describe(Reading result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Class} ({result.ConfidencePerMille / 10.0:0.0} %, {result.Target}, {result.TimeMs:0.0} ms, {result.EnergyMj:0.0} mJ)");

    private static async Task UntilAsync(Func<bool> isReached, int limitMs, CancellationToken cancellation)
    {
        for (int waitedMs = 0; waitedMs < limitMs && !isReached(); waitedMs += PollMs) await Task.Delay(PollMs, cancellation);
    }
}

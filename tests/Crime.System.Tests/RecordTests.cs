using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary><c>crime record</c> as its own process, with a board that runs the whole firmware: over a terminal, and over a real broker.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.Self)]
public sealed class RecordTests
{
    private const int LimitMs = 300_000;

    private static readonly string[] s_labels = ["first", "second", "third"];

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "record", Guid.NewGuid().ToString("n"))).FullName;

    private string Flash => Path.Combine(_folder, "flash");

    private string Data => Path.Combine(_folder, "moves");

    private Task<CrimeCommand.Outcome> RecordAsync(string label, int count, params string[] link) => CrimeCommand.RunAsync(
        ["record", .. link, "--label", label, "--count", FormattableString.Invariant($"{count}"), "--split", "0.5", "-o", Data, "--json"]);

    /// <summary>A first-time user: a board that has never had a model. Three runs make one data set.</summary>
    [Test, CancelAfter(LimitMs)]
    public async Task ABoardWithoutAModelRecordsOverATerminal()
    {
        using var site = new RecordSite(Flash, null, null);
        foreach (string label in s_labels)
        {
            JsonElement result = (await RecordAsync(label, 2, "--port", site.Port)).Json();
            Assert.That(result.GetProperty("details").GetProperty("kept").GetInt32(), Is.EqualTo(2));
            Assert.That(result.GetProperty("details").GetProperty("lost").GetInt32(), Is.Zero);
            Assert.That(result.GetProperty("details").GetProperty("rate_hz").GetDecimal(), Is.EqualTo(100));
        }
        AssertDataSet(site);
    }

    /// <summary>The same over a real broker. The board classifies before and afterwards.</summary>
    [Test, CancelAfter(LimitMs)]
    public async Task ABoardRecordsOverABrokerAndClassifiesAgain(CancellationToken cancellation)
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        using var site = new RecordSite(Flash, broker.Port, BoardSite.Gestures);
        string endpoint = FormattableString.Invariant($"127.0.0.1:{broker.Port}");
        await site.ReadUntilAsync("INF id=0", cancellation);
        foreach (string label in s_labels)
        {
            JsonElement result = (await RecordAsync(label, 2, "--mqtt", endpoint, "--board", RecordSite.BoardId)).Json();
            Assert.That(result.GetProperty("details").GetProperty("lost").GetInt32(), Is.Zero);
        }
        AssertDataSet(site);
        site.Board.Serial.WriteLine("mark");
        await site.ReadUntilAsync("? 'mark'", cancellation);
        await site.ReadUntilAsync("INF id=", cancellation);
    }

    [Test, CancelAfter(LimitMs)]
    public async Task AnInterruptionSwitchesTheRecordingOff(CancellationToken cancellation)
    {
        using var site = new RecordSite(Flash, null, BoardSite.Gestures);
        using Process process = CrimeCommand.StartInterruptible("record", "--port", site.Port, "--label", "wave", "-o", Data);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation), output = process.StandardOutput.ReadToEndAsync(cancellation);
        string train = Path.Combine(Data, "moves_TRAIN.ts");
        await Deadline.UntilAsync(() => File.Exists(train), "a take");
        using (Process kill = Process.Start("kill", ["-INT", FormattableString.Invariant($"{process.Id}")])) await kill.WaitForExitAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.That(process.ExitCode, Is.EqualTo(130), await error);
        Assert.That(await output, Does.StartWith(train + ": numeric, 3 channels, 1 class"));
        Assert.That(TsFile.Read(train).Select(sequence => sequence.Label), Has.All.EqualTo("wave"));
        await site.ReadUntilAsync("record: off", cancellation);
        await site.ReadUntilAsync("INF id=", cancellation);
    }

    [Test, CancelAfter(LimitMs)]
    public async Task ABoardWithoutASensorSaysSo()
    {
        using var site = new RecordSite(Flash, null, null, hasSensor: false);
        CrimeCommand.Outcome outcome = await RecordAsync("wave", 1, "--port", site.Port);
        Assert.That((outcome.ExitCode, outcome.Out), Is.EqualTo((2, "")));
        Assert.That(outcome.Error.Trim(), Is.EqualTo("crime: the board cannot record: inputs come from a recording; set sensor="));
        Assert.That(Directory.Exists(Data), Is.False);
    }

    [Test, CancelAfter(LimitMs)]
    public async Task ABoardThatIsNotAtTheBrokerSaysSo()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        CrimeCommand.Outcome outcome = await RecordAsync("wave", 1, "--mqtt", FormattableString.Invariant($"127.0.0.1:{broker.Port}"), "--board", "gone");
        Assert.That((outcome.ExitCode, outcome.Out), Is.EqualTo((2, "")));
        Assert.That(outcome.Error.Trim(), Does.StartWith("crime: no board answers within 5 s: is 'gone' connected to this broker"));
    }

    private void AssertDataSet(RecordSite site)
    {
        Dataset data = DatasetFolder.Load(Data);
        // With half of the takes for training, the second of each class is tested.
        Assert.That(data.Train.Select(sequence => sequence.Take), Is.EqualTo(s_labels.Select(label => label + " 1")));
        Assert.That(data.Test.Select(sequence => sequence.Take), Is.EqualTo(s_labels.Select(label => label + " 2")));
        IReadOnlyList<LabelledSequence> inOrder = [.. data.Train.Zip(data.Test, (train, test) => new[] { train, test }).SelectMany(pair => pair)];
        site.AssertGestures(inOrder);
    }
}

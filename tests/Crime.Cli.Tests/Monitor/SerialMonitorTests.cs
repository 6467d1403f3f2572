using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Monitor;
using NUnit.Framework;

namespace Crime.Cli.Tests.Monitor;

/// <summary>The monitor on a terminal device of this machine.</summary>
[Platform("Linux")]
public sealed class SerialMonitorTests
{
    private const int FastBaud = 2_000_000;

    private string _folder = null!;
    private FedTerminal _board = null!;
    private MonitorTotals _totals = null!;
    private Kept _view = null!;

    /// <summary>Keeps every event.</summary>
    private sealed class Kept : IMonitorView
    {
        public List<MonitorEvent> Events { get; } = [];

        public Task WhileAsync(Func<Task> measure) => measure();

        public void Show(MonitorEvent arrived, DateTime utc)
        {
            lock (Events) Events.Add(arrived);
        }

        public void End()
        {
        }

        public bool Has(Func<MonitorEvent, bool> what)
        {
            lock (Events) return Events.Any(what);
        }
    }

    [SetUp]
    public void Make()
    {
        _folder = Directory.CreateTempSubdirectory("monitor-").FullName;
        _board = new FedTerminal(Path.Combine(_folder, "ttyBOARD"));
        _totals = new MonitorTotals();
        _view = new Kept();
    }

    [TearDown]
    public void Remove()
    {
        _board.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(SerialSource Source, Task Running)> StartAsync(CancellationToken cancellation, ReadingFile? file = null)
    {
        var source = new SerialSource(_board.Link, FastBaud, "bench");
        await source.OpenAsync(cancellation);
        _board.AwaitRaw();
        return (source, new MonitorRun(source, _totals, _view, file, plot: null, count: 0).RunAsync(cancellation));
    }

    private Task Count(int readings) => Deadline.UntilAsync(() => { lock (_totals) return _totals.Readings >= readings; }, $"{readings} readings");

    /// <summary>Lines of a board, one in a hundred of them damaged in one of the ways in which serial lines are.</summary>
    private static (byte[] Bytes, List<int> Good, int Garbled) DamagedLines(int count, Random random)
    {
        var bytes = new MemoryStream();
        var good = new List<int>();
        int garbled = 0;
        for (int i = 0; i < count; i++)
        {
            string line = BoardLines.Inference(i, random);
            int damage = i % 100 == 50 ? random.Next(4) : -1;
            if (damage >= 0) garbled++;
            else good.Add(i);
            switch (damage)
            {
                case 0:
                    line = string.Concat(Enumerable.Range(0, random.Next(1, 400)).Select(_ => (char)random.Next(128, 256)));
                    break;
                case 1: line = line[..random.Next(1, line.Length)]; break;
                case 2: line = line[random.Next(1, line.Length)..]; break;
                case 3: line = line[..random.Next(1, line.Length)] + BoardLines.Inference(i + 1, random) + BoardLines.Inference(i + 2, random); break;
            }
            bytes.Write(Encoding.Latin1.GetBytes(line + "\r\n"));
        }
        return (bytes.ToArray(), good, garbled);
    }

    [Test]
    public async Task OfTenThousandReadingsOnlyTheGarbledOnesAreLostAndTheyAreCounted()
    {
        const int count = 10_000;
        var (bytes, good, garbled) = DamagedLines(count, new Random(1));
        Assert.That(garbled, Is.EqualTo(count / 100));
        string csv = Path.Combine(_folder, "readings.csv");
        using var stop = new CancellationTokenSource();
        using var file = new ReadingFile(csv);
        var (source, running) = await StartAsync(stop.Token, file);
        using (source)
        {
            var watch = Stopwatch.StartNew();
            await Task.Run(() => _board.Write(bytes));
            await Count(count - garbled);
            TestContext.Out.WriteLine($"{bytes.Length} bytes in {watch.ElapsedMilliseconds} ms");
            await stop.CancelAsync();
            await running;
        }
        int[] read = _view.Events.OfType<InferenceArrived>().Select(item => item.Reading.Input).ToArray();
        Assert.That(read, Is.EqualTo(good), "in order, each once");
        Assert.That((_totals.Garbled, _totals.Missing), Is.EqualTo((garbled, garbled)), "each garbled line is also a gap in the numbers");
        Assert.That(File.ReadLines(csv).Skip(1).Select(line => int.Parse(line.Split(',')[2])), Is.EqualTo(good));
    }

    [Test]
    public async Task ABoardMayBeUnpluggedAndPluggedInAgain()
    {
        using var stop = new CancellationTokenSource();
        var (source, running) = await StartAsync(stop.Token);
        using (source)
        {
            for (int round = 0; round < 3; round++)
            {
                for (int i = 0; i < 10; i++) _board.WriteLine(BoardLines.Inference(20 * round + i));
                _board.Write("INF id=99 len="u8);
                await Count(10 * (round + 1));
                await Deadline.UntilAsync(() => source.Send("status") == null, "a command");
                Assert.That(_board.ReadLine(), Is.EqualTo("status"));
                // Let the half line arrive before the plug is pulled.
                await Task.Delay(100);
                _board.Unplug();
                await Deadline.UntilAsync(() => { lock (_totals) return _totals.Outages == round + 1; }, "the outage");
                Assert.That(source.Send("status"), Is.EqualTo("the port is not there"));
                await Task.Delay(round * 300);
                _board = new FedTerminal(_board.Link);
                _board.AwaitRaw();
            }
            await Deadline.UntilAsync(() => _view.Has(item => item is LinkChanged { IsUp: true }), "the port");
            await stop.CancelAsync();
            await running;
        }
        Assert.That((_totals.Readings, _totals.Garbled, _totals.Outages), Is.EqualTo((30, 3, 3)), "one half line for each time the plug was pulled");
        Assert.That(_totals.Missing, Is.EqualTo(20), "what the board said while nobody listened");
    }

    [Test]
    public async Task AFileIsReadToItsEnd()
    {
        string capture = Path.Combine(_folder, "capture.log");
        File.WriteAllText(capture, "CRIME board hall-1, firmware 0.1.0\r\n" + BoardLines.Inference(0) + "\r\n" + BoardLines.Inference(1) + "\r\nhalf");
        using var source = new SerialSource(capture, FastBaud, "");
        await source.OpenAsync(CancellationToken.None);
        await new MonitorRun(source, _totals, _view, file: null, plot: null, count: 0).RunAsync(CancellationToken.None);
        Assert.That((_totals.Readings, _totals.Garbled, _totals.Outages), Is.EqualTo((2, 1, 0)));
        Assert.That(_totals.Rows.Single().Board, Is.EqualTo("hall-1"));
    }

    [Test]
    public async Task ItEndsAfterTheReadingsThatWereAskedFor()
    {
        using var source = new SerialSource(_board.Link, FastBaud, "");
        await source.OpenAsync(CancellationToken.None);
        _board.AwaitRaw();
        Task running = new MonitorRun(source, _totals, _view, file: null, plot: null, count: 3).RunAsync(CancellationToken.None);
        for (int i = 0; i < 10; i++) _board.WriteLine(BoardLines.Inference(i));
        await running.WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms));
        Assert.That(_totals.Readings, Is.EqualTo(3));
    }
}

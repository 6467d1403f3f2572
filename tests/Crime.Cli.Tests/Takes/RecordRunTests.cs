using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Takes;
using Crime.Modelling;
using NUnit.Framework;

namespace Crime.Cli.Tests.Takes;

/// <summary>A session with a board that is played by lines.</summary>
public sealed class RecordRunTests
{
    private FakeLink _link = null!;
    private StringWriter _shown = null!;
    private Channel<ConsoleKeyInfo> _keys = null!;
    private TakeStore _store = null!;
    private string _folder = "";

    [SetUp]
    public void Make()
    {
        _link = new FakeLink();
        _shown = new StringWriter();
        _keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
        _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "sessions", Guid.NewGuid().ToString("n"), "set");
        _store = TakeStore.Open(_folder, 0.75m);
    }

    [TearDown]
    public void Close()
    {
        _link.Dispose();
        _shown.Dispose();
    }

    private RecordRun Session(int count, bool isTerminal = false) => new(_link, _store, new RecordView(_shown, isTerminal), "wave", count);

    private void Type(params char[] keys)
    {
        foreach (char key in keys)
            _keys.Writer.TryWrite(new ConsoleKeyInfo(key, key == '\r' ? ConsoleKey.Enter : key == '\x1b' ? ConsoleKey.Escape : default, false, false, false));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public async Task KeysKeepDropAndRelabel(CancellationToken cancellation)
    {
        RecordRun run = Session(count: 10);
        _link.Sequences(4);
        Type('k', 'd', 'r', 'r', 'e', 's', 't', '\r', 'r', '\x1b', '\r', 'q');
        Assert.That(await run.RunAsync(_keys.Reader, cancellation), Is.EqualTo(RecordEnd.Done));
        Assert.That((run.Kept, run.Dropped, run.Lost), Is.EqualTo((3, 1, 0)), _shown.ToString());
        Assert.That(_store.Data.Train.Select(sequence => sequence.Label), Is.EqualTo(new[] { "wave", "rest", "wave" }));
        Assert.That(_store.Data.Train[1].Features, Is.EqualTo(BoardLines.Values(3, 30, 3).Select(value => (float)value)));
        Assert.That(_link.Sent, Is.EqualTo(new[] { "record on", "record off" }));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public async Task ADamagedSequenceIsDroppedWithALine(CancellationToken cancellation)
    {
        RecordRun run = Session(count: 2);
        List<string> first = BoardLines.Of(1, 3, BoardLines.Values(3, 30, 1));
        first[1] = first[1].Replace("data=", "data=A", StringComparison.Ordinal);
        foreach (string line in first) _link.Later(line);
        _link.Sequences(2, first: 2);
        Assert.That(await run.RunAsync(null, cancellation), Is.EqualTo(RecordEnd.Done));
        Assert.That((run.Kept, run.Lost), Is.EqualTo((2, 1)));
        Assert.That(_shown.ToString().Split('\n').Count(line => line.StartsWith("sequence 1 is dropped: a line is damaged", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(_store.Data.Train[0].Features, Is.EqualTo(BoardLines.Values(3, 30, 2).Select(value => (float)value)));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public async Task AnInterruptionKeepsWhatWasKept(CancellationToken cancellation)
    {
        RecordRun run = Session(count: 5);
        _link.Sequences(2);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<RecordEnd> running = run.RunAsync(null, interrupt.Token);
        await Deadline.UntilAsync(() => run.Kept == 2, "two takes");
        await interrupt.CancelAsync();
        Assert.That(await running, Is.EqualTo(RecordEnd.Interrupted));
        Assert.That(_link.Sent[^1], Is.EqualTo("record off"));
        Assert.That(TakeStore.Open(_folder, 0.75m).CountOf("wave"), Is.EqualTo(2));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public async Task ALinkThatEndsEndsTheSession(CancellationToken cancellation)
    {
        RecordRun run = Session(count: 5);
        _link.Sequences(1);
        Task<RecordEnd> running = run.RunAsync(null, cancellation);
        await Deadline.UntilAsync(() => run.Kept == 1, "a take");
        _link.End();
        Assert.That(await running, Is.EqualTo(RecordEnd.LinkLost));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public async Task ABoardThatStartsAnewIsSwitchedOnAgain(CancellationToken cancellation)
    {
        RecordRun run = Session(count: 2);
        _link.Sequences(1);
        _link.Later("CRIME board hall-1, firmware 0.1.0");
        Task<RecordEnd> running = run.RunAsync(null, cancellation);
        await Deadline.UntilAsync(() => _link.Sent.Count == 2, "the second command");
        _link.Sequences(1);
        Assert.That(await running, Is.EqualTo(RecordEnd.Done));
        Assert.That(_link.Sent, Is.EqualTo(new[] { "record on", "record on", "record off" }));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public void ABoardThatDoesNotAnswerIsAnError(CancellationToken cancellation)
    {
        _link.IsMute = true;
        Assert.That(
            async () => await Session(count: 1).RunAsync(null, cancellation),
            Throws.TypeOf<UserInputException>().With.Message.EqualTo("no board answers within 5 s: is it there?"));
    }

    [Test, CancelAfter(Deadline.Ms)]
    public async Task ATerminalShowsTheSignal(CancellationToken cancellation)
    {
        RecordRun run = Session(count: 1, isTerminal: true);
        _link.Later("SIG 0 100 -100");
        _link.Later("SIG 100 0 -100");
        _link.Sequences(1);
        await run.RunAsync(null, cancellation);
        Assert.That(_link.Sent[0], Is.EqualTo("record live"));
        string[] lines = _shown.ToString().Split('\n');
        Assert.That(lines, Has.Some.EndsWith("▁█    100"));
        Assert.That(lines, Has.Some.EndsWith("█▁      0"));
        Assert.That(lines, Has.Some.EndsWith("▁▁   -100"));
    }

    /// <summary>Answers commands. Lines for later come after the first answer.</summary>
    private sealed class FakeLink : IBoardLink
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
        private readonly List<string> _later = [];
        private readonly List<string> _sent = [];
        private bool _isOn;

        public bool IsMute { get; set; }

        public IReadOnlyList<string> Sent
        {
            get
            {
                lock (_sent) return [.. _sent];
            }
        }

        public string Advice => "is it there?";

        public ChannelReader<string> Lines => _lines.Reader;

        public Task OpenAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task SendAsync(string command, CancellationToken cancellation)
        {
            lock (_sent) _sent.Add(command);
            if (IsMute) return Task.CompletedTask;
            _lines.Writer.TryWrite(command == "record off" ? "record: off" : BoardLines.On().Replace("record: on", "record: " + command[7..], StringComparison.Ordinal));
            _isOn = true;
            foreach (string line in _later) _lines.Writer.TryWrite(line);
            _later.Clear();
            return Task.CompletedTask;
        }

        public void Later(string line)
        {
            if (_isOn) _lines.Writer.TryWrite(line);
            else _later.Add(line);
        }

        public void Sequences(int count, uint first = 1)
        {
            for (uint id = first; id < first + count; id++)
                foreach (string line in BoardLines.Of(id, 3, BoardLines.Values(3, 30, (int)id))) Later(line);
        }

        public void End() => _lines.Writer.TryComplete();

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}

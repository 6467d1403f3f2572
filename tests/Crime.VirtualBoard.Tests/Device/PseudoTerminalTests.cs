using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Device;

/// <summary>A board's serial line as a terminal of this machine.</summary>
[Platform("Linux")]
public sealed class PseudoTerminalTests
{
    private const int TimeoutMs = 300_000;

    private SerialLine _line = null!;
    private PseudoTerminal _terminal = null!;

    [SetUp]
    public void Make()
    {
        _line = new SerialLine();
        _terminal = new PseudoTerminal();
        _terminal.Join(_line);
    }

    [TearDown]
    public void Close() => _terminal.Dispose();

    private FileStream Open() => new(_terminal.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

    private static string ReadUntil(FileStream program, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        // A thread of its own: a busy pool would start the reading late.
        void Read()
        {
            while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
            {
                int count = program.Read(buffer);
                if (count == 0) break;
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }

        Task reading = Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning);
        Assert.That(reading.Wait(TimeoutMs), Is.True, $"'{end}' did not come; what came: {text}");
        return text.ToString();
    }

    private void AwaitTyped(byte[] expected)
    {
        var waited = Stopwatch.StartNew();
        while (_line.BytesToBoard < expected.Length && waited.ElapsedMilliseconds < TimeoutMs) Thread.Sleep(5);
        byte[] typed = Enumerable.Range(0, _line.BytesToBoard).Select(_ => _line.TryReadToBoard(out byte letter) ? letter : (byte)0).ToArray();
        Assert.That(typed, Is.EqualTo(expected));
    }

    [Test]
    public void EveryByteComesThroughAsItIs()
    {
        // Among them are all that a terminal would echo, translate or take for a signal.
        byte[] all = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        using FileStream program = Open();
        program.Write(all);
        AwaitTyped(all);
        _line.FromBoard(all);
        Assert.That(Encoding.Latin1.GetBytes(ReadUntil(program, "\u00FF")), Is.EqualTo(all));
    }

    [Test]
    public void TheTerminalOutlivesTheProgramsThatUseIt()
    {
        for (int i = 0; i < 3; i++)
        {
            using FileStream program = Open();
            _line.FromBoard($"line {i}\r\n");
            Assert.That(ReadUntil(program, "\r\n"), Is.EqualTo($"line {i}\r\n"));
            program.Write("help\n"u8);
            AwaitTyped("help\n"u8.ToArray());
        }
    }

    [Test]
    public void ABoardThatNobodyReadsIsNotHeldUpAndItsNewestLinesRemain()
    {
        const int count = 20_000;
        var longest = TimeSpan.Zero;
        for (int i = 0; i < count; i++)
        {
            var watch = Stopwatch.StartNew();
            _line.FromBoard($"line {i} of a board that talks to itself, long enough to fill what a terminal keeps\r\n");
            if (watch.Elapsed > longest) longest = watch.Elapsed;
        }
        Assert.That(longest.TotalMilliseconds, Is.LessThan(1000));

        using FileStream program = Open();
        string[] lines = ReadUntil(program, $"line {count - 1} of a board that talks to itself, long enough to fill what a terminal keeps\r\n").Split("\r\n");
        Assert.That(lines, Has.Length.LessThan(count / 2));
    }

    [Test]
    public void WhatIsTypedBeforeTheBoardIsThereWaitsForIt()
    {
        using var terminal = new PseudoTerminal();
        using (var program = new FileStream(terminal.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0))
            program.Write("help\n"u8);
        Thread.Sleep(50);
        terminal.Join(_line);
        AwaitTyped("help\n"u8.ToArray());
    }

    [Test]
    public void ALineTakesThePlaceOfTheOneBefore()
    {
        var next = new SerialLine();
        _terminal.Join(next);
        using FileStream program = Open();
        _line.FromBoard("old\r\n");
        next.FromBoard("new\r\n");
        Assert.That(ReadUntil(program, "\r\n"), Is.EqualTo("new\r\n"));
    }

    [Test]
    public void WhatWasWrittenBeforeTheEndIsRead()
    {
        using FileStream program = Open();
        // Somebody who reads: only such a one is waited for.
        _line.FromBoard("first\r\n");
        Assert.That(ReadUntil(program, "first\r\n"), Is.EqualTo("first\r\n"));
        Task<string> reading = Task.Factory.StartNew(() => ReadUntil(program, "END\r\n"), TaskCreationOptions.LongRunning);
        string text = string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i}\r\n")) + "END\r\n";
        _line.FromBoard(text);
        _terminal.Dispose();
        Assert.That(reading.Result, Is.EqualTo(text));
    }

    [Test]
    public void AnEndDoesNotWaitForSomebodyToRead()
    {
        for (int i = 0; i < 5000; i++) _line.FromBoard("a line that nobody reads\r\n");
        var watch = Stopwatch.StartNew();
        _terminal.Dispose();
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(TimeoutMs));
    }

    [Test]
    public void TheFirmwareTalksThroughIt()
    {
        using Board board = TestBoards.Make();
        _terminal.Join(board.Serial);
        using FileStream program = Open();
        TestBoards.Run(board, () =>
        {
            var port = new global::System.IO.Ports.SerialPort("COM2", 115200);
            port.Open();
            port.Write("ready\r\n"u8.ToArray(), 0, 7);
        });
        Assert.That(ReadUntil(program, "\r\n"), Is.EqualTo("ready\r\n"));
    }
}

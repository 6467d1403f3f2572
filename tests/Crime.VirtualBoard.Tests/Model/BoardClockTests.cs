using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using Crime.VirtualBoard.Redirects;
using NUnit.Framework;
using nanoFramework.Hardware.Esp32;

namespace Crime.VirtualBoard.Tests.Model;

public sealed class BoardClockTests
{
    [Test]
    public void InstructionsTakeTheirTimeExactly()
    {
        using Board board = TestBoards.Make();
        long elapsedUs = 0;
        TestBoards.Run(board, () =>
        {
            ulong start = HighResTimer.GetCurrent();
            for (int i = 0; i < 100; i++) VirtualCpu.Charge(1000);
            elapsedUs = (long)(HighResTimer.GetCurrent() - start);
        });
        Assert.That(elapsedUs, Is.EqualTo((long)(100_000 * TestBoards.Profile.UsPerIl)));
        Assert.That(board.ExecutedIl, Is.EqualTo(100_000));
    }

    [Test]
    public void ALateHostDoesNotMakeTheBoardSlow()
    {
        using Board board = TestBoards.Make();
        long elapsedUs = 0;
        TestBoards.Run(board, () =>
        {
            ulong start = HighResTimer.GetCurrent();
            VirtualCpu.Charge(1000);
            // The host is busy with something else: no time of the board's.
            Thread.Sleep(50);
            VirtualCpu.Charge(1000);
            elapsedUs = (long)(HighResTimer.GetCurrent() - start);
        });
        Assert.That(elapsedUs, Is.EqualTo((long)(2000 * TestBoards.Profile.UsPerIl)));
    }

    [Test]
    public void ComputingKeepsPaceWithRealTime()
    {
        using Board board = TestBoards.Make();
        var stopwatch = Stopwatch.StartNew();
        TestBoards.Run(board, () =>
        {
            VirtualCpu.Charge((int)(200_000 / TestBoards.Profile.UsPerIl));
            HighResTimer.GetCurrent();
        });
        Assert.That(stopwatch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(195));
    }

    [Test]
    public void SleepTakesExactlyWhatWasAskedOnTheBoardsClock()
    {
        using Board board = TestBoards.Make();
        long elapsedUs = 0;
        TestBoards.Run(board, () =>
        {
            ulong start = HighResTimer.GetCurrent();
            ThreadStandIn.Sleep(25);
            elapsedUs = (long)(HighResTimer.GetCurrent() - start);
        });
        Assert.That(elapsedUs, Is.EqualTo(25_000));
    }

    [Test]
    public void AWaitEndsWhenTheEventIsSetOrTheTimeIsUp()
    {
        using Board board = TestBoards.Make();
        (bool Result, long ElapsedUs) set = default, timedOut = default;
        TestBoards.Run(board, () =>
        {
            var signal = new AutoResetEvent(false);
            Thread other = ThreadStandIn.New(() =>
            {
                ThreadStandIn.Sleep(10);
                EventWaitHandleStandIn.Set(signal);
            });
            ulong start = HighResTimer.GetCurrent();
            ThreadStandIn.Start(other);
            set.Result = WaitHandleStandIn.WaitOne(signal, 5000, false);
            set.ElapsedUs = (long)(HighResTimer.GetCurrent() - start);
            start = HighResTimer.GetCurrent();
            timedOut.Result = WaitHandleStandIn.WaitOne(signal, 15, false);
            timedOut.ElapsedUs = (long)(HighResTimer.GetCurrent() - start);
        });
        Assert.That(set.Result, Is.True);
        // The other thread starts when the host lets it; from then on it is 10 ms to the microsecond.
        Assert.That(set.ElapsedUs, Is.InRange(10_000, 200_000));
        Assert.That(timedOut, Is.EqualTo((false, 15_000L)));
    }

    [Test]
    public void CuttingThePowerEndsTheFirmware()
    {
        Board board = TestBoards.Make();
        Thread thread = board.Run(() =>
        {
            while (true) ThreadStandIn.Sleep(10);
        });
        board.Dispose();
        Assert.That(thread.Join(5000), Is.True);
        Assert.That(board.Crash, Is.Null);
    }

    /// <summary>A wait that returns at once is a loop that keeps a core of the host busy.</summary>
    /// <param name="timeoutUs">Longest wait in µs; negative for none.</param>
    [TestCase(-1L)]
    [TestCase(10_000_000L)]
    public void AThreadThatWaitsLetsTheHostRest(long timeoutUs)
    {
        using var handle = new RecordingHandle();
        Assert.That(new BoardClock(TestBoards.Profile, new EnergyLedger(TestBoards.Profile)).Wait(handle, timeoutUs), Is.True);
        Assert.That(handle.TimeoutsMs, Is.EqualTo(new[] { 100, 100, 100 }));
    }

    /// <summary>An event that is set at its third wait.</summary>
    private sealed class RecordingHandle() : EventWaitHandle(false, EventResetMode.AutoReset)
    {
        public List<int> TimeoutsMs { get; } = [];

        public override bool WaitOne(int millisecondsTimeout)
        {
            TimeoutsMs.Add(millisecondsTimeout);
            return TimeoutsMs.Count == 3;
        }
    }
}

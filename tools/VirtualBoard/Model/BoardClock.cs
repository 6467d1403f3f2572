// The time of a virtual board. The firmware's instructions are counted as they execute and cost what they would cost on the
// board; waiting costs what it really takes. The board's clock stops while the host is late: a busy machine makes an
// experiment longer, never the board slower.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Crime.VirtualBoard.Model;

/// <summary>Clock and single CPU of a board. Times are µs since the board started.</summary>
internal sealed class BoardClock
{
    /// <summary>How much too early the host may put a message on its network, in µs: its timers count milliseconds.</summary>
    public const int HostAheadUs = 1000;

    // How far the CPU may run ahead of real time before its thread is made to wait.
    private const long AheadUs = 1000;

    // Longest time in µs that a thread of the host waits before it looks for a cut of the power.
    private const long MaxLookUs = 100_000;

    // No thread checks for its time slice before it has executed this number of instructions, which keeps the count cheap.
    private const int QuantumCheckIl = 10_000;

    private readonly object _lock = new();
    private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
    private readonly Dictionary<WaitHandle, long> _signalledAtUs = [];
    private readonly EnergyLedger _ledger;
    private readonly double _usPerIl;
    private readonly long _quantumIl;
    private long _slipUs;
    private long _busyUntilUs;
    private double _fractionUs;

    [ThreadStatic]
    private static long t_pendingIl;

    [ThreadStatic]
    private static long t_resumedAtUs;

    /// <summary>Makes the clock of a board that starts now.</summary>
    public BoardClock(BoardProfile profile, EnergyLedger ledger)
    {
        _ledger = ledger;
        _usPerIl = profile.UsPerIl;
        _quantumIl = (long)(profile.ThreadQuantumMs * 1000 / profile.UsPerIl);
    }

    /// <summary>Instructions executed so far.</summary>
    public long ExecutedIl { get; private set; }

    /// <summary>Real time on the board's scale: the stopwatch less the time in which the board stood still.</summary>
    public long RealUs
    {
        get
        {
            lock (_lock) return ElapsedUs - _slipUs;
        }
    }

    private long ElapsedUs => _stopwatch.ElapsedTicks * 1_000_000 / Stopwatch.Frequency;

    /// <summary>The calling thread has executed instructions. Called at every basic block of the firmware.</summary>
    public static void Charge(int instructions)
    {
        t_pendingIl += instructions;
        if (t_pendingIl >= QuantumCheckIl) ExecutingBoard.Current?.Clock.ChargeSlice();
    }

    /// <summary>Time now, after all that the calling thread has executed.</summary>
    public long NowUs() => Settle();

    /// <summary>Waits until the board's clock shows a time.</summary>
    public void SleepUntil(long targetUs)
    {
        Settle();
        while (true)
        {
            ExecutingBoard.Current?.ThrowIfStopped();
            long restUs = targetUs - RealUs;
            if (restUs <= 0) break;
            Thread.Sleep((int)Math.Clamp((restUs + 999) / 1000, 1, MaxLookUs / 1000));
        }
        t_resumedAtUs = targetUs;
    }

    /// <summary>Waits for some time.</summary>
    public void Sleep(long timeUs) => SleepUntil(Settle() + timeUs);

    /// <summary>A native call keeps the CLR, and draws no more than waiting does.</summary>
    public void Occupy(long timeUs)
    {
        long start = Settle();
        lock (_lock)
        {
            t_resumedAtUs = start + timeUs;
            _busyUntilUs = Math.Max(_busyUntilUs, t_resumedAtUs);
        }
        Settle();
    }

    /// <summary>Waits for an event or a time-out, in the board's time.</summary>
    /// <param name="handle">The event.</param>
    /// <param name="timeoutUs">Longest wait; negative for no limit.</param>
    public bool Wait(WaitHandle handle, long timeoutUs)
    {
        long startUs = Settle();
        while (true)
        {
            ExecutingBoard.Current?.ThrowIfStopped();
            // A wait without a limit looks every 100 ms for a cut of the power.
            long restUs = timeoutUs < 0 ? MaxLookUs : startUs + timeoutUs - RealUs;
            if (handle.WaitOne((int)Math.Clamp((restUs + 999) / 1000, 0, MaxLookUs / 1000)))
            {
                lock (_lock) t_resumedAtUs = Math.Max(startUs, _signalledAtUs.GetValueOrDefault(handle, ElapsedUs - _slipUs));
                return true;
            }
            if (restUs > 0) continue;
            t_resumedAtUs = startUs + timeoutUs;
            return false;
        }
    }

    /// <summary>Sets an event and notes when, so that the thread it wakes resumes at that time whenever the host lets it.</summary>
    public bool Signal(EventWaitHandle handle)
    {
        long now = Settle();
        lock (_lock) _signalledAtUs[handle] = now;
        return handle.Set();
    }

    /// <summary>The calling thread has waited for something outside the board: it continues now.</summary>
    public void ResumeNow() => t_resumedAtUs = RealUs;

    /// <summary>The calling thread was woken for something that happened at a time; it may have been busy until later.</summary>
    public void ResumeAt(long atUs) => t_resumedAtUs = Math.Max(t_resumedAtUs, atUs);

    private void ChargeSlice()
    {
        if (t_pendingIl >= _quantumIl) Settle();
    }

    /// <summary>Turns the instructions of the calling thread into time on the board's only CPU.</summary>
    private long Settle()
    {
        ExecutingBoard.Current?.ThrowIfStopped();
        long now;
        lock (_lock)
        {
            long start = Math.Max(_busyUntilUs, t_resumedAtUs);
            double exact = t_pendingIl * _usPerIl + _fractionUs;
            long busyUs = (long)exact;
            _fractionUs = exact - busyUs;
            ExecutedIl += t_pendingIl;
            t_pendingIl = 0;
            now = start + busyUs;
            _busyUntilUs = now;
            t_resumedAtUs = now;
            _ledger.AddCompute(start, now);
            long real = ElapsedUs - _slipUs;
            if (real > now) _slipUs += real - now;
        }
        Pace(now);
        return now;
    }

    private void Pace(long untilUs)
    {
        while (true)
        {
            long aheadUs = untilUs - RealUs;
            if (aheadUs <= AheadUs) return;
            ExecutingBoard.Current?.ThrowIfStopped();
            Thread.Sleep((int)Math.Clamp(aheadUs / 1000, 1, MaxLookUs / 1000));
        }
    }
}

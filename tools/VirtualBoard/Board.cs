// A virtual board: the firmware's own Main on a thread, with flash files in a folder, a serial port that the host reads and
// writes, a radio, and an ESP32's time and energy. Many boards live in one process; each knows itself through the execution
// context, which every thread that the firmware starts inherits.

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard;

/// <summary>The applications that the firmware's source tree builds.</summary>
public enum FirmwareApplication
{
    /// <summary>The product.</summary>
    Gestures,

    /// <summary>Golden vectors and costs. It ends by itself.</summary>
    Bench,
}

/// <summary>Settings of a board.</summary>
public sealed record BoardOptions
{
    /// <summary>Time and energy of the board.</summary>
    public required BoardProfile Profile { get; init; }

    /// <summary>Folder that holds the files of the internal flash (drive I:).</summary>
    public required string FlashFolder { get; init; }

    /// <summary>The application.</summary>
    public FirmwareApplication Application { get; init; } = FirmwareApplication.Gestures;

    /// <summary>Bytes of the managed heap, as the CLR has them before it starts; null for no limit, and nothing is counted then.</summary>
    public int? HeapBytes { get; init; }

    /// <summary>Where within a beacon interval this board's beacons fall, 0 to 1.</summary>
    public double BeaconPhase { get; init; }

    /// <summary>Conditions of the link, changed while the board runs.</summary>
    public LinkConditions Link { get; init; } = new();

    /// <summary>Devices on the I2C bus by address.</summary>
    public IReadOnlyDictionary<int, Func<Board, II2cPeripheral>> I2cPeripherals { get; init; } =
        new Dictionary<int, Func<Board, II2cPeripheral>>();
}

/// <summary>A device on the virtual I2C bus.</summary>
public interface II2cPeripheral
{
    /// <summary>The board has written bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>The board reads bytes.</summary>
    void Read(Span<byte> bytes);
}

/// <summary>States of a board's radio.</summary>
internal enum RadioState
{
    /// <summary>It is off.</summary>
    Off,

    /// <summary>It joins a network.</summary>
    Associating,

    /// <summary>It listens after it has sent or received, and dozes between beacons.</summary>
    Associated,
}

/// <summary>A running virtual board.</summary>
public sealed class Board : IDisposable
{
    /// <summary>No thread checks for its time slice before it has executed so many instructions: it keeps the count cheap.</summary>
    internal const int QuantumCheckIl = 10_000;

    private static readonly AsyncLocal<Board?> s_current = new();
    private static readonly AsyncLocal<int> s_boot = new();

    private readonly EnergyLedger _ledger;
    private readonly Dictionary<int, II2cPeripheral> _peripherals = [];
    private volatile bool _isStopped;
    private volatile int _boot;
    private Exception? _crash;

    /// <summary>Makes a board; <see cref="Start"/> powers it.</summary>
    public Board(BoardOptions options)
    {
        Options = options;
        Directory.CreateDirectory(options.FlashFolder);
        _ledger = new EnergyLedger(options.Profile);
        Clock = new BoardClock(options.Profile, _ledger);
        Radio = new Radio(options.Profile, Clock, _ledger, options.Link, options.BeaconPhase);
        if (options.HeapBytes is { } limit) Heap = new BoardHeap(limit);
        Assemblies = new LoadedAssemblies(this);
        foreach (var (address, create) in options.I2cPeripherals) _peripherals[address] = create(this);
    }

    /// <summary>The board that the calling firmware thread belongs to.</summary>
    internal static Board? Current => s_current.Value;

    /// <summary>The same, for members of the device's libraries, which nothing else may call.</summary>
    internal static Board Running =>
        s_current.Value ?? throw new InvalidOperationException("only firmware on a virtual board can call this member");

    /// <summary>The settings of the board.</summary>
    public BoardOptions Options { get; }

    /// <summary>The board's serial line, seen from the host.</summary>
    public SerialLine Serial { get; } = new();

    /// <summary>Time since the start in µs, on the board's clock.</summary>
    public long UptimeUs => Clock.RealUs;

    /// <summary>IL instructions executed so far.</summary>
    public long ExecutedIl => Clock.ExecutedIl;

    /// <summary>Energy spent since the start in µJ.</summary>
    /// <remarks>The firmware reads it at its own time, which does not depend on how late the host runs its thread.</remarks>
    public double EnergyUj => _ledger.EnergyUj(NowUs);

    /// <summary>Exception that ended the firmware; null while it runs.</summary>
    public Exception? Crash => _crash;

    /// <summary>Set when the firmware asked for a reboot; the host decides.</summary>
    public ManualResetEventSlim RebootRequested { get; } = new();

    internal BoardClock Clock { get; }

    internal Radio Radio { get; }

    internal BoardHeap? Heap { get; }

    internal LoadedAssemblies Assemblies { get; }

    /// <summary>Collects, and returns the free bytes of the managed heap; those of the whole heap when it has no limit.</summary>
    internal int CollectHeap() => Heap?.Collect() ?? BoardHardware.UnlimitedHeapBytes;

    /// <summary>Takes heap from the running firmware, as a fragmented heap does, until the result is disposed or the board restarts.</summary>
    /// <param name="restBytes">Bytes that stay free.</param>
    /// <exception cref="InvalidOperationException">The board's heap has no limit.</exception>
    public IDisposable OccupyHeap(int restBytes) => Heap?.Occupy(restBytes) ?? throw new InvalidOperationException("the board's heap has no limit");

    /// <summary>Least bytes of the managed heap that were free after a collection, as the CLR counts; null when the heap has no limit.</summary>
    public int? LeastFreeHeapBytes => Heap?.LeastFree;

    /// <summary>When the firmware was started, on the clock of the board's whole life.</summary>
    internal long BootedAtUs { get; private set; }

    /// <summary>How long the next sleep takes, in µs.</summary>
    internal long SleepTimerUs { get; set; }

    /// <summary>True when the firmware was started by the timer of a deep sleep.</summary>
    internal bool HasWokenByTimer { get; private set; }

    /// <summary>Deep sleeps so far.</summary>
    public int DeepSleeps => _boot;

    /// <summary>Mean power in mW over a time not longer ago than a second, as a sensor in the supply line sees it.</summary>
    /// <param name="fromUs">Its start, on the board's clock.</param>
    /// <param name="untilUs">Its end.</param>
    public double MeanPowerMw(long fromUs, long untilUs) => _ledger.MeanPowerMw(fromUs, untilUs);

    /// <summary>The board's time: that of the calling firmware, or else the time that has passed.</summary>
    public long NowUs => Current == this ? Clock.NowUs() : Clock.RealUs;

    /// <summary>The board's pins, seen from outside.</summary>
    public PinBank Pins { get; } = new();

    /// <summary>Powers the board: runs the firmware's Main on a thread of its own.</summary>
    public void Start() => Run(FirmwareImage.Get(Options.Profile).Main(Options.Application));

    /// <summary>Runs any code as if it were this board's firmware.</summary>
    /// <param name="main">The code.</param>
    /// <returns>Its thread.</returns>
    public Thread Run(Action main)
    {
        var thread = new Thread(() =>
        {
            Enter();
            Clock.ResumeNow();
            Guard(main);
        })
        {
            IsBackground = true,
            Name = "board",
        };
        thread.Start();
        return thread;
    }

    /// <summary>Cuts the power: every thread of the firmware ends at the next thing it asks of the board.</summary>
    public void Dispose()
    {
        _isStopped = true;
        Serial.Close();
        Stopping?.Invoke();
        Heap?.Dispose();
    }

    /// <summary>Raised when the power is cut, for what the device's libraries hold open.</summary>
    internal event Action? Stopping;

    internal II2cPeripheral? Peripheral(int address) => _peripherals.GetValueOrDefault(address);

    internal void ThrowIfStopped()
    {
        if (_isStopped || s_boot.Value != _boot) throw new PowerOffException();
    }

    internal void SetRadio(RadioState state, long nowUs) => _ledger.SetFloor(
        nowUs,
        state switch
        {
            RadioState.Off => Options.Profile.RadioOffMw,
            RadioState.Associating => Options.Profile.AssociateMw,
            _ => Options.Profile.WaitMw,
        },
        canListen: state == RadioState.Associated);

    /// <summary>No thread runs until the timer; the radio, which the firmware has switched off, stays off.</summary>
    internal void LightSleep()
    {
        _ledger.SetFloor(Clock.NowUs(), Options.Profile.LightSleepMw);
        Clock.Occupy(SleepTimerUs);
        SetRadio(RadioState.Off, Clock.NowUs());
    }

    /// <summary>Ends all threads of the firmware and starts its Main again when the timer is up; the flash is what it was.</summary>
    internal void DeepSleep()
    {
        long asleepUs = Clock.NowUs(), awakeUs = asleepUs + SleepTimerUs;
        _ledger.SetFloor(asleepUs, Options.Profile.DeepSleepMw);
        _boot++;
        Action? stopping = Stopping;
        Stopping = null;
        stopping?.Invoke();
        Assemblies.Restart();
        Heap?.Restart();
        Run(() => WakeAt(awakeUs));
        throw new PowerOffException();
    }

    private void WakeAt(long awakeUs)
    {
        Clock.SleepUntil(awakeUs);
        _ledger.SetFloor(awakeUs, Options.Profile.ComputeMw);
        Clock.Sleep((long)(Options.Profile.BootMs * 1000));
        SetRadio(RadioState.Off, Clock.NowUs());
        BootedAtUs = awakeUs;
        HasWokenByTimer = true;
        FirmwareImage.Get(Options.Profile).Main(Options.Application)();
    }

    /// <summary>From here on the calling thread is one of the firmware.</summary>
    private void Enter()
    {
        s_current.Value = this;
        s_boot.Value = _boot;
    }

    /// <summary>Runs firmware code and keeps what ends it.</summary>
    internal void Guard(Action code)
    {
        try
        {
            code();
        }
        catch (PowerOffException)
        {
            // The host has cut the power.
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>
    /// Ends the board as a fault of the CLR itself does: no handler of the firmware stops it. Every thread ends at the next thing it asks of
    /// the board.
    /// </summary>
    /// <param name="fault">What happened.</param>
    internal void EndBy(Exception fault)
    {
        Fail(fault);
        _isStopped = true;
        throw new PowerOffException();
    }

    private void Fail(Exception fault)
    {
        _crash ??= fault;
        Serial.FromBoard("CRASH " + fault.GetType().FullName + ": " + fault.Message + "\r\n");
        Serial.Close();
    }
}

/// <summary>Unwinds the firmware's threads when the power is cut.</summary>
internal sealed class PowerOffException : Exception;

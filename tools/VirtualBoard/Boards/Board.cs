// A virtual board: it runs the firmware's own Main on a thread. It has flash files in a folder, a serial port that the host reads and
// writes, a radio, and the time and energy of an ESP32. One process runs many boards; the execution context of a firmware thread
// names its board, and every thread that the firmware starts inherits it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard.Boards;

/// <summary>Settings of a board.</summary>
public sealed record BoardOptions
{
    /// <summary>Profile with the times and powers of the board.</summary>
    public required BoardProfile Profile { get; init; }

    /// <summary>Folder with the files of the internal flash (drive I:).</summary>
    public required string FlashFolder { get; init; }

    /// <summary>The application that the board runs.</summary>
    public FirmwareApplication Application { get; init; } = FirmwareApplication.Gestures;

    /// <summary>Managed heap in bytes before the CLR starts; null for a heap without a limit, which is not counted.</summary>
    public int? HeapBytes { get; init; }

    /// <summary>Phase of the beacons within a beacon interval, 0 to 1.</summary>
    public double BeaconPhase { get; init; }

    /// <summary>Time of day at the start. The epoch stands for a clock that nobody has set.</summary>
    public DateTime StartUtc { get; init; } = DateTime.UnixEpoch;

    /// <summary>MAC address of the board's radio, six bytes; null for one that follows from the path of <see cref="FlashFolder"/>.</summary>
    public byte[]? MacAddress { get; init; }

    /// <summary>Conditions of the link, changed while the board runs.</summary>
    public LinkConditions Link { get; init; } = new();

    /// <summary>Devices on the I2C bus by address.</summary>
    public IReadOnlyDictionary<int, Func<Board, II2cPeripheral>> I2cPeripherals { get; init; } =
        new Dictionary<int, Func<Board, II2cPeripheral>>();

    /// <summary>Values of the ADC by channel, as functions of the time in µs on the board's clock; 0 for all other channels.</summary>
    public IReadOnlyDictionary<int, Func<long, int>> AdcChannels { get; init; } = new Dictionary<int, Func<long, int>>();

    /// <summary>Senders at serial ports by the name of the port. A port without one is the console.</summary>
    public IReadOnlyDictionary<string, ISerialSource> SerialSources { get; init; } = new Dictionary<string, ISerialSource>();
}

/// <summary>A device on the virtual I2C bus.</summary>
public interface II2cPeripheral
{
    /// <summary>Receives bytes that the board writes.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Fills the bytes that the board reads.</summary>
    void Read(Span<byte> bytes);
}

/// <summary>States of a board's radio.</summary>
internal enum RadioState
{
    /// <summary>The radio is off.</summary>
    Off,

    /// <summary>The radio joins a network.</summary>
    Associating,

    /// <summary>The radio is in modem sleep: it listens after each message, and otherwise at beacons only.</summary>
    Associated,
}

/// <summary>A running virtual board.</summary>
public sealed class Board : IDisposable, IExecutingBoard
{
    private static readonly AsyncLocal<int> s_boot = new();

    private readonly EnergyLedger _ledger;
    private readonly Dictionary<int, II2cPeripheral> _peripherals = [];
    private volatile bool _isStopped;
    private volatile int _boot;
    private Exception? _crash;

    /// <summary>Creates a board; <see cref="Start"/> turns it on.</summary>
    public Board(BoardOptions options)
    {
        Options = options;
        Directory.CreateDirectory(options.FlashFolder);
        _ledger = new EnergyLedger(options.Profile);
        Clock = new BoardClock(options.Profile, _ledger);
        Radio = new Radio(options.Profile, Clock, _ledger, options.Link, options.BeaconPhase);
        if (options.HeapBytes is { } limit) Heap = new BoardHeap(limit, AssemblyTables.SizeBytes(options.Application));
        Assemblies = new LoadedAssemblies(this);
        foreach (var (address, create) in options.I2cPeripherals) _peripherals[address] = create(this);
    }

    /// <summary>The board that the calling firmware thread belongs to.</summary>
    internal static Board? Current => (Board?)ExecutingBoard.Current;

    /// <summary>The board of the calling firmware thread, for members of the device libraries, which only firmware may call.</summary>
    internal static Board Running =>
        Current ?? throw new InvalidOperationException("only firmware on a virtual board can call this member");

    /// <summary>The settings of the board.</summary>
    public BoardOptions Options { get; }

    /// <summary>The host end of the serial line.</summary>
    public SerialLine Serial { get; } = new();

    /// <summary>Time since the start in µs, on the board's clock.</summary>
    public long UptimeUs => Clock.RealUs;

    /// <summary>IL instructions executed so far.</summary>
    public long ExecutedIl => Clock.ExecutedIl;

    /// <summary>Energy since the start in µJ.</summary>
    /// <remarks>A firmware thread reads the energy at its own time, which does not depend on delays of the host.</remarks>
    public double EnergyUj => _ledger.EnergyUj(NowUs);

    /// <summary>Exception that ended the firmware; null while it runs.</summary>
    public Exception? Crash => _crash;

    /// <summary>Set when the firmware asked for a reboot; the host decides.</summary>
    public ManualResetEventSlim RebootRequested { get; } = new();

    internal BoardClock Clock { get; }

    internal Radio Radio { get; }

    internal BoardHeap? Heap { get; }

    internal LoadedAssemblies Assemblies { get; }

    /// <summary>Collects and returns the free bytes of the managed heap, or its full size if it has no limit.</summary>
    internal int CollectHeap() => Heap?.Collect() ?? BoardHardware.UnlimitedHeapBytes;

    /// <summary>Takes heap from the running firmware, as a fragmented heap does, until the result is disposed or the board restarts.</summary>
    /// <param name="restBytes">Bytes that stay free.</param>
    /// <exception cref="InvalidOperationException">The board's heap has no limit.</exception>
    public IDisposable OccupyHeap(int restBytes) => Heap?.Occupy(restBytes) ?? throw new InvalidOperationException("the board's heap has no limit");

    BoardProfile IExecutingBoard.Profile => Options.Profile;

    BoardClock IExecutingBoard.Clock => Clock;

    BoardHeap? IExecutingBoard.Heap => Heap;

    void IExecutingBoard.ThrowIfStopped() => ThrowIfStopped();

    void IExecutingBoard.EndBy(Exception fault) => EndBy(fault);

    /// <summary>Least bytes of the managed heap that were free after a collection, as the CLR counts; null when the heap has no limit.</summary>
    public int? LeastFreeHeapBytes => Heap?.LeastFree;

    /// <summary>Time at which the firmware started, in µs on the board's clock.</summary>
    internal long BootedAtUs { get; private set; }

    /// <summary>Duration of the next sleep in µs.</summary>
    internal long SleepTimerUs { get; set; }

    /// <summary>True after a wake-up by the timer of a deep sleep.</summary>
    internal bool HasWokenByTimer { get; private set; }

    /// <summary>Deep sleeps so far.</summary>
    public int DeepSleeps => _boot;

    /// <summary>Returns the mean power in mW in the supply line over an interval within the last second.</summary>
    /// <param name="fromUs">Start in µs on the board's clock.</param>
    /// <param name="untilUs">End in µs on the board's clock.</param>
    public double MeanPowerMw(long fromUs, long untilUs) => _ledger.MeanPowerMw(fromUs, untilUs);

    /// <summary>Time in µs on the board's clock: for firmware the time of the calling thread, otherwise the elapsed time.</summary>
    public long NowUs => Current == this ? Clock.NowUs() : Clock.RealUs;

    /// <summary>The pins, as external circuits see them.</summary>
    public PinBank Pins { get; } = new();

    /// <summary>Turns the board on: runs the Main of the firmware on a new thread.</summary>
    public void Start() => Run(FirmwareImage.Get(Options.Profile).Main(Options.Application));

    /// <summary>Runs code as firmware of this board.</summary>
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

    /// <summary>Cuts the power. Every firmware thread ends at its next call of the board.</summary>
    public void Dispose()
    {
        _isStopped = true;
        Serial.Close();
        Stopping?.Invoke();
        Heap?.Dispose();
    }

    /// <summary>Raised when the power is cut, so that the device libraries close their connections.</summary>
    internal event Action? Stopping;

    internal II2cPeripheral? Peripheral(int address) => _peripherals.GetValueOrDefault(address);

    internal int AdcValue(int channel, long nowUs) => Options.AdcChannels.TryGetValue(channel, out Func<long, int>? value) ? value(nowUs) : 0;

    internal ISerialSource? SerialSource(string port) => Options.SerialSources.GetValueOrDefault(port);

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

    /// <summary>Stops all threads until the timer expires. The radio stays off.</summary>
    internal void LightSleep()
    {
        _ledger.SetFloor(Clock.NowUs(), Options.Profile.LightSleepMw);
        Clock.Occupy(SleepTimerUs);
        SetRadio(RadioState.Off, Clock.NowUs());
    }

    /// <summary>Ends all firmware threads and starts Main again when the timer expires. The flash keeps its files.</summary>
    internal void DeepSleep()
    {
        long asleepUs = Clock.NowUs(), awakeUs = asleepUs + SleepTimerUs;
        _ledger.SetFloor(asleepUs, Options.Profile.DeepSleepMw);
        _boot++;
        Action? stopping = Stopping;
        Stopping = null;
        stopping?.Invoke();
        Assemblies.Restart();
        Pins.Restart();
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

    /// <summary>Makes the calling thread a firmware thread of this board.</summary>
    private void Enter()
    {
        ExecutingBoard.Current = this;
        s_boot.Value = _boot;
    }

    /// <summary>Runs firmware code and records the exception that ends it.</summary>
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
    /// Ends the board as a fault of the CLR does: no handler of the firmware catches it. Every firmware thread ends at its next call of the
    /// board.
    /// </summary>
    /// <param name="fault">The fault.</param>
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

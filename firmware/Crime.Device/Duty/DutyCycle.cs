// The duty-cycled mode. The radio is off between inputs and comes up only for an input that the mapping offloads. The board sleeps until
// the next input is due.

using System;
using System.Threading;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Node;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device.Duty;

/// <summary>Switches the radio and puts the board to sleep. Called by the main thread only.</summary>
internal sealed class DutyCycle
{
    /// <summary>Longest time to wait for the radio to go off, in µs; one that is just joining a network takes its time.</summary>
    public const int TakeDownLimitUs = 5_000_000;

    private const int PollMs = 20;

    private readonly BoardSettings _settings;
    private readonly LinkKeeper _link;
    private readonly InputFlow _flow;

    /// <summary>Makes the cycle of a board.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="link">Switches the radio.</param>
    /// <param name="flow">Decides when the radio is on.</param>
    public DutyCycle(BoardSettings settings, LinkKeeper link, InputFlow flow)
    {
        _settings = settings;
        _link = link;
        _flow = flow;
    }

    /// <summary>Notes that the radio comes up at the start of a board with a model.</summary>
    public void OnStart() => _flow.Radio.Wake(Clock.NowUs());

    /// <summary>Counts the energy of the radio that came up at the start, like that of any other wake that no input needed.</summary>
    public void OnStarted()
    {
        if (!_flow.Radio.IsWaking) return;
        long nowUs = Clock.NowUs();
        _flow.Radio.Poll(nowUs);
        _flow.Wakes.OnDone(nowUs);
    }

    /// <summary>Switches the radio off, if it is on. Now and then it comes up before, to learn of new gateways.</summary>
    public void TakeDown()
    {
        OnStarted();
        long nowUs = Clock.NowUs();
        if (_flow.Wakes.IsDue(nowUs))
        {
            _link.SetWanted(true);
            for (_flow.Radio.Wake(nowUs); _flow.Radio.Poll(nowUs) == WakeState.Waking; nowUs = Clock.NowUs()) Thread.Sleep(PollMs);
            _flow.Wakes.OnDone(nowUs);
        }
        _flow.Radio.OnDown(nowUs);
        _link.SetWanted(false);
        for (long startUs = nowUs; !_link.IsOff && Clock.NowUs() - startUs < TakeDownLimitUs;) Thread.Sleep(PollMs);
    }

    /// <summary>Sleeps as the settings say. Deep sleep does not come back: the board starts anew.</summary>
    /// <param name="timeMs">Time in ms.</param>
    public void Rest(int timeMs)
    {
        if (_settings.Sleep == SleepMode.None)
        {
            Thread.Sleep(timeMs);
            return;
        }
        Sleep.EnableWakeupByTimer(new TimeSpan(timeMs * TimeSpan.TicksPerMillisecond));
        if (_settings.Sleep == SleepMode.Light) Sleep.StartLightSleep();
        else Sleep.StartDeepSleep();
    }
}

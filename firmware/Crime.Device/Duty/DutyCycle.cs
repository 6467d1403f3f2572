// The duty-cycled mode. The radio is off between inputs and comes up only for an input that the mapping offloads. The board sleeps until
// the next input is due.

using System;
using System.Threading;
using Crime.Costs;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Mapping;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device.Duty;

/// <summary>Switches the radio and puts the board to sleep. Called by the main thread only.</summary>
public sealed class DutyCycle
{
    /// <summary>Longest time to wait for a gateway after the radio was asked to come up, in µs.</summary>
    public const int BringUpLimitUs = 15_000_000;

    /// <summary>Longest time to wait for the radio to go off, in µs; one that is just joining a network takes its time.</summary>
    public const int TakeDownLimitUs = 5_000_000;

    /// <summary>The radio comes up at least this often, in µs, to receive the statuses of new gateways: 10 minutes.</summary>
    public const int RefreshUs = 600_000_000;

    private const int PollMs = 20;

    private readonly BoardSettings _settings;
    private readonly LinkKeeper _link;
    private MappingEngine _engine;
    private long _upAtUs;

    /// <summary>Makes the cycle of a board.</summary>
    public DutyCycle(BoardSettings settings, LinkKeeper link)
    {
        _settings = settings;
        _link = link;
        RadioUp = new RadioCost(settings.RadioUpMs * 1000, settings.RadioUpMw);
    }

    /// <summary>Cost of bringing the radio up, updated each time it comes up.</summary>
    public RadioCost RadioUp { get; }

    /// <summary>Time since the radio was last up in µs.</summary>
    public long RadioOffUs => Clock.NowUs() - _upAtUs;

    /// <summary>Sets the engine that decides when the radio comes up.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="radioOffUs">Time since the radio was last up, where that was before a sleep.</param>
    public void Use(MappingEngine engine, long radioOffUs)
    {
        _engine = engine;
        _upAtUs = Clock.NowUs() - radioOffUs;
    }

    /// <summary>Releases the engine: its memory is needed for another one.</summary>
    public void ReleaseEngine() => _engine = null;

    /// <summary>Brings the radio up and waits until a gateway answers.</summary>
    /// <param name="timeline">Receives the time.</param>
    /// <returns>False when none answered in time.</returns>
    public bool BringUp(RadioTimeline timeline)
    {
        long startUs = Clock.NowUs();
        _engine.OnRadioUp(startUs);
        _link.SetWanted(true);
        bool isUp = false;
        while (!isUp && Clock.NowUs() - startUs < BringUpLimitUs)
        {
            Thread.Sleep(PollMs);
            isUp = _engine.HasUsableGateway(Clock.NowUs());
        }
        long elapsedUs = Clock.NowUs() - startUs;
        timeline.WakeUs += elapsedUs;
        if (isUp) RadioUp.Observe(elapsedUs);
        return isUp;
    }

    /// <summary>Switches the radio off, if it is on.</summary>
    public void TakeDown()
    {
        if (_engine.IsRadioOff)
        {
            if (RadioOffUs < RefreshUs) return;
            BringUp(new RadioTimeline());
        }
        _engine.OnRadioDown(RadioUp, Clock.NowUs());
        _upAtUs = Clock.NowUs();
        _link.SetWanted(false);
        for (long startUs = _upAtUs; !_link.IsOff && Clock.NowUs() - startUs < TakeDownLimitUs;) Thread.Sleep(PollMs);
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

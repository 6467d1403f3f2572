// The board's clocks: microseconds since start, and the time of day where the network has set it.

using System;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device;

/// <summary>Monotonic time, and the time of day.</summary>
internal static class Clock
{
    // A clock that nobody has set starts long before the firmware was written.
    private const int FirstYear = 2024;

    /// <summary>Microseconds since the board started.</summary>
    public static long NowUs() => (long)HighResTimer.GetCurrent();

    /// <summary>Time of day in s since 1970; 0 where the clock is not set.</summary>
    public static uint UtcSeconds()
    {
        DateTime now = DateTime.UtcNow;
        return now.Year < FirstYear ? 0 : (uint)((now.Ticks - DateTime.UnixEpoch.Ticks) / (TimeSpan.TicksPerMillisecond * 1000));
    }
}

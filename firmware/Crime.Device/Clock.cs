// The board's clock: microseconds since start.

using nanoFramework.Hardware.Esp32;

namespace Crime.Device;

/// <summary>Monotonic time.</summary>
public static class Clock
{
    /// <summary>Microseconds since the board started.</summary>
    public static long NowUs() => (long)HighResTimer.GetCurrent();
}

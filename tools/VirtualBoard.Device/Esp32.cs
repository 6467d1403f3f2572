// nanoFramework.Hardware.Esp32: pins, the high-resolution timer and sleep.

using Crime.VirtualBoard.Boards;

namespace nanoFramework.Hardware.Esp32;

/// <summary>Functions that a pin can be given.</summary>
public enum DeviceFunction
{
    /// <summary>Data line of the first I2C bus.</summary>
    I2C1_DATA = 0x20100,

    /// <summary>Clock line of the first I2C bus.</summary>
    I2C1_CLOCK = 0x20101,

    /// <summary>Transmit line of COM2.</summary>
    COM2_TX = 0x30200,

    /// <summary>Receive line of COM2.</summary>
    COM2_RX = 0x30201,

    /// <summary>Transmit line of COM3.</summary>
    COM3_TX = 0x30300,

    /// <summary>Receive line of COM3.</summary>
    COM3_RX = 0x30301,
}

/// <summary>Pin functions.</summary>
public class Configuration
{
    private Configuration()
    {
    }

    /// <summary>Gives a pin a function.</summary>
    public static void SetPinFunction(int pin, DeviceFunction value)
    {
        // GPIO 34 to 39 of the ESP32 are inputs only.
        if (pin is < 0 or > 39 || (pin >= 34 && value is DeviceFunction.COM2_TX or DeviceFunction.COM3_TX))
            throw new System.ArgumentException($"pin {pin} cannot be {value}");
    }
}

/// <summary>The high-resolution timer.</summary>
public class HighResTimer
{
    private HighResTimer()
    {
    }

    /// <summary>Microseconds since the start.</summary>
    public static ulong GetCurrent() => (ulong)(Board.Running.Clock.NowUs() - Board.Running.BootedAtUs);
}

/// <summary>Sleep.</summary>
public class Sleep
{
    /// <summary>Why the board is awake.</summary>
    public enum WakeupCause
    {
        /// <summary>It was switched on or reset.</summary>
        Undefined = 0,

        /// <summary>The timer.</summary>
        Timer = 4,
    }

    private Sleep()
    {
    }

    /// <summary>Sets the timer for the next sleep.</summary>
    public static EspNativeError EnableWakeupByTimer(System.TimeSpan time)
    {
        Board.Running.SleepTimerUs = time.Ticks / System.TimeSpan.TicksPerMicrosecond;
        return EspNativeError.OK;
    }

    /// <summary>Sleeps with the memory kept, until the timer.</summary>
    public static WakeupCause StartLightSleep()
    {
        Board.Running.LightSleep();
        return WakeupCause.Timer;
    }

    /// <summary>Sleeps until the timer and starts anew; the caller never returns.</summary>
    public static void StartDeepSleep() => Board.Running.DeepSleep();

    /// <summary>Why the board is awake.</summary>
    public static WakeupCause GetWakeupCause() => Board.Running.HasWokenByTimer ? WakeupCause.Timer : WakeupCause.Undefined;
}

/// <summary>Outcome of a native call.</summary>
public enum EspNativeError
{
    /// <summary>It succeeded.</summary>
    OK = 0,
}

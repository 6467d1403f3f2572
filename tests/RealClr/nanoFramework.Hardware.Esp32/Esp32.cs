// Stand-in for the ESP32 on a host: pin functions have no effect, the timer is the clock of the host, and sleep blocks the thread.

using System;
using System.Threading;

namespace nanoFramework.Hardware.Esp32
{
    /// <summary>Result of a native call.</summary>
    public enum EspNativeError
    {
        /// <summary>The call succeeded.</summary>
        OK = 0,
    }

    /// <summary>Functions of a pin.</summary>
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

    /// <summary>Pin functions. Setting one has no effect.</summary>
    public static class Configuration
    {
        /// <summary>Assigns a function to a pin.</summary>
        public static void SetPinFunction(int pin, DeviceFunction function)
        {
        }
    }

    /// <summary>The high-resolution timer.</summary>
    public static class HighResTimer
    {
        private static readonly long s_startTicks = DateTime.UtcNow.Ticks;

        /// <summary>Returns the time since the start in µs.</summary>
        public static ulong GetCurrent() => (ulong)((DateTime.UtcNow.Ticks - s_startTicks) / 10);
    }

    /// <summary>Native memory. The figures are constants of the size that an ESP32 without PSRAM has.</summary>
    public static class NativeMemory
    {
        private const uint InternalSizeBytes = 320_000;
        private const uint InternalFreeBytes = 150_000;
        private const uint LargestBlockBytes = 110_000;

        /// <summary>Kinds of memory.</summary>
        public enum MemoryType
        {
            /// <summary>All memory.</summary>
            All = 0,

            /// <summary>Memory inside the chip.</summary>
            Internal = 1,

            /// <summary>Memory outside the chip. The stand-in has none.</summary>
            SpiRam = 2,
        }

        /// <summary>Returns the size, the free size and the largest free block in bytes.</summary>
        public static bool GetMemoryInfo(MemoryType memoryType, out uint totalSize, out uint totalFreeSize, out uint largestFreeBlock)
        {
            bool isInternal = memoryType != MemoryType.SpiRam;
            totalSize = isInternal ? InternalSizeBytes : 0;
            totalFreeSize = isInternal ? InternalFreeBytes : 0;
            largestFreeBlock = isInternal ? LargestBlockBytes : 0;
            return true;
        }
    }

    /// <summary>Sleep modes.</summary>
    public static class Sleep
    {
        private static int s_timerMs;

        /// <summary>Reasons for a start or a wake-up.</summary>
        public enum WakeupCause
        {
            /// <summary>Power-on or reset.</summary>
            Undefined = 0,

            /// <summary>The timer expired.</summary>
            Timer = 4,
        }

        /// <summary>Sets the timer for the next sleep.</summary>
        public static EspNativeError EnableWakeupByTimer(TimeSpan time)
        {
            s_timerMs = (int)(time.Ticks / TimeSpan.TicksPerMillisecond);
            return EspNativeError.OK;
        }

        /// <summary>Blocks the calling thread until the timer expires. Other threads and sockets continue, unlike on a board.</summary>
        public static WakeupCause StartLightSleep()
        {
            Thread.Sleep(s_timerMs);
            return WakeupCause.Timer;
        }

        /// <summary>Prints a line and blocks the calling thread for ever: the stand-in cannot restart the CLR.</summary>
        public static void StartDeepSleep()
        {
            Console.WriteLine("stand-in: deep sleep for " + s_timerMs.ToString() + " ms ends this run");
            Thread.Sleep(Timeout.Infinite);
        }

        /// <summary>Returns the reason for the last start: always power-on.</summary>
        public static WakeupCause GetWakeupCause() => WakeupCause.Undefined;
    }
}

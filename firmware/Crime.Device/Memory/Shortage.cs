// Names the parts of the firmware in which memory can run out. The names are numbers, because there may be no memory for a string then.

namespace Crime.Device.Memory;

/// <summary>Parts of the firmware that ask for memory.</summary>
internal enum Shortage
{
    /// <summary>Memory has not run out.</summary>
    None = 0,

    /// <summary>The main thread.</summary>
    Application = 1,

    /// <summary>A model that was to be used.</summary>
    Model = 2,

    /// <summary>A kernel package that was to be downloaded or loaded.</summary>
    Package = 3,

    /// <summary>The download of a model.</summary>
    Download = 4,

    /// <summary>Joining the Wi-Fi.</summary>
    Wifi = 5,

    /// <summary>The connection to the broker.</summary>
    Mqtt = 6,

    /// <summary>A received message.</summary>
    Message = 7,

    /// <summary>A thread in the background.</summary>
    Background = 8,
}

/// <summary>Names of <see cref="Shortage"/> for the console (the board's CLR prints an enum as a number).</summary>
internal static class Shortages
{
    /// <summary>Returns the name.</summary>
    /// <param name="shortage">The part of the firmware.</param>
    public static string NameOf(Shortage shortage)
    {
        switch (shortage)
        {
            case Shortage.Application: return "application";
            case Shortage.Model: return "model";
            case Shortage.Package: return "kernel-package";
            case Shortage.Download: return "download";
            case Shortage.Wifi: return "wifi";
            case Shortage.Mqtt: return "mqtt";
            case Shortage.Message: return "message";
            case Shortage.Background: return "background";
            default: return "-";
        }
    }
}

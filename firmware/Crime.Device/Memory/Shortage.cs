// The parts of the firmware that can be refused memory. A number, because where memory ran out there may be none for a string.

namespace Crime.Device.Memory;

/// <summary>What was refused memory.</summary>
public enum Shortage
{
    /// <summary>Nothing yet.</summary>
    None = 0,

    /// <summary>The main thread outside an inference.</summary>
    Application = 1,

    /// <summary>An inference.</summary>
    Inference = 2,

    /// <summary>A model that was to be used.</summary>
    Model = 3,

    /// <summary>A kernel package that was to be downloaded or loaded.</summary>
    Package = 4,

    /// <summary>The download of a model.</summary>
    Download = 5,

    /// <summary>Joining the Wi-Fi.</summary>
    Wifi = 6,

    /// <summary>The connection to the broker.</summary>
    Mqtt = 7,

    /// <summary>A message that came.</summary>
    Message = 8,

    /// <summary>A thread in the background.</summary>
    Background = 9,
}

/// <summary>Names of <see cref="Shortage"/> for the console (the board's CLR prints an enum as a number).</summary>
public static class Shortages
{
    /// <summary>Returns the name.</summary>
    /// <param name="shortage">What was refused memory.</param>
    public static string NameOf(Shortage shortage)
    {
        switch (shortage)
        {
            case Shortage.Application: return "application";
            case Shortage.Inference: return "inference";
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

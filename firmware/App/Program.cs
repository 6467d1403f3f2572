// The device's entry point.

namespace Crime.Firmware.App;

/// <summary>Starts the board.</summary>
public static class Program
{
    /// <summary>Runs for ever.</summary>
    public static void Main() => new Board().Run();
}

// A board with an INA219 that measures another board: docs/device.md, "A second board as meter".

using Crime.Device.Library;

namespace Crime.Meter;

/// <summary>Starts the meter.</summary>
public static class Program
{
    /// <summary>Runs for ever. The settings in I:\crime.cfg name the pin and the sensor.</summary>
    public static void Main() => BoardProgram.RunMeter();
}

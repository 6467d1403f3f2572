// The device's entry point.

using Crime.Device.Library;

namespace Crime.Gestures;

/// <summary>Starts the board.</summary>
public static class Program
{
    /// <summary>Runs for ever: the settings in I:\crime.cfg say as what.</summary>
    public static void Main() => BoardProgram.Run(BundledKernels.All());
}

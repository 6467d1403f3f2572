// The device's entry point.

using System.Collections;
using Crime.Device.App;
using Crime.Device.Sensors;
using Crime.Device.Settings;

namespace Crime.Gestures;

/// <summary>Starts the board.</summary>
public static class Program
{
    /// <summary>Runs for ever.</summary>
    public static void Main()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Load(remarks);
        if (settings.Role == BoardRole.Meter)
        {
            new MeterBoard(settings, remarks).Run();
            return;
        }
        ISensor sensor = SensorFactory.Create(settings, out string problem);
        if (problem != null) remarks.Add(problem);
        new Board(settings, remarks, BundledKernels.All(), sensor).Run();
    }
}

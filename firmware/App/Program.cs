// The device's entry point.

using System.Collections;
using Crime.Firmware.Settings;

namespace Crime.Firmware.App;

/// <summary>Starts the board.</summary>
public static class Program
{
    /// <summary>Runs for ever.</summary>
    public static void Main()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Load(remarks);
        if (settings.Role == BoardRole.Meter) new MeterBoard(settings, remarks).Run();
        else new Board(settings, remarks).Run();
    }
}

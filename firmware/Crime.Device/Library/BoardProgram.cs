// The applications of the product, for a Main of one line.

using System.Collections;
using Crime.Device.App;
using Crime.Device.Memory;
using Crime.Device.Sensors;
using Crime.Device.Settings;
using Crime.Kernel;

namespace Crime.Device.Library;

/// <summary>Runs a board by its settings. Each call lasts for ever.</summary>
public static class BoardProgram
{
    /// <summary>Classifies, or measures another board, as the setting role says.</summary>
    /// <param name="kernels">Compiled kernels that are flashed with the application; null for none.</param>
    public static void Run(CompiledModel[] kernels)
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Load(remarks);
        if (settings.Role == BoardRole.Meter) new MeterBoard(settings, remarks).Run();
        else MakeBoard(settings, remarks, kernels).Run();
    }

    /// <summary>Measures another board, and prints a line for each time that its pin was up.</summary>
    public static void RunMeter()
    {
        var remarks = new ArrayList();
        new MeterBoard(SettingsFile.Load(remarks), remarks).Run();
    }

    /// <summary>Makes a board whose inputs come from the sensor of its settings, or from a recording.</summary>
    internal static Board MakeBoard(BoardSettings settings, ArrayList remarks, CompiledModel[] kernels)
    {
        ISensor sensor = SensorFactory.Create(settings, out string problem);
        if (problem != null) remarks.Add(problem);
        return new Board(settings, remarks, kernels ?? new CompiledModel[0], sensor, null, new MemoryPlan());
    }
}

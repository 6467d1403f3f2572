using System;
using System.Collections;
using System.Reflection;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>A driver of the firmware as it runs on a board: instrumented, made from the text of a settings file. A board's thread uses it.</summary>
internal sealed class FirmwareSensor
{
    private readonly Func<string> _start;
    private readonly Func<short[], int, int> _read;
    private readonly Func<int> _takeLost;

    private FirmwareSensor(object driver)
    {
        Type type = driver.GetType();
        _start = type.GetMethod("Start")!.CreateDelegate<Func<string>>(driver);
        _read = type.GetMethod("Read")!.CreateDelegate<Func<short[], int, int>>(driver);
        _takeLost = type.GetMethod("TakeLost")!.CreateDelegate<Func<int>>(driver);
        Channels = (int)type.GetProperty("Channels")!.GetValue(driver)!;
        IntervalUs = (int)type.GetProperty("IntervalUs")!.GetValue(driver)!;
        PollUs = (int)type.GetProperty("PollUs")!.GetValue(driver)!;
    }

    public int Channels { get; }

    public int IntervalUs { get; }

    public int PollUs { get; }

    public static FirmwareSensor? Create(string settings, out string? problem)
    {
        Assembly firmware = FirmwareImage.Get(TestBoards.Profile).Context.LoadFromAssemblyName(new AssemblyName(DeviceAssemblies.Device));
        var remarks = new ArrayList();
        object parsed = firmware.GetType("Crime.Device.Settings.SettingsFile", throwOnError: true)!.GetMethod("Parse")!.Invoke(null, [settings, remarks])!;
        Assert.That(remarks, Is.Empty);
        object?[] arguments = [parsed, null];
        object? driver = firmware.GetType("Crime.Device.Sensors.SensorFactory", throwOnError: true)!.GetMethod("Create")!.Invoke(null, arguments);
        problem = (string?)arguments[1];
        return driver == null ? null : new FirmwareSensor(driver);
    }

    public static FirmwareSensor Create(string settings)
    {
        FirmwareSensor? sensor = Create(settings, out string? problem);
        Assert.That(problem, Is.Null);
        Assert.That(sensor, Is.Not.Null);
        return sensor!;
    }

    /// <summary>Makes and starts the driver.</summary>
    public static FirmwareSensor Start(string settings)
    {
        FirmwareSensor sensor = Create(settings);
        Assert.That(sensor.Start(), Is.Null);
        return sensor;
    }

    public string? Start() => _start();

    public int Read(short[] values, int mostSteps) => _read(values, mostSteps);

    public int TakeLost() => _takeLost();

    /// <summary>Polls until some timesteps have come.</summary>
    /// <returns>The timesteps; more than asked for when the last poll had more.</returns>
    public short[] Collect(Board board, int steps, int? pollUs = null)
    {
        var all = new short[(steps + 1200) * Channels];
        var poll = new short[1100 * Channels];
        int count = 0;
        long nextUs = board.Clock.NowUs();
        while (count < steps)
        {
            nextUs += pollUs ?? PollUs;
            board.Clock.SleepUntil(nextUs);
            int read = Read(poll, 1100);
            Assert.That(read, Is.Not.Negative);
            Array.Copy(poll, 0, all, count * Channels, read * Channels);
            count += read;
        }
        return all[..(count * Channels)];
    }
}

// Chooses the energy meter: the sensor where one is set and answers, the profile otherwise.

using System;
using System.Device.I2c;
using Crime.Costs;
using Crime.Device.Memory;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device.Energy;

/// <summary>Makes the energy meter that the settings ask for.</summary>
internal static class MeterFactory
{
    private const int BusId = 1;

    /// <summary>Makes the meter. A line on the console says when the sensor is missing.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="power">The board's power profile.</param>
    /// <param name="console">Receives lines about problems.</param>
    /// <param name="memory">Counts the shortages of memory.</param>
    public static IEnergyMeter Create(BoardSettings settings, PowerProfile power, SerialConsole console, MemoryPlan memory)
    {
        var model = new ModelledMeter(power);
        IEnergyMeter meter = model;
        if (settings.Ina219)
        {
            Ina219 sensor = OpenSensor(settings, console, Ina219Meter.Averaging);
            if (sensor != null) meter = new Ina219Meter(sensor, model, power, settings, memory);
            else console.WriteLine("meter: energy is computed from the profile");
        }
        return settings.MeterPin < 0 ? meter : Bracketed(meter, settings.MeterPin, console);
    }

    /// <summary>Finds the sensor and configures it.</summary>
    /// <returns>The sensor, or null; the console then says why.</returns>
    public static Ina219 OpenSensor(BoardSettings settings, SerialConsole console, Ina219Averaging averaging)
    {
        try
        {
            Configuration.SetPinFunction(settings.I2cDataPin, DeviceFunction.I2C1_DATA);
            Configuration.SetPinFunction(settings.I2cClockPin, DeviceFunction.I2C1_CLOCK);
            var bus = new I2cConnectionSettings(BusId, settings.Ina219Address, I2cBusSpeed.FastMode);
            var sensor = new Ina219(I2cDevice.Create(bus));
            if (sensor.Begin(settings.Ina219ShuntMilliohm, settings.Ina219MaxMilliampere, averaging)) return sensor;
            sensor.Dispose();
            console.WriteLine("meter: no INA219 answers at the set address");
        }
        catch (Exception e)
        {
            console.WriteLine("meter: I2C failed: " + e.Message);
        }
        return null;
    }

    private static IEnergyMeter Bracketed(IEnergyMeter meter, int pin, SerialConsole console)
    {
        try
        {
            return new PinBracket(meter, pin);
        }
        catch (Exception e)
        {
            console.WriteLine("meter: pin " + pin.ToString() + " cannot be used: " + e.Message);
            return meter;
        }
    }
}

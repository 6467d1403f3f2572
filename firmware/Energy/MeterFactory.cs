// Which meter speaks: the sensor where one is set and answers, the profile otherwise.

using System;
using System.Device.I2c;
using Crime.Firmware.Settings;
using Crime.Firmware.Terminal;
using nanoFramework.Hardware.Esp32;

namespace Crime.Firmware.Energy;

/// <summary>Makes the energy meter that the settings ask for.</summary>
public static class MeterFactory
{
    private const int BusId = 1;

    /// <summary>Makes the meter; says on the console when the sensor is missing.</summary>
    public static IEnergyMeter Create(BoardSettings settings, SerialConsole console)
    {
        if (!settings.Ina219) return new ModelledMeter(settings.Power());
        try
        {
            Configuration.SetPinFunction(settings.I2cDataPin, DeviceFunction.I2C1_DATA);
            Configuration.SetPinFunction(settings.I2cClockPin, DeviceFunction.I2C1_CLOCK);
            var bus = new I2cConnectionSettings(BusId, settings.Ina219Address, I2cBusSpeed.FastMode);
            var sensor = new Ina219(I2cDevice.Create(bus));
            if (sensor.Begin(settings.Ina219ShuntMilliohm)) return new Ina219Meter(sensor);
            sensor.Dispose();
            console.WriteLine("meter: no INA219 answers at the set address; energy is computed from the profile");
        }
        catch (Exception e)
        {
            console.WriteLine("meter: I2C failed (" + e.Message + "); energy is computed from the profile");
        }
        return new ModelledMeter(settings.Power());
    }
}

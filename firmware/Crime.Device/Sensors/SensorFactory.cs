// Makes the driver that the settings ask for, with its pins and its bus.

using System;
using System.Device.I2c;
using System.IO.Ports;
using Crime.Device.Settings;
using nanoFramework.Hardware.Esp32;

namespace Crime.Device.Sensors;

/// <summary>Makes drivers of sensors.</summary>
internal static class SensorFactory
{
    private const int BusId = 1;

    /// <summary>Makes the driver; <see cref="ISensor.Start"/> then looks for the sensor.</summary>
    /// <param name="settings">The settings of the board.</param>
    /// <param name="problem">What is wrong in one line; null when nothing is.</param>
    /// <returns>The driver; null when no sensor is set, and when there is a problem.</returns>
    public static ISensor Create(BoardSettings settings, out string problem)
    {
        problem = null;
        try
        {
            SensorSettings sensor = settings.Sensor;
            if (sensor == null) return null;
            switch (sensor.Kind)
            {
                case SensorKind.Adxl345:
                    return new Adxl345Sensor(OpenDevice(settings, Adxl345Sensor.DefaultAddress), sensor.RateMilliHz, sensor.RangeG);
                case SensorKind.Mpu6050:
                    return new Mpu6050Sensor(
                        OpenDevice(settings, Mpu6050Sensor.DefaultAddress), sensor.RateMilliHz, sensor.Channels, sensor.RangeG, sensor.RangeDps);
                case SensorKind.Adc: return new AdcSensor(sensor.AdcChannels, sensor.IntervalUs);
                case SensorKind.Uart:
                    if (sensor.Port != settings.ConsolePort) return new SerialSensor(OpenPort(sensor), sensor.Channels, sensor.Scale);
                    problem = "sensor.port is the port of the console; set console.port to another one, or to nothing";
                    return null;
                default: return null;
            }
        }
        catch (Exception e)
        {
            problem = "the bus or the port of the sensor cannot be used: " + e.Message;
            return null;
        }
    }

    private static I2cDevice OpenDevice(BoardSettings settings, int defaultAddress)
    {
        Configuration.SetPinFunction(settings.I2cDataPin, DeviceFunction.I2C1_DATA);
        Configuration.SetPinFunction(settings.I2cClockPin, DeviceFunction.I2C1_CLOCK);
        int address = settings.Sensor.Address > 0 ? settings.Sensor.Address : defaultAddress;
        return I2cDevice.Create(new I2cConnectionSettings(BusId, address, I2cBusSpeed.FastMode));
    }

    private static SerialPort OpenPort(SensorSettings sensor)
    {
        bool isSecond = sensor.Port == "COM2";
        Configuration.SetPinFunction(sensor.RxPin, isSecond ? DeviceFunction.COM2_RX : DeviceFunction.COM3_RX);
        Configuration.SetPinFunction(sensor.TxPin, isSecond ? DeviceFunction.COM2_TX : DeviceFunction.COM3_TX);
        return new SerialPort(sensor.Port, sensor.Baud);
    }
}

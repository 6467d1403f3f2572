// A board whose only work is to measure another one: role=meter.

using System.Collections;
using System.Device.Gpio;
using System.Threading;
using Crime.Device.Energy;
using Crime.Device.Settings;
using Crime.Device.Terminal;

namespace Crime.Device.App;

/// <summary>Prints a line for each time the other board's pin was up.</summary>
internal sealed class MeterBoard
{
    private const int RetryMs = 1000;

    private readonly BoardSettings _settings;
    private readonly SerialConsole _console;
    private readonly Report _report;

    /// <summary>Puts the board together.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="remarks">What was wrong with the settings file, a string per line.</param>
    public MeterBoard(BoardSettings settings, ArrayList remarks)
    {
        _settings = settings;
        _console = new SerialConsole(settings.ConsolePort, settings.ConsoleBaud, settings.ConsoleTxPin, settings.ConsoleRxPin);
        _report = new Report(_console);
        _report.Greet(settings.BoardId, remarks);
    }

    /// <summary>Runs for ever.</summary>
    public void Run()
    {
        if (_settings.MeterPin < 0) _report.Text("meter: set meter.pin to the pin that the other board holds up");
        while (_settings.MeterPin < 0) Thread.Sleep(RetryMs);
        GpioPin pin = Pins.TryOpen(_settings.MeterPin, PinMode.InputPullDown);
        if (pin == null) _report.Text("meter: gpio " + _settings.MeterPin.ToString() + " is no input of this board, or is in use");
        while (pin == null) Thread.Sleep(RetryMs);
        int count = 0;
        while (true)
        {
            Ina219 sensor = MeterFactory.OpenSensor(_settings, _console, Ina219Averaging.None);
            if (sensor == null)
            {
                Thread.Sleep(RetryMs);
                continue;
            }
            _report.Text("meter: ina219, up to " + sensor.RangeMa.ToString() + " mA");
            var meter = new BracketMeter(sensor, pin);
            while (meter.Measure()) _report.Bracket(count++, _settings.MeterPin, meter);
            _report.Text("meter: the sensor has failed");
            sensor.Dispose();
        }
    }
}

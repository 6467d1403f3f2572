// A virtual board with an accelerometer in the hand of somebody who performs gestures.

using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;

namespace Crime.Cli.Demo.Sensor;

/// <summary>Runs the firmware's Main until it is cancelled, also over reboots.</summary>
internal sealed class SensorBoard(string folder, int seed)
{
    /// <summary>Name of the board.</summary>
    public const string Id = "my-board";

    /// <summary>Name of its model at the gateway.</summary>
    public const string ModelName = "my-gestures";

    /// <summary>GPIO of the lamp.</summary>
    public const int LampPin = 2;

    private readonly VirtualSensor _sensor = VirtualSensor.Parse(string.Create(CultureInfo.InvariantCulture, $"adxl345=hand:{seed}"));
    private readonly Lock _lock = new();
    private readonly List<Reading> _readings = [];
    private readonly List<string> _lines = [];

    /// <summary>The hand with the sensor.</summary>
    public GesturePerformer Hand => _sensor.Hand!;

    /// <summary>Times that the lamp has been switched on.</summary>
    public int LampCount { get; private set; }

    /// <summary>Returns the results so far.</summary>
    public Reading[] Readings
    {
        get
        {
            lock (_lock) return [.. _readings];
        }
    }

    /// <summary>Last lines of the console, for a message about a failure.</summary>
    public string LastLines
    {
        get
        {
            lock (_lock) return string.Join(" | ", _lines.TakeLast(4));
        }
    }

    /// <summary>Writes the flash: settings, no model.</summary>
    /// <param name="broker">The MQTT broker.</param>
    /// <param name="httpPort">TCP port of the gateway.</param>
    /// <param name="ruleClass">Class that switches the lamp on.</param>
    /// <param name="segmenter">Settings of the segmenter.</param>
    public void WriteFlash(BrokerEndpoint broker, int httpPort, string ruleClass, IEnumerable<string> segmenter)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, "crime.cfg"), [
            $"board.id={Id}", "wifi.ssid=demo", $"broker.host={broker.Host}", $"broker.port={broker.Port}", $"http.host={broker.Host}",
            $"http.port={httpPort}", $"model.name={ModelName}", .. _sensor.SettingsLines,
            $"on.{ruleClass}=gpio {LampPin} high 200", .. segmenter,
        ]);
    }

    /// <summary>Runs the board.</summary>
    /// <param name="cancellation">Cuts the power.</param>
    /// <exception cref="BoardFailedException">The firmware crashed.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            using var board = new Board(_sensor.AttachTo(new BoardOptions { Profile = BoardProfile.Bundled(BoardProfile.BundledNames[0]), FlashFolder = folder }));
            board.Pins.Written += OnPin;
            await BoardConsole.FollowAsync(Id, board, hasInputs: false, OnLine, cancellation);
            _sensor.Pass(board.UptimeUs);
        }
    }

    private void OnPin(int pin, bool isHigh, long atUs)
    {
        if (pin != LampPin || !isHigh) return;
        lock (_lock) LampCount++;
    }

    private void OnLine(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
            if (Reading.Parse(line) is { } reading) _readings.Add(reading);
        }
    }
}

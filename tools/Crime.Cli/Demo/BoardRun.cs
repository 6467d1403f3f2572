// One virtual board working through its inputs, and what its serial console said of each.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard;

namespace Crime.Cli.Demo;

/// <summary>An INF line of the console.</summary>
/// <param name="Input">Number of the input on its board.</param>
/// <param name="Length">Timesteps.</param>
/// <param name="Target">local, gateway or fallback.</param>
/// <param name="Label">Index of the class.</param>
/// <param name="TimeMs">Time of the inference.</param>
/// <param name="EnergyMj">Energy of the inference.</param>
/// <param name="BreakEvenLength">Length from which the board would have offloaded; null for never.</param>
internal sealed record Reading(int Input, int Length, string Target, int Label, double TimeMs, double EnergyMj, int? BreakEvenLength)
{
    /// <summary>Parses a line of the console.</summary>
    /// <returns>Null when it is not an INF line.</returns>
    public static Reading? Parse(string line)
    {
        if (!line.StartsWith("INF ", StringComparison.Ordinal)) return null;
        var fields = new Dictionary<string, string>();
        foreach (string field in line[4..].Split(' '))
        {
            int equals = field.IndexOf('=');
            if (equals > 0) fields[field[..equals]] = field[(equals + 1)..];
        }
        double Number(string key) => double.Parse(fields[key], CultureInfo.InvariantCulture);
        return new Reading(
            (int)Number("id"), (int)Number("len"), fields["at"], (int)Number("class"), Number("ms"), Number("mj"),
            fields["even"] == "-" ? null : (int)Number("even"));
    }
}

/// <summary>How the boards of a run are set up.</summary>
/// <param name="Profile">Time and energy.</param>
/// <param name="Mapping">auto, local or gateway.</param>
/// <param name="Objective">time or energy.</param>
/// <param name="ModelName">Name of the model at the gateway.</param>
/// <param name="Broker">The MQTT broker.</param>
/// <param name="HttpPort">TCP port of the model download on this machine.</param>
/// <param name="Link">Conditions of all links.</param>
internal sealed record BoardSetup(
    BoardProfile Profile, string Mapping, string Objective, string ModelName, BrokerEndpoint Broker, int HttpPort, LinkConditions Link);

/// <summary>A board and its readings.</summary>
internal sealed class BoardRun : IDisposable
{
    private readonly Board _board;
    private readonly string _name;

    /// <summary>Makes a board with a flash of its own. It has no model yet: it fetches one from the gateway.</summary>
    /// <param name="name">Id of the board.</param>
    /// <param name="folder">Where its flash lies.</param>
    /// <param name="recording">Its inputs.</param>
    /// <param name="setup">How it is set up.</param>
    /// <param name="beaconPhase">Where its beacons fall, 0 to 1.</param>
    public BoardRun(string name, string folder, byte[] recording, BoardSetup setup, double beaconPhase)
    {
        _name = name;
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "inputs.recording"), recording);
        File.WriteAllText(Path.Combine(folder, "crime.cfg"), Settings(name, setup), new UTF8Encoding(false));
        _board = new Board(new BoardOptions
        {
            Profile = setup.Profile,
            FlashFolder = folder,
            Link = setup.Link,
            BeaconPhase = beaconPhase,
        });
    }

    /// <summary>What the console has said so far.</summary>
    public List<Reading> Readings { get; } = [];

    /// <summary>Powers the board and reads its console until it has worked through its inputs.</summary>
    /// <param name="onReading">Called with every reading, on any thread.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">The firmware crashed.</exception>
    public async Task RunAsync(Action<Reading> onReading, CancellationToken cancellation)
    {
        _board.Start();
        await foreach (string line in _board.Serial.Lines.ReadAllAsync(cancellation))
        {
            if (line.StartsWith("END ", StringComparison.Ordinal)) return;
            if (line.StartsWith("inputs: ", StringComparison.Ordinal)) throw new InvalidOperationException($"board {_name}: {line}");
            if (Reading.Parse(line) is not { } reading) continue;
            lock (Readings) Readings.Add(reading);
            onReading(reading);
        }
        throw new InvalidOperationException($"board {_name} stopped: {_board.Crash?.Message ?? "its console went silent"}");
    }

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    private static string Settings(string name, BoardSetup setup) => string.Join('\n',
    [
        $"board.id={name}",
        "wifi.ssid=demo",
        "wifi.password=demo",
        $"broker.host={setup.Broker.Host}",
        string.Create(CultureInfo.InvariantCulture, $"broker.port={setup.Broker.Port}"),
        "http.host=127.0.0.1",
        string.Create(CultureInfo.InvariantCulture, $"http.port={setup.HttpPort}"),
        $"model.name={setup.ModelName}",
        $"mapping={setup.Mapping}",
        $"objective={setup.Objective}",
        "wait-for-link-ms=15000",
        "",
    ]);
}

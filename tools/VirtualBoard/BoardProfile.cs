// The numbers of a board: hardware/<board>/board.json, every one with its source and how far it can be trusted.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crime.VirtualBoard;

/// <summary>A number of a board's profile.</summary>
/// <param name="Value">The number, in the unit that its name ends with.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record ProfileNumber(double Value, string Source, string Confidence);

/// <summary>Time and energy of a board.</summary>
public sealed class BoardProfile
{
    private readonly IReadOnlyDictionary<string, ProfileNumber> _numbers;

    private BoardProfile(string name, IReadOnlyDictionary<string, ProfileNumber> numbers, BoardHardware hardware)
    {
        Name = name;
        _numbers = numbers;
        Hardware = hardware;
    }

    /// <summary>Name of the board.</summary>
    public string Name { get; }

    /// <summary>Pins, memory and firmware.</summary>
    public BoardHardware Hardware { get; }

    /// <summary>All numbers by name.</summary>
    public IReadOnlyDictionary<string, ProfileNumber> Numbers => _numbers;

    /// <summary>Time of one IL instruction in µs.</summary>
    public double UsPerIl => Get("cpu_us_per_il");

    /// <summary>Cost of a call into a library, in IL instructions.</summary>
    public int LibraryCallIl => (int)Get("library_call_il");

    /// <summary>Instructions of one M2Mqtt publish at QoS 0.</summary>
    public int MqttPublishIl => (int)Get("mqtt_publish_il");

    /// <summary>Instructions of one received M2Mqtt message at QoS 0.</summary>
    public int MqttReceiveIl => (int)Get("mqtt_receive_il");

    /// <summary>Time slice of a thread in ms.</summary>
    public double ThreadQuantumMs => Get("thread_quantum_ms");

    /// <summary>Supply voltage in V.</summary>
    public double SupplyV => Get("supply_v");

    /// <summary>Power while computing in mW.</summary>
    public double ComputeMw => SupplyV * Get("compute_ma");

    /// <summary>Power while waiting, associated, in mW.</summary>
    public double WaitMw => SupplyV * Get("wait_ma");

    /// <summary>Power while idle with the radio off, in mW.</summary>
    public double RadioOffMw => SupplyV * Get("radio_off_ma");

    /// <summary>Power while joining a network in mW.</summary>
    public double AssociateMw => SupplyV * Get("associate_ma");

    /// <summary>Power in light sleep in mW.</summary>
    public double LightSleepMw => SupplyV * Get("light_sleep_ma");

    /// <summary>Power in deep sleep in mW.</summary>
    public double DeepSleepMw => SupplyV * Get("deep_sleep_ma");

    /// <summary>Time from a wake-up out of deep sleep to the application's Main, in ms.</summary>
    public double BootMs => Get("boot_ms");

    /// <summary>Power while transmitting in mW.</summary>
    public double TransmitMw => SupplyV * Get("transmit_ma");

    /// <summary>Air time per byte in ns.</summary>
    public double TransmitNsPerByte => Get("transmit_ns_per_byte");

    /// <summary>Air time per message apart from its bytes, in µs.</summary>
    public double TransmitOverheadUs => Get("transmit_overhead_us");

    /// <summary>One-way delay through the access point in µs.</summary>
    public double LinkDelayUs => Get("link_delay_us");

    /// <summary>Time between two beacons at which a dozing radio fetches its messages, in µs; 0 for a radio that never dozes.</summary>
    public double BeaconIntervalUs => Get("beacon_interval_us");

    /// <summary>Time to associate with the access point and get an address, in ms.</summary>
    public double AssociateMs => Get("associate_ms");

    /// <summary>What the settings file of such a board says of it: lines of key=value.</summary>
    public IReadOnlyList<string> SettingsLines =>
    [
        $"console.tx-pin={Hardware.Pins["console_tx"].Gpio}",
        $"console.rx-pin={Hardware.Pins["console_rx"].Gpio}",
        $"i2c.data-pin={Hardware.Pins["i2c_data"].Gpio}",
        $"i2c.clock-pin={Hardware.Pins["i2c_clock"].Gpio}",
        Setting("power.compute-mw", ComputeMw),
        Setting("power.wait-mw", WaitMw),
        Setting("power.transmit-mw", TransmitMw),
        Setting("transmit.ns-per-byte", TransmitNsPerByte),
        Setting("transmit.overhead-us", TransmitOverheadUs),
        Setting("radio.up-ms", AssociateMs),
        Setting("radio.up-mw", AssociateMw),
    ];

    /// <summary>Reads a profile.</summary>
    /// <param name="path">
    /// A board.json. One with a "base", the name of a folder beside its own, has from there what it does not say itself.
    /// </param>
    /// <exception cref="InvalidDataException">The file is not a profile, or lacks a part; the message says which.</exception>
    public static BoardProfile Load(string path)
    {
        try
        {
            JsonObject json = Merged(path);
            using var document = JsonDocument.Parse(json.ToJsonString());
            JsonElement root = document.RootElement;
            var numbers = new Dictionary<string, ProfileNumber>();
            foreach (var entry in root.GetProperty("numbers").EnumerateObject())
                numbers[entry.Name] = new ProfileNumber(
                    entry.Value.GetProperty("value").GetDouble(),
                    entry.Value.GetProperty("source").GetString() ?? "",
                    entry.Value.GetProperty("confidence").GetString() ?? "");
            return new BoardProfile(root.GetProperty("board").GetString() ?? "", numbers, BoardHardware.Read(root));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not a board profile: {e.Message}", e);
        }
    }

    /// <summary>The same board with another value of one of its numbers.</summary>
    /// <param name="name">The number, one that the profile has.</param>
    /// <param name="value">Its value, in the unit that its name ends with.</param>
    public BoardProfile With(string name, double value)
    {
        Get(name);
        var numbers = new Dictionary<string, ProfileNumber>(_numbers) { [name] = new ProfileNumber(value, "set by the experiment", "estimate") };
        return new BoardProfile(Name, numbers, Hardware);
    }

    /// <summary>Names of the boards that come with the project: folders under hardware/.</summary>
    public static IReadOnlyList<string> BundledNames { get; } =
        Directory.GetDirectories(BundledFolder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal).ToList();

    /// <summary>The profile of a board that comes with the project.</summary>
    /// <param name="board">Name of its folder under hardware/, such as esp32-devkitc.</param>
    public static BoardProfile Bundled(string board) => Load(Path.Combine(BundledFolder, board, "board.json"));

    private static string BundledFolder => Path.Combine(AppContext.BaseDirectory, "hardware");

    private static JsonObject Merged(string path)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        if (json["base"] is not { } name) return json;
        JsonObject merged = Merged(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "..", name.GetValue<string>(), "board.json"));
        foreach (var (key, value) in json)
        {
            if (key != "numbers")
            {
                merged[key] = value?.DeepClone();
                continue;
            }
            foreach (var (number, said) in value!.AsObject()) merged["numbers"]![number] = said?.DeepClone();
        }
        return merged;
    }

    private static string Setting(string key, double value) => $"{key}={((int)Math.Round(value)).ToString(CultureInfo.InvariantCulture)}";

    private double Get(string name) => _numbers.TryGetValue(name, out var number)
        ? number.Value
        : throw new InvalidDataException($"profile of {Name} lacks '{name}'");
}

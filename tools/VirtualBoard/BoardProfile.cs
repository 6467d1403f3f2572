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
    private const string BoardFile = "board.json";
    private const int MaxBases = 4;

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

    /// <summary>Time of one M2Mqtt publish at QoS 0 in µs.</summary>
    public double MqttSendUs => MqttPublishIl * UsPerIl;

    /// <summary>Time of one received M2Mqtt message at QoS 0 in µs.</summary>
    public double MqttReceiveUs => MqttReceiveIl * UsPerIl;

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

    /// <summary>Power while receiving, or listening for it, in mW.</summary>
    public double ReceiveMw => SupplyV * Get("receive_ma");

    /// <summary>Air time per byte in ns.</summary>
    public double TransmitNsPerByte => Get("transmit_ns_per_byte");

    /// <summary>Air time per message apart from its bytes, in µs.</summary>
    public double TransmitOverheadUs => Get("transmit_overhead_us");

    /// <summary>One-way delay through the access point in µs.</summary>
    public double LinkDelayUs => Get("link_delay_us");

    /// <summary>Time between two beacons at which a dozing radio fetches its messages, in µs; 0 for a radio that never dozes.</summary>
    public double BeaconIntervalUs => Get("beacon_interval_us");

    /// <summary>How long a dozing radio listens on after it has sent or received, in µs.</summary>
    public double ListenOnUs => Get("listen_on_ms") * 1000;

    /// <summary>Most bytes of a TCP segment that the board sends.</summary>
    public int TcpSegmentSize => (int)Get("tcp_segment_bytes");

    /// <summary>How long the peer of the board's TCP connection waits for data to send before it acknowledges without any, in µs.</summary>
    public double PeerDelayedAckUs => Get("peer_delayed_ack_ms") * 1000;

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
        Setting("power.listen-mw", ReceiveMw),
        Setting("power.transmit-mw", TransmitMw),
        Setting("power.radio-off-mw", RadioOffMw),
        Setting("power.light-sleep-mw", LightSleepMw),
        Setting("mqtt.send-us", MqttSendUs),
        Setting("mqtt.receive-us", MqttReceiveUs),
        Setting("transmit.ns-per-byte", TransmitNsPerByte),
        Setting("transmit.overhead-us", TransmitOverheadUs),
        Setting("radio.up-ms", AssociateMs),
        Setting("radio.up-mw", AssociateMw),
        Setting("radio.listen-on-ms", ListenOnUs / 1000),
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
            JsonObject json = ReadMerged(path);
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

    /// <summary>
    /// Returns the profile of such a board whose radio always listens: waiting draws as much, computing draws what listening adds, and no answer
    /// waits for a beacon.
    /// </summary>
    public BoardProfile AlwaysListening() => With("beacon_interval_us", 0).With("listen_on_ms", 0).With("wait_ma", ReceiveMw / SupplyV)
        .With("compute_ma", (ComputeMw + ReceiveMw - WaitMw) / SupplyV);

    /// <summary>Names of the profiles that come with the project: folders under hardware/, boards and others.</summary>
    public static IReadOnlyList<string> BundledProfiles { get; } =
        Directory.GetDirectories(BundledFolder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal).ToList();

    /// <summary>Names of the boards among them.</summary>
    public static IReadOnlyList<string> BundledNames { get; } =
        BundledProfiles.Where(name => Path.GetFileName(BundledPath(name)) == BoardFile).ToList();

    /// <summary>The file of a profile that comes with the project; there need not be one.</summary>
    /// <param name="name">Name of its folder under hardware/.</param>
    public static string BundledPath(string name) => FileIn(Path.Combine(BundledFolder, name));

    /// <summary>The profile of a board that comes with the project.</summary>
    /// <param name="board">Name of its folder under hardware/, such as esp32-devkitc.</param>
    public static BoardProfile Bundled(string board) => Load(BundledPath(board));

    private static string FileIn(string folder)
    {
        string board = Path.Combine(folder, BoardFile);
        return File.Exists(board) ? board : Path.Combine(folder, "profile.json");
    }

    private static string BundledFolder => Path.Combine(AppContext.BaseDirectory, "hardware");

    /// <summary>Reads the file of a profile with all that it has from its base.</summary>
    /// <param name="path">A board.json, or what is no board: a profile.json.</param>
    /// <exception cref="JsonException">It is no JSON object, or its base is no name of a folder.</exception>
    public static JsonObject ReadMerged(string path) => ReadMerged(path, MaxBases);

    private static JsonObject ReadMerged(string path, int basesLeft)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException("the file is no JSON object");
        if (json["base"] is not { } part) return json;
        string name = part.GetValue<string>(), baseFile = FileIn(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "..", name));
        // A file of the user's own lies anywhere: its base is then one of those that come with the project.
        if (!File.Exists(baseFile)) baseFile = BundledPath(name);
        if (!File.Exists(baseFile)) throw new JsonException($"its base '{name}' is no folder under hardware/");
        if (basesLeft == 0) throw new JsonException($"its bases go round in a circle, or are more than {MaxBases}");
        JsonObject merged = ReadMerged(baseFile, basesLeft - 1);
        foreach (var (key, value) in json)
        {
            if (key != "numbers" || merged["numbers"] is null)
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

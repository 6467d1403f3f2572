using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Crime.Device.Settings;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.House.Tests;

/// <summary>hardware/: a folder per board, whose numbers, words and picture say the same.</summary>
public sealed partial class HardwareTests
{
    private static readonly string[] s_pins = ["bracket", "console_rx", "console_tx", "i2c_clock", "i2c_data"];
    private static readonly string[] s_confidences = ["published", "measured", "estimate"];

    /// <summary>Largest GPIO number of a chip.</summary>
    private static readonly Dictionary<string, int> s_lastGpio = new() { ["ESP32"] = 39, ["ESP32-S3"] = 48, ["ESP32-C3"] = 21 };

    /// <summary>Least and largest value that a number of this kind can have: by its name's ending, the first that fits.</summary>
    private static readonly (string Ending, double Min, double Max)[] s_ranges =
    [
        ("cpu_us_per_il", 0.02, 2), ("supply_v", 2.5, 3.6), ("deep_sleep_ma", 0.001, 0.1), ("light_sleep_ma", 0.05, 5), ("_lsb_uv", 10, 10), ("_lsb_mv", 4, 4),
        ("shunt_milliohm", 1, 10_000), ("_address", 0x40, 0x4F), ("_ma", 0.5, 500), ("_il", 1, 10_000), ("_us", 0, 200_000), ("_ms", 1, 10_000),
        ("_ns_per_byte", 10, 100_000), ("segment_bytes", 536, 1460), ("flash_mb", 4, 32), ("psram_mb", 0, 32), ("_heap_bytes", 50_000, 32 << 20),
    ];

    private static IEnumerable<string> Boards() => Directory.GetDirectories(Path.Combine(SourceTree.Root, "hardware"))
        .Where(folder => File.Exists(Path.Combine(folder, "board.json"))).Select(folder => Path.GetFileName(folder)).Order();

    private static string PathOf(string board, string file) => Path.Combine(SourceTree.Root, "hardware", board, file);

    private static BoardProfile Profile(string board) => BoardProfile.Load(PathOf(board, "board.json"));

    private static string[] Readme(string board) => File.ReadAllLines(PathOf(board, "README.md"));

    [Test]
    public void EveryBoardIsBundled()
    {
        Assert.That(BoardProfile.BundledNames, Is.EqualTo(Boards()).AsCollection);
        Assert.That(BoardProfile.BundledNames, Is.SupersetOf(new[] { "esp32-devkitc", "esp32-s3-devkitc", "esp32-c3-devkitm", "ina219-meter" }));
        foreach (string board in Boards()) Assert.That(BoardProfile.Bundled(board).Name, Is.EqualTo(Profile(board).Name));
    }

    [TestCaseSource(nameof(Boards))]
    public void EveryStatementHasItsSource(string board)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(PathOf(board, "board.json")));
        var bare = new List<string>();
        int statements = 0;
        Visit(json.RootElement, "");
        Assert.That(bare, Is.Empty);
        Assert.That(statements, Is.GreaterThan(10));

        void Visit(JsonElement element, string path)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var (item, index) in element.EnumerateArray().Select((item, index) => (item, index))) Visit(item, $"{path}[{index}]");
                return;
            }
            if (element.ValueKind != JsonValueKind.Object) return;
            JsonProperty[] properties = element.EnumerateObject().ToArray();
            foreach (JsonProperty property in properties) Visit(property.Value, $"{path}.{property.Name}");
            // What holds a figure or a name of its own, apart from the file as a whole, says where it has it from.
            if (path.Length == 0 || properties.All(property => property.Value.ValueKind == JsonValueKind.Object)) return;
            statements++;
            if (string.IsNullOrWhiteSpace(Text(element, "source")) || !s_confidences.Contains(Text(element, "confidence"))) bare.Add(path);
        }

        static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
    }

    [TestCaseSource(nameof(Boards))]
    public void EveryNumberIsThereAndWithinItsRange(string board)
    {
        BoardProfile profile = Profile(board);
        foreach (PropertyInfo property in typeof(BoardProfile).GetProperties().Where(item => item.PropertyType == typeof(double) || item.PropertyType == typeof(int)))
            Assert.That(() => Convert.ToDouble(property.GetValue(profile)), Is.GreaterThan(0), property.Name);
        foreach (var (name, number) in profile.Numbers.Concat(profile.Hardware.Memory))
        {
            var (ending, min, max) = s_ranges.FirstOrDefault(range => name.EndsWith(range.Ending, StringComparison.Ordinal));
            if (ending == null) Assert.That(name, Is.EqualTo("nothing"), "a number without a range in this test");
            Assert.That(number.Value, Is.InRange(min, max), name);
        }
        Assert.That(profile.Hardware.Memory.Keys, Is.EquivalentTo(new[] { "flash_mb", "psram_mb", "managed_heap_bytes" }));
        Assert.That(profile.Numbers["deep_sleep_ma"].Value, Is.LessThan(profile.Numbers["light_sleep_ma"].Value));
        Assert.That(profile.Numbers["light_sleep_ma"].Value, Is.LessThan(profile.Numbers["radio_off_ma"].Value));
        Assert.That(profile.Numbers["radio_off_ma"].Value, Is.LessThan(profile.Numbers["transmit_ma"].Value));
        Assert.That(profile.Numbers["wait_ma"].Value, Is.LessThan(profile.Numbers["receive_ma"].Value), "listening is more than dozing");
        Assert.That(profile.ListenOnUs, Is.LessThan(profile.BeaconIntervalUs), "it dozes at last");
    }

    [TestCaseSource(nameof(Boards))]
    public void ThePinsAreFreeOnes(string board)
    {
        BoardHardware hardware = Profile(board).Hardware;
        int last = s_lastGpio[hardware.Chip];
        Assert.That(hardware.Pins.Keys.Order(), Is.EqualTo(s_pins));
        Assert.That(hardware.Pins.Values.Select(pin => pin.Gpio), Is.Unique.And.All.InRange(0, last));
        int[] avoided = hardware.Avoid.SelectMany(pins => pins.Gpio).ToArray();
        Assert.That(avoided, Is.Unique.And.All.InRange(0, last));
        Assert.That(hardware.Pins.Values.Select(pin => pin.Gpio).Intersect(avoided), Is.Empty);
        foreach (string word in new[] { "strapping", "flash", "USB" }) Assert.That(hardware.Avoid.Select(pins => pins.Why), Has.Some.Contains(word));
    }

    [TestCaseSource(nameof(Boards))]
    public void ThePartitionsFitTheFlash(string board)
    {
        BoardHardware hardware = Profile(board).Hardware;
        Assert.That(hardware.PartitionsOf(hardware.FlashMb), Is.Not.Null, "the usual module's flash");
        Assert.That(hardware.PartitionsOf(3), Is.Null);
        Assert.That(hardware.Partitions.Select(partitions => partitions.FlashMb), Is.Ordered.And.Unique);
        foreach (FlashPartitions partitions in hardware.Partitions)
        {
            Assert.That(partitions.DeploymentKib, Is.InRange(1024, 4096));
            Assert.That(partitions.StorageKib, Is.AtLeast(256));
            // The firmware itself takes more than 1 MiB.
            Assert.That(partitions.DeploymentKib + partitions.StorageKib, Is.LessThan((partitions.FlashMb - 1) * 1024));
        }
        Assert.That(hardware.Targets, Is.Not.Empty);
        Assert.That(hardware.Targets.Select(target => target.ClockMhz), Is.All.AnyOf(160, 240));
    }

    [Test]
    public void ATargetBelongsToOneChip() => Assert.That(
        Boards().Select(board => Profile(board).Hardware).SelectMany(hardware => hardware.Targets.Select(target => (target.Name, hardware.Chip)))
            .Distinct().Select(target => target.Name), Is.Unique);

    /// <summary>The figures that were read in nf-interpreter's partition tables and sdkconfig files, July 2026.</summary>
    [TestCase("esp32-devkitc", 4, 1792, 256)]
    [TestCase("esp32-devkitc", 8, 2752, 2048)]
    [TestCase("esp32-s3-devkitc", 8, 2944, 2048)]
    [TestCase("esp32-c3-devkitm", 4, 1984, 256)]
    public void ThePartitionsAreThoseOfTheFirmware(string board, int flashMb, int deploymentKib, int storageKib)
    {
        FlashPartitions partitions = Profile(board).Hardware.PartitionsOf(flashMb)!;
        Assert.That((partitions.DeploymentKib, partitions.StorageKib), Is.EqualTo((deploymentKib, storageKib)));
    }

    [TestCase("ESP32_REV0", 240)]
    [TestCase("ESP32_REV3", 160)]
    [TestCase("ESP32_PSRAM_REV0", 160)]
    [TestCase("ESP32_PSRAM_REV3", 240)]
    public void TheClocksAreThoseOfTheFirmware(string target, int clockMhz) =>
        Assert.That(Profile("esp32-devkitc").Hardware.Targets.Single(item => item.Name == target).ClockMhz, Is.EqualTo(clockMhz));

    [TestCaseSource(nameof(Boards))]
    public void ThePictureShowsThePins(string board)
    {
        XDocument picture = XDocument.Load(PathOf(board, "wiring.svg"));
        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.That(picture.Root!.Name, Is.EqualTo(svg + "svg"));
        Assert.That(picture.Descendants().Select(element => element.Name.LocalName), Has.None.AnyOf("image", "script", "use", "style", "foreignObject"));
        var outside = picture.Descendants().Attributes().Where(attribute => !attribute.IsNamespaceDeclaration)
            .Where(attribute => attribute.Name.LocalName == "href" || attribute.Value.Contains("url(") || attribute.Value.Contains("//"));
        Assert.That(outside, Is.Empty);
        string[] texts = picture.Descendants(svg + "text").Select(text => text.Value).ToArray();
        // Once at the board, once in the legend; the console's two share a line there.
        var named = texts.Where(text => text.StartsWith("GPIO ")).Select(text => int.Parse(Number().Match(text).Value));
        Assert.That(named, Is.EquivalentTo(Profile(board).Hardware.Pins.Values.Select(pin => pin.Gpio)));
        Assert.That(texts.Where(text => text.Contains(", GPIO ")), Is.EquivalentTo(Legend(Profile(board).Hardware)).Using<string>((text, start) =>
            text.StartsWith(start, StringComparison.Ordinal)));
        foreach (string word in new[] { "INA219 breakout", "VIN+", "VIN−", "shunt 0.1 Ω", "3V3", "GND" }) Assert.That(texts, Has.Some.EqualTo(word));
    }

    private static IEnumerable<string> Legend(BoardHardware hardware)
    {
        int Gpio(string name) => hardware.Pins[name].Gpio;
        yield return $"I2C data, GPIO {Gpio("i2c_data")}";
        yield return $"I2C clock, GPIO {Gpio("i2c_clock")}";
        yield return $"bracket, GPIO {Gpio("bracket")} ";
        yield return $"console, GPIO {Gpio("console_tx")} out, {Gpio("console_rx")} in";
    }

    [TestCaseSource(nameof(Boards))]
    public void TheReadmeHasThePinsOfTheNumbers(string board)
    {
        BoardHardware hardware = Profile(board).Hardware;
        string[] lines = Readme(board);
        Assert.That(lines[0], Does.StartWith("# " + Profile(board).Name.Split(" (")[0]));
        Assert.That(lines, Has.Some.EqualTo("![wiring](wiring.svg)"));
        foreach (string heading in new[] { "## Parts", "## Pins", "## Firmware", "## Figures" }) Assert.That(lines, Has.Some.EqualTo(heading));
        var expected = new[]
        {
            ("i2c.data-pin", "i2c_data"), ("i2c.clock-pin", "i2c_clock"), ("meter.pin", "bracket"), ("console.tx-pin", "console_tx"), ("console.rx-pin", "console_rx"),
        };
        var rows = lines.Select(line => PinRow().Match(line)).Where(match => match.Success).Select(match => (match.Groups[2].Value, int.Parse(match.Groups[1].Value)));
        Assert.That(rows, Is.EqualTo(expected.Select(pin => (pin.Item1, hardware.Pins[pin.Item2].Gpio))));
    }

    [TestCaseSource(nameof(Boards))]
    public void TheReadmeHasTheTablesAndSettingsOfTheNumbers(string board)
    {
        BoardProfile profile = Profile(board);
        string[] lines = Readme(board), settings = lines.Where(line => line.StartsWith("    ") && line.Contains('=')).Select(line => line.Trim()).ToArray();
        var remarks = new ArrayList();
        BoardSettings parsed = SettingsFile.Parse(string.Join('\n', settings), remarks);
        Assert.That(remarks, Is.Empty, "the firmware understands them");
        Assert.That(lines, Has.Some.Match("--target [A-Z0-9_]+"));
        string target = Target().Match(string.Join('\n', lines)).Groups[1].Value;
        Assert.That(profile.Hardware.Targets.Select(item => item.Name), Has.Some.EqualTo(target));
        if (parsed.Role == BoardRole.Meter)
        {
            Assert.That((parsed.MeterPin, parsed.Ina219ShuntMilliohm, parsed.Ina219MaxMilliampere), Is.EqualTo((
                profile.Hardware.Pins["bracket"].Gpio, (int)profile.Numbers["ina219_shunt_milliohm"].Value, (int)profile.Numbers["ina219_range_ma"].Value)));
            return;
        }
        Assert.That(settings, Is.EqualTo(profile.SettingsLines));
        Assert.That((parsed.ListenMw, parsed.ListenOnMs), Is.EqualTo(((int)Math.Round(profile.ReceiveMw), (int)profile.Numbers["listen_on_ms"].Value)));
        foreach (FirmwareTarget item in profile.Hardware.Targets)
            Assert.That(lines, Has.Some.EqualTo($"| `{item.Name}` | {item.ClockMhz} MHz | {(item.Psram ? "used" : "no")} |"));
        foreach (FlashPartitions item in profile.Hardware.Partitions)
            Assert.That(lines, Has.Some.EqualTo($"| {item.FlashMb} MB | {item.DeploymentKib} KB | {item.StorageKib} KB |"));
        foreach (ReservedPins item in profile.Hardware.Avoid)
            Assert.That(lines, Has.Some.EqualTo($"| GPIO {string.Join(", ", item.Gpio)} | {item.Why} |"));
    }

    [Test]
    public void TheDefaultBoardsPinsAreTheFirmwaresDefaults()
    {
        IReadOnlyDictionary<string, BoardPin> pins = Profile("esp32-devkitc").Hardware.Pins;
        var defaults = new BoardSettings();
        Assert.That(
            (defaults.I2cDataPin, defaults.I2cClockPin, defaults.ConsoleTxPin, defaults.ConsoleRxPin),
            Is.EqualTo((pins["i2c_data"].Gpio, pins["i2c_clock"].Gpio, pins["console_tx"].Gpio, pins["console_rx"].Gpio)));
    }

    [TestCase("{}", "'chip' is missing", TestName = "AProfileThatLacksAPartIsRefused")]
    [TestCase("[]", "not a board profile", TestName = "AProfileThatIsNoObjectIsRefused")]
    public void AProfileThatIsNoneIsRefused(string memory, string expected)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        File.WriteAllText(path, memory == "{}" ? "{\"board\":\"x\",\"numbers\":{}}" : memory);
        try
        {
            Assert.That(() => BoardProfile.Load(path), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [GeneratedRegex(@"^\| [^|]+ \| GPIO (\d+) \| `([a-z0-9.-]+)` \|$")]
    private static partial Regex PinRow();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex("--target ([A-Z0-9_]+)")]
    private static partial Regex Target();
}

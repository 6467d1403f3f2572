// What a board.json says besides power and time: pins, memory, and nanoFramework's firmware for the board with its partitions.

using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Crime.VirtualBoard;

/// <summary>A pin that the firmware uses.</summary>
/// <param name="Gpio">Its GPIO number, 0 to 48.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record BoardPin(int Gpio, string Source, string Confidence);

/// <summary>Pins to leave alone.</summary>
/// <param name="Gpio">GPIO numbers, 0 to 48.</param>
/// <param name="Why">What they are for.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record ReservedPins(IReadOnlyList<int> Gpio, string Why, string Source, string Confidence);

/// <summary>How the firmware divides a flash of some size.</summary>
/// <param name="FlashMb">Size of the flash in MiB.</param>
/// <param name="DeploymentKib">Partition of the application in KiB.</param>
/// <param name="StorageKib">Partition of drive I: in KiB, of which its file system needs a part.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record FlashPartitions(int FlashMb, int DeploymentKib, int StorageKib, string Source, string Confidence);

/// <summary>A firmware image of nanoFramework.</summary>
/// <param name="Name">Its name, as nanoff takes it.</param>
/// <param name="ClockMhz">CPU clock that the image sets, in MHz.</param>
/// <param name="Psram">Whether it uses PSRAM.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record FirmwareTarget(string Name, int ClockMhz, bool Psram, string Source, string Confidence);

/// <summary>Pins, memory and firmware of a board.</summary>
/// <param name="Chip">Name of the chip.</param>
/// <param name="Pins">Pins that the firmware uses, by what for: i2c_data, i2c_clock, bracket, console_tx, console_rx.</param>
/// <param name="Avoid">Pins to leave alone.</param>
/// <param name="Memory">flash_mb and psram_mb in MiB, managed_heap_bytes in bytes.</param>
/// <param name="Partitions">How the firmware divides the flash, by its size.</param>
/// <param name="Targets">Firmware images that run on the chip.</param>
public sealed record BoardHardware(
    string Chip, IReadOnlyDictionary<string, BoardPin> Pins, IReadOnlyList<ReservedPins> Avoid, IReadOnlyDictionary<string, ProfileNumber> Memory,
    IReadOnlyList<FlashPartitions> Partitions, IReadOnlyList<FirmwareTarget> Targets)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Free bytes that a virtual board without a limit reports: more than any model needs.</summary>
    public const int UnlimitedHeapBytes = 4 * 1024 * 1024;

    /// <summary>Flash of the usual module in MiB.</summary>
    public int FlashMb => (int)Memory["flash_mb"].Value;

    /// <summary>Bytes of managed heap.</summary>
    public int ManagedHeapBytes => (int)Memory["managed_heap_bytes"].Value;

    /// <summary>The partitions of a flash.</summary>
    /// <param name="flashMb">Its size in MiB.</param>
    /// <returns>Null when the firmware has none for that size.</returns>
    public FlashPartitions? PartitionsOf(int flashMb) => Partitions.FirstOrDefault(partitions => partitions.FlashMb == flashMb);

    /// <summary>Reads the part of a board.json that is not "numbers".</summary>
    /// <exception cref="JsonException">Something is missing or of another kind.</exception>
    internal static BoardHardware Read(JsonElement root) => new(
        Part<string>(root, "chip"), Part<Dictionary<string, BoardPin>>(root, "pins"), Part<ReservedPins[]>(root, "avoid"),
        Part<Dictionary<string, ProfileNumber>>(root, "memory"), Part<FlashPartitions[]>(root, "partitions"), Part<FirmwareTarget[]>(root, "targets"));

    private static T Part<T>(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement part)
            ? part.Deserialize<T>(s_json) ?? throw new JsonException($"'{name}' is null")
            : throw new JsonException($"'{name}' is missing");
}

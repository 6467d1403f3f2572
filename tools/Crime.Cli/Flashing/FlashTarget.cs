// The firmware targets that CRIME was written for. Sizes are those of the partition tables in nf-interpreter's
// targets/ESP32/_IDF, clock rates those of the sdkconfig files that the targets' defconfigs name (both read in July 2026).

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling;

namespace Crime.Cli.Flashing;

/// <summary>A firmware image of nanoFramework for a family of boards.</summary>
/// <param name="Name">Its name, as nanoff takes it.</param>
/// <param name="Chip">The chip.</param>
/// <param name="ClockMhz">CPU clock that the image sets, in MHz.</param>
/// <param name="FlashMb">Flash of the usual module, in MiB.</param>
internal sealed record FlashTarget(string Name, string Chip, int ClockMhz, int FlashMb)
{
    private const int Kib = 1024;

    /// <summary>All of them; the plain ones first.</summary>
    public static IReadOnlyList<FlashTarget> All { get; } =
    [
        new("ESP32_REV0", "ESP32", 240, 4),
        new("ESP32_REV3", "ESP32", 160, 4),
        new("ESP32_PSRAM_REV0", "ESP32", 160, 4),
        new("ESP32_PSRAM_REV3", "ESP32", 240, 4),
        new("ESP32_BLE_REV0", "ESP32", 240, 4),
        new("ESP32_BLE_REV3", "ESP32", 240, 4),
        new("ESP32_PICO", "ESP32", 240, 4),
        new("ESP32_S3_OCTAL", "ESP32-S3", 240, 8),
        new("ESP32_S3_QUAD", "ESP32-S3", 240, 8),
        new("ESP32_C3", "ESP32-C3", 160, 4),
    ];

    /// <summary>Finds a target.</summary>
    /// <exception cref="UserInputException">There is none of that name.</exception>
    public static FlashTarget Named(string name) =>
        All.FirstOrDefault(target => target.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UserInputException($"--target {name} is not a target of this project; it knows {string.Join(", ", All.Select(target => target.Name))}");

    /// <summary>Bytes for the application.</summary>
    /// <param name="flashMb">Flash of the module, in MiB.</param>
    /// <exception cref="UserInputException">The firmware has no partition table for that size.</exception>
    public int DeploymentSize(int flashMb) => Kib * ((Chip, flashMb) switch
    {
        ("ESP32", 4) => 1792,
        ("ESP32", 8 or 16) => 2752,
        ("ESP32-C3", 4 or 8 or 16) => 1984,
        ("ESP32-S3", 4) => 1984,
        ("ESP32-S3", 8 or 16 or 32) => 2944,
        _ => throw new UserInputException($"--flash-mb {flashMb}: the firmware has no partition table of that size for an {Chip}"),
    });

    /// <summary>Bytes of the board's drive I:, which its file system needs a part of.</summary>
    /// <param name="flashMb">Flash of the module, in MiB.</param>
    public int StorageSize(int flashMb) => Kib * (Chip == "ESP32-S3" && flashMb >= 8 ? 2048 : 256);
}

// The firmware targets that CRIME was written for. They, their clocks and the sizes of their partitions stand in
// hardware/<board>/board.json with their sources, and nowhere else.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling;
using Crime.VirtualBoard;

namespace Crime.Cli.Flashing;

/// <summary>A firmware image of nanoFramework for a family of boards.</summary>
/// <param name="Firmware">The image.</param>
/// <param name="Hardware">The board that lists it.</param>
internal sealed record FlashTarget(FirmwareTarget Firmware, BoardHardware Hardware)
{
    private const int Kib = 1024;

    /// <summary>All of them, board by board, the plain ones first.</summary>
    public static IReadOnlyList<FlashTarget> All { get; } =
    [
        .. BoardProfile.BundledNames.Select(name => BoardProfile.Bundled(name).Hardware)
            .OrderBy(hardware => hardware.Chip.Length).ThenByDescending(hardware => hardware.Chip, StringComparer.Ordinal)
            .SelectMany(hardware => hardware.Targets.Select(firmware => new FlashTarget(firmware, hardware)))
            .DistinctBy(target => target.Name),
    ];

    /// <summary>Its name, as nanoff takes it.</summary>
    public string Name => Firmware.Name;

    /// <summary>CPU clock that the image sets, in MHz.</summary>
    public int ClockMhz => Firmware.ClockMhz;

    /// <summary>Flash of the usual module, in MiB.</summary>
    public int FlashMb => Hardware.FlashMb;

    /// <summary>Finds a target.</summary>
    /// <exception cref="UserInputException">There is none of that name.</exception>
    public static FlashTarget Named(string name) =>
        All.FirstOrDefault(target => target.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UserInputException($"--target {name} is not a target of this project; it knows {string.Join(", ", All.Select(target => target.Name))}");

    /// <summary>Bytes for the application.</summary>
    /// <param name="flashMb">Flash of the module, in MiB.</param>
    /// <exception cref="UserInputException">The firmware has no partition table for that size.</exception>
    public int DeploymentSize(int flashMb) => Kib * Partitions(flashMb).DeploymentKib;

    /// <summary>Bytes of the board's drive I:, which its file system needs a part of.</summary>
    /// <param name="flashMb">Flash of the module, in MiB.</param>
    /// <exception cref="UserInputException">The firmware has no partition table for that size.</exception>
    public int StorageSize(int flashMb) => Kib * Partitions(flashMb).StorageKib;

    private FlashPartitions Partitions(int flashMb) =>
        Hardware.PartitionsOf(flashMb)
        ?? throw new UserInputException($"--flash-mb {flashMb}: the firmware has no partition table of that size for an {Hardware.Chip}");
}

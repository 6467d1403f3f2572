// The assemblies that consist of device code. All code that instruments, counts or checks device code takes the list from here.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.VirtualBoard.Loading;

/// <summary>Names of the assemblies of device code, as they are on a board and on the host.</summary>
public static class DeviceAssemblies
{
    /// <summary>The code that boards and gateways share.</summary>
    public const string Shared = "Crime.Shared";

    /// <summary>The kernels. Assemblies of compiled kernels refer to this one and to <see cref="Shared"/>.</summary>
    public const string Kernel = "Crime.Kernel";

    /// <summary>From samples to sequences and results, without a network.</summary>
    public const string Sensing = "Crime.Sensing";

    /// <summary>The library of a board: drivers, offloading, console, settings.</summary>
    public const string Device = "Crime.Device";

    /// <summary>The product's application.</summary>
    public const string Gestures = "Crime.Gestures";

    /// <summary>The application that measures another board.</summary>
    public const string Meter = "Crime.Meter";

    /// <summary>The smallest application of the library.</summary>
    public const string Minimal = "Crime.Minimal";

    /// <summary>The bench application.</summary>
    public const string Bench = "Crime.Bench";

    /// <summary>Libraries of the bench that hold nothing but compiled kernels and straight-line code: up to 64 KiB of byte code each.</summary>
    public static IReadOnlyList<string> BenchKernels { get; } = [Bench + ".Hidden16", Bench + ".Hidden24", Bench + ".Hidden32", Bench + ".Code"];

    /// <summary>All of them, each after those that it refers to.</summary>
    public static IReadOnlyList<string> All { get; } = [Shared, Kernel, Sensing, Device, Gestures, Meter, Minimal, .. BenchKernels, Bench];

    /// <summary>Begins the name, in .NET, of an assembly that a board has loaded while it ran. Such assemblies are device code too.</summary>
    internal const string LoadedPrefix = "Loaded.";

    /// <summary>Returns true when an assembly is device code that the firmware was built with.</summary>
    /// <param name="name">Simple name of the assembly; null for none.</param>
    public static bool Contains(string? name) => All.Contains(name);

    /// <summary>Returns true when an assembly is device code that a board has loaded while it ran.</summary>
    /// <param name="name">Simple name of the assembly in .NET; null for none.</param>
    public static bool IsLoaded(string? name) => name != null && name.StartsWith(LoadedPrefix, StringComparison.Ordinal);
}

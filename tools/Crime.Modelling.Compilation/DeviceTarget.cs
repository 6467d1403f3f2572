// The names by which a compiled kernel refers to the device library. They stand here and nowhere else: source and assemblies
// that the compiler writes follow.

using System;
using Crime.Model;

namespace Crime.Modelling.Compilation;

/// <summary>The device library that a kernel is compiled against.</summary>
/// <param name="Assembly">Name of the assembly that holds the base classes.</param>
/// <param name="KernelNamespace">Namespace of the base classes.</param>
/// <param name="Version">Version of that assembly. The board's CLR refuses another major or minor number.</param>
public sealed record DeviceTarget(string Assembly, string KernelNamespace, Version Version)
{
    /// <summary>The library of this product: all its assemblies have one version.</summary>
    public static DeviceTarget Default { get; } = new("Crime.Kernel", BaseNamespace, typeof(ModelFile).Assembly.GetName().Version!);

    /// <summary>Namespace of the base classes, as emitted source has it.</summary>
    internal const string BaseNamespace = "Crime.Kernel";
}

// A compiled kernel as it travels: assemblies that the board loads from memory, and the vectors that it checks them with.

namespace Crime.Packages;

/// <summary>A kernel package. Its parts are there once the reader is complete.</summary>
public sealed class KernelPackage
{
    internal KernelPackage(int partCount) => Parts = new byte[partCount][];

    /// <summary>Identity of the model that the kernel was compiled from.</summary>
    public uint ModelId { get; internal set; }

    /// <summary>The model's <c>FixedPointChecksum</c>: the kernel computes with these very weights.</summary>
    public uint FixedPointChecksum { get; internal set; }

    /// <summary>Major version of the device library that the assemblies refer to. The CLR refuses another one.</summary>
    public int LibraryMajor { get; internal set; }

    /// <summary>Minor version of the device library that the assemblies refer to. The CLR refuses another one.</summary>
    public int LibraryMinor { get; internal set; }

    /// <summary>Name of the class to make, with its namespace: a <c>CompiledModel</c> with a constructor without parameters. The last part has it.</summary>
    public string ClassName { get; internal set; }

    /// <summary>The assemblies, in the order in which they must be loaded.</summary>
    public byte[][] Parts { get; }

    /// <summary>Bytes of all assemblies: what they keep on the heap once they are loaded.</summary>
    public int PartsSizeBytes { get; internal set; }

    /// <summary>What the kernel must compute.</summary>
    public GoldenVectors Golden { get; internal set; }
}

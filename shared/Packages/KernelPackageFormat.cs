// The constants of a kernel package. SPEC.md, "The kernel package", is the text to these numbers.

namespace Crime.Packages;

/// <summary>Layout and limits of a <c>.kernel</c> file.</summary>
public static class KernelPackageFormat
{
    /// <summary>"CRKN" as a little-endian number.</summary>
    public const uint Magic = 0x4E4B5243;

    /// <summary>The version this code reads and writes.</summary>
    public const int Version = 1;

    /// <summary>Bytes of the header before the table of assemblies.</summary>
    public const int FixedHeaderSize = 32;

    /// <summary>Where the header holds its own size.</summary>
    public const int HeaderSizeOffset = 6;

    /// <summary>Bytes of one entry of the table of assemblies: size and CRC-32.</summary>
    public const int PartEntrySize = 8;

    /// <summary>Bytes of the CRC-32 that ends the header.</summary>
    public const int ChecksumSize = 4;

    /// <summary>Most assemblies.</summary>
    public const int MaxParts = 8;

    /// <summary>Largest assembly in bytes. A board's heap grants arrays of this size when it no longer grants one of 80 KB.</summary>
    public const int MaxPartSize = 30_000;

    /// <summary>Longest class name in bytes, with its namespace.</summary>
    public const int MaxClassNameLength = 250;

    /// <summary>Largest set of golden vectors in bytes.</summary>
    public const int MaxGoldenSize = 16 * 1024;

    /// <summary>Bytes of the golden vectors before the first sequence.</summary>
    public const int GoldenHeaderSize = 8;

    /// <summary>Bytes of a golden sequence before its values: length and class.</summary>
    public const int SequenceHeaderSize = 4;
}

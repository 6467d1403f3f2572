// Why a kernel package was refused. The reader returns a reason; it never throws because of what the bytes are.

namespace Crime.Packages;

/// <summary>Outcome of reading a kernel package.</summary>
public enum KernelPackageError
{
    /// <summary>Everything that was read so far is good.</summary>
    None = 0,

    /// <summary>Does not start with the letters CRKN.</summary>
    Magic = 1,

    /// <summary>Written by a version of the format that this reader does not know.</summary>
    Version = 2,

    /// <summary>The header's sizes contradict each other or leave the limits of the format.</summary>
    Header = 3,

    /// <summary>A CRC-32 does not match: the package was damaged in storage or transfer.</summary>
    Checksum = 4,

    /// <summary>Assemblies and golden vectors are larger than the caller allows.</summary>
    TooLarge = 5,

    /// <summary>The golden vectors do not fill their section exactly.</summary>
    Golden = 6,

    /// <summary>Bytes follow the end of the package.</summary>
    Trailing = 7,
}

/// <summary>Texts for <see cref="KernelPackageError"/> (the board's CLR prints an enum as a number).</summary>
public static class KernelPackageErrors
{
    /// <summary>One clause that says what is wrong, for a log line or the console.</summary>
    public static string Describe(KernelPackageError error)
    {
        switch (error)
        {
            case KernelPackageError.None: return "no error";
            case KernelPackageError.Magic: return "it does not start with CRKN (not a kernel package)";
            case KernelPackageError.Version: return "its format version is not supported";
            case KernelPackageError.Header: return "its header is inconsistent";
            case KernelPackageError.Checksum: return "a CRC-32 does not match (damaged)";
            case KernelPackageError.TooLarge: return "it is larger than the memory allowed for it";
            case KernelPackageError.Golden: return "its golden vectors are inconsistent";
            case KernelPackageError.Trailing: return "bytes follow its end";
            default: return "unknown reason";
        }
    }
}

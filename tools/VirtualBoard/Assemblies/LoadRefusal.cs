// The exceptions of Assembly.Load. The first two are those of the CLR, read in nf-interpreter's Assembly::Load and its table of exceptions;
// the third is the virtual board's own, for what a CLR would run and the virtual board cannot.

using System;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>Makes the exception that refuses an assembly.</summary>
internal static class LoadRefusal
{
    /// <summary>The marker, the table of names or a CRC is wrong: CLR_E_INVALID_PARAMETER on the device.</summary>
    public static ArgumentException Damaged(string what) => new($"the assembly is damaged: {what}");

    /// <summary>
    /// A library, class or member is missing, or the library's version differs: CLR_E_TYPE_UNAVAILABLE or CLR_E_FAIL on the device. The CLR
    /// has no class of exceptions for these codes and throws a plain one.
    /// </summary>
    public static Exception Unresolved(string what) => new($"the assembly cannot be linked: {what}");

    /// <summary>The assembly has contents that a compiled kernel does not have.</summary>
    /// <remarks>The device may run such an assembly, or end: its CLR checks neither indexes nor types.</remarks>
    public static NotSupportedException NotPlayed(string what, Exception? cause = null) =>
        new($"the virtual board does not load this assembly: {what}", cause);
}

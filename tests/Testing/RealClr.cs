using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Crime.Testing;

/// <summary>
/// The real nanoCLR. Environment variables say where it is and which assemblies were built for it. NuGet serves it for Windows only, so
/// a test on it runs in addition to one that runs everywhere.
/// </summary>
public static class RealClr
{
    /// <summary>Variable with the path of the nanoCLR.</summary>
    public const string Program = "NANOCLR";

    /// <summary>Variable with the folder of the bench's PE files.</summary>
    public const string BenchFolder = "CRIME_BENCH_PE";

    /// <summary>Variable with the folder of the firmware's PE files, built with baked inputs.</summary>
    public const string FirmwareFolder = "CRIME_FIRMWARE_PE";

    /// <summary>Variable with the path of a script that compiles an assembly for the nanoCLR.</summary>
    public const string Compiler = "CRIME_NANO_COMPILE";

    /// <summary>Returns one test case where the nanoCLR and another file or folder are known, and none elsewhere.</summary>
    /// <param name="variable">The variable that names the other file or folder. Its value is the case's second argument.</param>
    public static IEnumerable<TestCaseData> Cases(string variable)
    {
        string?[] values = [Environment.GetEnvironmentVariable(Program), Environment.GetEnvironmentVariable(variable)];
        return values.Contains(null) ? [] : [new TestCaseData(values[0], values[1])];
    }
}

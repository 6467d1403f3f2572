using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Crime.Testing;

/// <summary>
/// Data and models that lie beside the checkout, in ../shared or in the folder that CRIME_SHARED names. They are no part of the product.
/// What a test of the product needs is in the tree; a test with real data runs in addition where the data are.
/// </summary>
public static class ReferenceData
{
    /// <summary>The folder, or null where it is absent.</summary>
    public static string? Folder { get; } = FindFolder();

    /// <summary>Returns the path of a file or folder of the reference material.</summary>
    /// <param name="relative">Its path from the material's folder.</param>
    /// <exception cref="InvalidOperationException">It is absent. Cases that need it come from <see cref="Cases"/>.</exception>
    public static string PathOf(string relative)
    {
        string path = Path.Combine(Folder ?? "../shared", relative);
        return Path.Exists(path) ? path : throw new InvalidOperationException($"the reference material {path} is absent");
    }

    /// <summary>Returns test cases where the reference material is present, and none where it is absent.</summary>
    /// <param name="arguments">The arguments of each case.</param>
    public static IEnumerable<TestCaseData> Cases(params object?[][] arguments) =>
        Folder == null ? [] : arguments.Select(values => new TestCaseData(values));

    private static string? FindFolder()
    {
        string folder = Environment.GetEnvironmentVariable("CRIME_SHARED") ?? Checkout.PathOf("..", "shared");
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
    }
}

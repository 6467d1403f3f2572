using System;
using System.IO;
using NUnit.Framework;

namespace Crime.Modelling.Tests;

/// <summary>Data and models that lie beside the checkout and are no part of the product.</summary>
internal static class ReferenceData
{
    /// <summary>A folder or file under ../shared, or the test is skipped.</summary>
    public static string PathOrIgnore(string relative)
    {
        for (DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory); at != null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Crime.Embedded.sln"))) continue;
            string root = Environment.GetEnvironmentVariable("CRIME_SHARED") ?? Path.Combine(at.FullName, "..", "shared");
            string path = Path.Combine(root, relative);
            if (File.Exists(path) || Directory.Exists(path)) return path;
        }
        Assert.Ignore($"the reference material ../shared/{relative} (or CRIME_SHARED) is not here");
        throw new InvalidOperationException();
    }

    /// <summary>A folder of its own for a test's files.</summary>
    public static string NewFolder() =>
        Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "work", Guid.NewGuid().ToString("n"))).FullName;
}

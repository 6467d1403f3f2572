using System;
using System.IO;

namespace Crime.Testing;

/// <summary>The checkout that the running tests were built from.</summary>
public static class Checkout
{
    /// <summary>Folder of the solution.</summary>
    /// <exception cref="InvalidOperationException">The tests run outside the checkout.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>Returns the path of a file or folder in the checkout.</summary>
    /// <param name="parts">Its path from the root, in one part or several.</param>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Makes an empty folder below the tests' output folder.</summary>
    /// <returns>Its path.</returns>
    public static string NewFolder() =>
        Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "work", Guid.NewGuid().ToString("n"))).FullName;

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at != null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Crime.Embedded.sln"))) return at.FullName;
        throw new InvalidOperationException("the tests run outside the checkout: no Crime.Embedded.sln above " + AppContext.BaseDirectory);
    }
}

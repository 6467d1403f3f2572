using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Crime.House.Tests;

/// <summary>The files of the checkout that people write.</summary>
internal static class SourceTree
{
    private static readonly string[] s_ignored = ["bin", "obj", "artifacts", ".git", "TestResults"];

    public static string Root => Checkout.Root;

    /// <summary>Paths relative to the root, with '/' between folders.</summary>
    public static IEnumerable<string> Files(string extension) =>
        Directory.EnumerateFiles(Root, "*" + extension, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(s_ignored.Contains));

    public static string[] Lines(string relativePath) => File.ReadAllLines(Path.Combine(Root, relativePath));
}

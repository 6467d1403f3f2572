using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>Every C# file under firmware/ and shared/ is device code, and all of it is looked at.</summary>
public sealed class SourceTreeTests
{
    private static readonly string[] s_hostOnly =
    [
        "Span<", "List<", "Dictionary<", "IEnumerable<", "async ", "await ", "Task<", "System.Linq", "checked(", "[,]", "stackalloc", "volatile ",
        "#if", "#nullable",
    ];

    private static IEnumerable<string> Files()
    {
        DirectoryInfo? root = new(TestContext.CurrentContext.TestDirectory);
        while (root != null && !File.Exists(Path.Combine(root.FullName, "Crime.Embedded.sln"))) root = root.Parent;
        Assert.That(root, Is.Not.Null, "the tests run outside the checkout");
        return new[] { "firmware", "shared" }
            .SelectMany(folder => Directory.GetFiles(Path.Combine(root!.FullName, folder), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar))
            .Select(path => Path.GetRelativePath(root!.FullName, path));
    }

    [TestCaseSource(nameof(Files))]
    public void AFileHoldsNoHostOnlySyntax(string relativePath)
    {
        DirectoryInfo root = new(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Crime.Embedded.sln"))) root = root.Parent!;
        string[] lines = File.ReadAllLines(Path.Combine(root.FullName, relativePath));
        var found = lines.Select((line, index) => (line, index))
            .Where(item => !item.line.TrimStart().StartsWith("//"))
            .SelectMany(item => s_hostOnly.Where(item.line.Contains).Select(word => $"{relativePath}:{item.index + 1}: {word}"));
        Assert.That(found, Is.Empty);
    }
}

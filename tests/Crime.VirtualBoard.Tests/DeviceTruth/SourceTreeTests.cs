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

    private static IEnumerable<string> Files() => new[] { "firmware", "shared" }
        .SelectMany(folder => Directory.GetFiles(Checkout.PathOf(folder), "*.cs", SearchOption.AllDirectories))
        .Where(path => !path.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar))
        .Select(path => Path.GetRelativePath(Checkout.Root, path));

    [TestCaseSource(nameof(Files))]
    public void AFileHoldsNoHostOnlySyntax(string relativePath)
    {
        string[] lines = File.ReadAllLines(Checkout.PathOf(relativePath));
        var found = lines.Select((line, index) => (line, index))
            .Where(item => !item.line.TrimStart().StartsWith("//"))
            .SelectMany(item => s_hostOnly.Where(item.line.Contains).Select(word => $"{relativePath}:{item.index + 1}: {word}"));
        Assert.That(found, Is.Empty);
    }
}

using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NUnit.Framework;

namespace Crime.House.Tests;

/// <summary>The house's rules that a program can check.</summary>
public sealed partial class StyleTests
{
    private const int MaxFileLines = 450;
    private const int MaxMethodLines = 60;

    private static readonly string[] s_bannedWords = ["Manager", "Helper", "Util", "Utils", "Utility", "Common", "Misc"];

    private static IEnumerable<string> CSharpFiles() => SourceTree.Files(".cs");

    // What `crime compile` wrote is as long as its model is large.
    private static IEnumerable<string> FilesThatPeopleWrite() => CSharpFiles().Where(path => !path.EndsWith(".g.cs"));

    private static IEnumerable<string> ProductFiles() => CSharpFiles().Where(path => !path.StartsWith("tests/"));

    private static CompilationUnitSyntax Parse(string path) =>
        CSharpSyntaxTree.ParseText(string.Join('\n', SourceTree.Lines(path))).GetCompilationUnitRoot();

    [Test]
    public void FilesAreShortEnoughToHoldInMind() =>
        Assert.That(FilesThatPeopleWrite().Where(path => SourceTree.Lines(path).Length > MaxFileLines), Is.Empty);

    [Test]
    public void FilesOpenWithWhyTheyExist() =>
        Assert.That(ProductFiles().Where(path => !SourceTree.Lines(path)[0].StartsWith("// ")), Is.Empty);

    [Test]
    public void MethodsAreShort() => Assert.That(
        from path in FilesThatPeopleWrite()
        from method in Parse(path).DescendantNodes().OfType<BaseMethodDeclarationSyntax>()
        where LinesOf(method) > MaxMethodLines
        select $"{path}: {(method as MethodDeclarationSyntax)?.Identifier.Text ?? "constructor"} has {LinesOf(method)} lines", Is.Empty);

    // The device's own classes are open because the real ones are.
    [Test]
    public void ClassesAreSealedStaticOrAbstract() => Assert.That(
        from path in CSharpFiles()
        where !path.StartsWith("tools/VirtualBoard.Device/")
        from type in Parse(path).DescendantNodes().OfType<TypeDeclarationSyntax>()
        where type is ClassDeclarationSyntax or RecordDeclarationSyntax { ClassOrStructKeyword.RawKind: not (int)SyntaxKind.StructKeyword }
        where !type.Modifiers.Any(modifier => modifier.Text is "sealed" or "static" or "abstract")
        select $"{path}: {type.Identifier.Text}", Is.Empty);

    // Two of the device's types are called so by its authors.
    [Test]
    public void NamesSayWhatAThingIs() => Assert.That(
        from path in CSharpFiles()
        from type in Parse(path).DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        let name = type.Identifier.Text
        where name is not ("WifiNetworkHelper" or "NetworkHelperStatus")
        where Words(name).Concat(path.Split('/')).Any(s_bannedWords.Contains)
        select $"{path}: {name}", Is.Empty);

    [Test]
    public void NothingIsLeftUndone() => Assert.That(
        from path in CSharpFiles()
        from line in SourceTree.Lines(path)
        where Undone().IsMatch(line)
        select $"{path}: {line.Trim()}", Is.Empty);

    [Test]
    public void NoPathOfAMachineStandsInTheTree()
    {
        var found = new[] { ".cs", ".md", ".csproj", ".props", ".json", ".service", ".sln", ".sh" }.SelectMany(SourceTree.Files)
            .SelectMany(path => SourceTree.Lines(path).Select((line, index) => (Where: $"{path}:{index + 1}", line)))
            .Where(item => MachinePath().IsMatch(item.line)).Select(item => item.Where);
        Assert.That(found, Is.Empty);
    }

    [Test]
    public void NoLineIsLongerThanTheHouseAllows()
    {
        var found = CSharpFiles().SelectMany(path => SourceTree.Lines(path).Select((line, index) => (Where: $"{path}:{index + 1}", line.Length)))
            .Where(item => item.Length > 170).Select(item => item.Where);
        Assert.That(found, Is.Empty);
    }

    // What two test projects need is in Crime.Testing.
    [Test]
    public void NoTestProjectCompilesAFileOfAnother() => Assert.That(
        from path in SourceTree.Files(".csproj")
        where path.StartsWith("tests/Crime.")
        from line in SourceTree.Lines(path)
        where line.Contains("<Compile Include=")
        select $"{path}: {line.Trim()}", Is.Empty);

    private static int LinesOf(SyntaxNode node)
    {
        FileLinePositionSpan span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static IEnumerable<string> Words(string name) => Word().Matches(name).Select(match => match.Value);

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Word();

    // The brackets keep the pattern from finding itself.
    [GeneratedRegex(@"NotImplemente[d]Exception|\b(TOD[O]|FIXM[E]|HAC[K]|XX[X])\b")]
    private static partial Regex Undone();

    [GeneratedRegex("(^|[^A-Za-z0-9_.])/(work|home|root|Users)/")]
    private static partial Regex MachinePath();
}

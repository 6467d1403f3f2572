using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Crime.DeviceCode.Api;
using Crime.DeviceCode.Projects;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>The stand-ins for a nanoCLR on a host replace packages of the firmware, and have no member that the real assemblies lack.</summary>
public sealed class RealClrProjectsTests
{
    private const string Folder = "tests/RealClr";
    private const string Files = "RealClr.Files";

    private static readonly DeviceTree s_tree = DeviceTree.Find(TestContext.CurrentContext.TestDirectory)!;

    private static readonly string[] s_names = Directory.GetDirectories(Path.Combine(s_tree.Root, Folder))
        .Select(path => Path.GetFileName(path)).Where(name => name is not ("bin" or "obj")).Order().ToArray();

    private static string ProjectPath(string name) => $"{Folder}/{name}/{name}.csproj";

    private static XElement Load(string path) => XDocument.Load(Path.Combine(s_tree.Root, path)).Root!;

    private static IEnumerable<string> Items(XElement project, string name, string attribute) =>
        project.Descendants(name).Select(item => item.Attribute(attribute)?.Value).OfType<string>();

    [Test]
    public void EachReplacedPackageHasAStandInAndIsOneOfTheFirmware()
    {
        XElement targets = Load("firmware/Sdk/Directory.Build.targets");
        string[] removed = Items(targets, "PackageReference", "Remove").ToArray();
        var firmware = new DeviceProject(s_tree, "firmware/Sdk/Device/Crime.Device.csproj");
        Assert.That(firmware.Packages.Keys, Is.SupersetOf(removed));
        Assert.That(removed.Select(name => name.Replace("nanoFramework.System.", "System.", StringComparison.Ordinal)), Is.EquivalentTo(s_names.Except([Files])));
        Assert.That(Items(targets, "ProjectReference", "Include").Single(), Does.EndWith("../../tests/RealClr/*/*.csproj"));
    }

    [TestCaseSource(nameof(s_names))]
    public void AStandInIsADeviceProjectOfTheAssemblysName(string name)
    {
        XElement project = Load(ProjectPath(name));
        Assert.That(project.Attribute("Sdk")!.Value, Is.EqualTo("nanoFramework.NET.Sdk"));
        Assert.That(project.Descendants("AssemblyName").Single().Value, Is.EqualTo(name));
        string[] expected = name == Files ? ["NoFiles.cs", "../../../artifacts/realclr/BakedFiles.g.cs"] : ["*.cs"];
        Assert.That(Items(project, "Compile", "Include"), Is.EqualTo(expected));
        string solution = File.ReadAllText(Path.Combine(s_tree.Root, "Crime.Embedded.sln"));
        Assert.That(solution, Does.Not.Contain(name + ".csproj"));
    }

    [TestCaseSource(nameof(s_names))]
    public void AStandInPinsTheVersionsOfTheFirmware(string name)
    {
        var project = new DeviceProject(s_tree, ProjectPath(name));
        Assert.That(new DeviceProject(s_tree, "firmware/Sdk/Device/Crime.Device.csproj").Packages, Is.SupersetOf(project.Packages));
        foreach (string other in project.Projects) Assert.That(File.Exists(Path.Combine(s_tree.Root, other)), Is.True, other);
    }

    // The assembly with the baked files has no counterpart on boards.
    private static IEnumerable<string> StandIns() => s_names.Except([Files]);

    [TestCaseSource(nameof(StandIns))]
    public void EachPublicMemberOfAStandInExistsOnTheRealAssembly(string name)
    {
        SyntaxTree[] sources = Directory.GetFiles(Path.Combine(s_tree.Root, Folder, name), "*.cs")
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), path: path)).ToArray();
        // Names are resolved against .NET and the virtual board; the bodies need not compile here.
        IEnumerable<string> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(SpanByte).Assembly.Location).Distinct();
        var compilation = CSharpCompilation.Create(name, sources, references.Select(path => MetadataReference.CreateFromFile(path)));
        string[] members = Types(compilation.Assembly.GlobalNamespace).SelectMany(Surface).ToArray();
        Assert.That(members, Is.Not.Empty);
        Assert.That(members.Where(id => !DeviceApi.Bundled.Contains(id)), Is.Empty);
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol parent)
    {
        foreach (ISymbol member in parent.GetMembers())
        {
            if (member is not INamespaceOrTypeSymbol inner) continue;
            if (inner is INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public } type) yield return type;
            if (inner is INamespaceSymbol or INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public })
                foreach (INamedTypeSymbol nested in Types(inner)) yield return nested;
        }
    }

    private static IEnumerable<string> Surface(INamedTypeSymbol type) => type.GetMembers()
        .Where(member => member is { DeclaredAccessibility: Accessibility.Public, IsImplicitlyDeclared: false } and (IMethodSymbol or IFieldSymbol))
        .Where(member => !member.IsOverride).Append(type).Select(member => member.GetDocumentationCommentId()!);
}

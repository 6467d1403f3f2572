using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Crime.Modelling.Compilation;
using NUnit.Framework;

namespace Crime.House.Tests;

/// <summary>
/// The CLR of a board refuses a kernel that refers to another version of a library. Neither of the device's project systems builds on every
/// machine, so what gives the assemblies their version is held here.
/// </summary>
public sealed partial class VersionTests
{
    private const string VersionFile = "firmware/AssemblyVersion.cs";

    private static readonly string[] s_stable = SourceTree.Files(".nfproj").ToArray();
    private static readonly string[] s_sdk = SourceTree.Files(".csproj").Where(path => path.StartsWith("firmware/Sdk/", StringComparison.Ordinal)).ToArray();

    private static Version OfDevice { get; } = Version.Parse(Attribute().Match(Text(VersionFile)).Groups[1].Value);

    [Test]
    public void TheDeviceHasTheVersionOfTheProduct()
    {
        string product = Property("Directory.Build.props", "Version").Single();
        Assert.That(OfDevice, Is.EqualTo(Version.Parse(product + ".0")));
        Assert.That(FirmwareLine().Match(Text("firmware/Crime.Device/App/Report.cs")).Groups[1].Value, Is.EqualTo(product), "the console's first line");
    }

    [Test]
    public void AKernelRefersToTheVersionOfTheDevice()
    {
        Assert.That(DeviceTarget.Default.Version, Is.EqualTo(OfDevice));
        string[] names = s_stable.Select(path => Path.GetFileNameWithoutExtension(path)).ToArray();
        Assert.That(names, Has.Member(DeviceTarget.Default.Assembly));
        // The builds of this machine have it from the same file.
        foreach (string name in names) Assert.That(Assembly.Load(name).GetName().Version, Is.EqualTo(OfDevice), name);
    }

    [Test]
    public void EveryDeviceProjectCompilesTheVersionOnce()
    {
        Assert.That((s_stable.Length, s_sdk.Length), Is.EqualTo((12, 12)), "projects");
        foreach (string path in s_stable.Concat(s_sdk))
        {
            IEnumerable<string> included = Project(path).Descendants().Where(item => item.Name.LocalName == "Compile")
                .SelectMany(item => item.Attribute("Include")!.Value.Split(';')).Where(include => !include.Contains('*')).Select(include => Resolve(path, include));
            Assert.That(included.Count(include => include == VersionFile), Is.EqualTo(1), path);
        }
    }

    /// <summary>A second attribute is an error of the compiler, which only the device's builds would show.</summary>
    [Test]
    public void NothingElseGivesADeviceAssemblyItsVersion()
    {
        Assert.That(Property("firmware/Sdk/Directory.Build.props", "GenerateAssemblyVersionAttribute"), Is.EqualTo(new[] { "false" }));
        foreach (string path in s_stable.Concat(s_sdk).Append("firmware/Sdk/Directory.Build.props"))
            foreach (string name in new[] { "AssemblyVersion", "Version" }) Assert.That(Property(path, name), Is.Empty, path);
        string[] folders = ["firmware/", "shared/"];
        IEnumerable<string> code = SourceTree.Files(".cs").Where(path => folders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)));
        Assert.That(code.Where(path => Text(path).Contains("[assembly: AssemblyVersion", StringComparison.Ordinal)), Is.EqualTo(new[] { VersionFile }));
    }

    private static string Text(string path) => string.Join('\n', SourceTree.Lines(path));

    private static XElement Project(string path) => XDocument.Load(Path.Combine(SourceTree.Root, path)).Root!;

    private static string[] Property(string path, string name) => Project(path).Elements().Where(group => group.Name.LocalName == "PropertyGroup")
        .Elements().Where(property => property.Name.LocalName == name).Select(property => property.Value).ToArray();

    private static string Resolve(string project, string include)
    {
        string folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, project))!;
        return Path.GetRelativePath(SourceTree.Root, Path.GetFullPath(Path.Combine(folder, include.Replace('\\', '/')))).Replace('\\', '/');
    }

    [GeneratedRegex("""^\[assembly: AssemblyVersion\("([0-9.]+)"\)\]$""", RegexOptions.Multiline)]
    private static partial Regex Attribute();

    [GeneratedRegex("firmware ([0-9.]+)\"")]
    private static partial Regex FirmwareLine();
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>A device project as a file: its sources, packages and assemblies. Neither project system is needed to read it.</summary>
internal sealed class DeviceProject
{
    private readonly string _folder;
    private readonly XElement _project;

    public DeviceProject(string relativePath)
    {
        string path = Path.Combine(Root, relativePath);
        _folder = Path.GetDirectoryName(path)!;
        _project = XDocument.Load(path).Root!;
    }

    public static string Root
    {
        get
        {
            for (DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory); at != null; at = at.Parent)
                if (File.Exists(Path.Combine(at.FullName, "Crime.Embedded.sln"))) return at.FullName;
            throw new InvalidOperationException("the tests run outside the checkout");
        }
    }

    /// <summary>All device code of the tree, relative to the root.</summary>
    public static IReadOnlyList<string> DeviceFiles { get; } = new[] { "firmware", "shared" }
        .SelectMany(folder => Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Where(path => !path.Split('/').Any(part => part is "bin" or "obj")).ToList();

    /// <summary>What it compiles, relative to the root, each file as often as it is named.</summary>
    public IReadOnlyList<string> Sources => Items("Compile").SelectMany(item =>
    {
        Regex[] include = Globs(item.Attribute("Include")), exclude = Globs(item.Attribute("Exclude"));
        return DeviceFiles.Where(path => include.Any(glob => glob.IsMatch(path)) && !exclude.Any(glob => glob.IsMatch(path)));
    }).ToList();

    /// <summary>Packages with their versions as written: in packages.config beside it, or in the project.</summary>
    public IReadOnlyDictionary<string, string> Packages
    {
        get
        {
            string config = Path.Combine(_folder, "packages.config");
            return File.Exists(config)
                ? XDocument.Load(config).Root!.Elements().ToDictionary(item => item.Attribute("id")!.Value, item => item.Attribute("version")!.Value)
                : Items("PackageReference").ToDictionary(item => item.Attribute("Include")!.Value, item => item.Attribute("Version")!.Value);
        }
    }

    /// <summary>Assemblies with where they lie.</summary>
    public IReadOnlyDictionary<string, string> Assemblies =>
        Items("Reference").ToDictionary(item => item.Attribute("Include")!.Value, item => item.Elements().Single().Value.Replace('\\', '/'));

    /// <summary>Projects that it refers to, relative to the root.</summary>
    public IReadOnlyList<string> Projects => Items("ProjectReference")
        .Select(item => Path.GetRelativePath(Root, Path.GetFullPath(Path.Combine(_folder, item.Attribute("Include")!.Value.Replace('\\', '/')))).Replace('\\', '/'))
        .ToList();

    private IEnumerable<XElement> Items(string name) => _project.Descendants().Where(item => item.Name.LocalName == name);

    private Regex[] Globs(XAttribute? attribute) => (attribute?.Value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(Glob).ToArray();

    /// <summary>MSBuild's wildcards: ** is any number of folders, * stays within one.</summary>
    private Regex Glob(string pattern)
    {
        string path = Path.GetRelativePath(Root, Path.GetFullPath(Path.Combine(_folder, pattern.Replace('\\', '/')))).Replace('\\', '/');
        string regex = Regex.Escape(path).Replace(@"\*\*/", "(.*/)?").Replace(@"\*\*", ".*").Replace(@"\*", "[^/]*");
        return new Regex($"^{regex}$", RegexOptions.CultureInvariant);
    }
}

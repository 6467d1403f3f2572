// A device project as a file. Neither of the device's project systems is needed to read it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Crime.DeviceCode.Projects;

/// <summary>The sources, packages and assemblies that a device project names.</summary>
public sealed class DeviceProject
{
    private readonly DeviceTree _tree;
    private readonly string _folder;
    private readonly XElement _project;

    /// <summary>Reads a project.</summary>
    /// <param name="tree">The source tree that the project is part of.</param>
    /// <param name="relativePath">The project's file, relative to the tree's root.</param>
    public DeviceProject(DeviceTree tree, string relativePath)
    {
        _tree = tree;
        Path = relativePath;
        string path = System.IO.Path.Combine(tree.Root, relativePath);
        _folder = System.IO.Path.GetDirectoryName(path)!;
        _project = XDocument.Load(path).Root!;
    }

    /// <summary>The project's file, relative to the tree's root.</summary>
    public string Path { get; }

    /// <summary>Name of the assembly that the project builds.</summary>
    public string AssemblyName => _project.Descendants().FirstOrDefault(item => item.Name.LocalName == "AssemblyName")?.Value
        ?? System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The files that the project compiles, relative to the tree's root, each as often as the project names it.</summary>
    public IReadOnlyList<string> Sources => Items("Compile").SelectMany(item =>
    {
        Regex[] include = Globs(item.Attribute("Include")), exclude = Globs(item.Attribute("Exclude"));
        return _tree.Files.Where(path => include.Any(glob => glob.IsMatch(path)) && !exclude.Any(glob => glob.IsMatch(path)));
    }).ToList();

    /// <summary>Packages with their versions as written: in packages.config beside the project, or in the project.</summary>
    public IReadOnlyDictionary<string, string> Packages
    {
        get
        {
            string config = System.IO.Path.Combine(_folder, "packages.config");
            return File.Exists(config)
                ? XDocument.Load(config).Root!.Elements().ToDictionary(item => item.Attribute("id")!.Value, item => item.Attribute("version")!.Value)
                : Items("PackageReference").ToDictionary(item => item.Attribute("Include")!.Value, item => item.Attribute("Version")!.Value);
        }
    }

    /// <summary>The assemblies that the project references, with the paths of their files.</summary>
    public IReadOnlyDictionary<string, string> Assemblies =>
        Items("Reference").ToDictionary(item => item.Attribute("Include")!.Value, item => item.Elements().Single().Value.Replace('\\', '/'));

    /// <summary>The projects that the project references, relative to the tree's root.</summary>
    public IReadOnlyList<string> Projects => Items("ProjectReference").Select(item => Resolve(item.Attribute("Include")!.Value)).ToList();

    private IEnumerable<XElement> Items(string name) => _project.Descendants().Where(item => item.Name.LocalName == name);

    private Regex[] Globs(XAttribute? attribute) => (attribute?.Value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(Glob).ToArray();

    /// <summary>MSBuild's wildcards: ** is any number of folders, * stays within one.</summary>
    private Regex Glob(string pattern)
    {
        string regex = Regex.Escape(Resolve(pattern)).Replace(@"\*\*/", "(.*/)?").Replace(@"\*\*", ".*").Replace(@"\*", "[^/]*");
        return new Regex($"^{regex}$", RegexOptions.CultureInvariant);
    }

    private string Resolve(string path) =>
        System.IO.Path.GetRelativePath(_tree.Root, System.IO.Path.GetFullPath(System.IO.Path.Combine(_folder, path.Replace('\\', '/')))).Replace('\\', '/');
}

// A checkout of the product, or a copy of one: where its device code lies and which projects build it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Crime.DeviceCode.Projects;

/// <summary>The device code of a source tree.</summary>
public sealed class DeviceTree
{
    private const string Solution = "Crime.Embedded.sln";
    private const string ProjectFolder = "firmware";

    private static readonly string[] s_folders = [ProjectFolder, "shared"];

    /// <summary>Reads which files and projects there are.</summary>
    /// <param name="root">The tree's root.</param>
    public DeviceTree(string root)
    {
        Root = Path.GetFullPath(root);
        Files = s_folders.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists).SelectMany(FilesBelow)
            .Select(path => RelativeTo(Root, path)).ToList();
        Projects = Sort(Directory.GetFiles(Path.Combine(Root, ProjectFolder), "*.nfproj", SearchOption.AllDirectories)
            .Select(path => new DeviceProject(this, RelativeTo(Root, path))).OrderBy(project => project.Path, StringComparer.Ordinal).ToList());
    }

    /// <summary>Full path of the tree's root.</summary>
    public string Root { get; }

    /// <summary>All device code of the tree, relative to the root, with forward slashes.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The projects, each after those that it references.</summary>
    public IReadOnlyList<DeviceProject> Projects { get; }

    /// <summary>Returns the tree that a folder belongs to, or null where the folder is in none.</summary>
    /// <param name="folder">Where the search begins; it goes up from there.</param>
    public static DeviceTree? Find(string folder)
    {
        for (DirectoryInfo? at = new(Path.GetFullPath(folder)); at != null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, Solution))) continue;
            return Directory.Exists(Path.Combine(at.FullName, ProjectFolder)) ? new DeviceTree(at.FullName) : null;
        }
        return null;
    }

    /// <summary>Returns the C# files below a folder, without those of builds, as full paths in order.</summary>
    /// <param name="folder">The folder.</param>
    public static IEnumerable<string> FilesBelow(string folder) =>
        Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !RelativeTo(folder, path).Split('/').Any(part => part is "bin" or "obj")).Order(StringComparer.Ordinal);

    /// <summary>Returns a path relative to a folder, with forward slashes.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">A path below it.</param>
    public static string RelativeTo(string folder, string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');

    private static List<DeviceProject> Sort(List<DeviceProject> projects)
    {
        var sorted = new List<DeviceProject>();
        foreach (DeviceProject project in projects) Add(project);
        return sorted;

        void Add(DeviceProject project)
        {
            if (sorted.Contains(project)) return;
            foreach (DeviceProject needed in projects.Where(other => project.Projects.Contains(other.Path) && other != project)) Add(needed);
            sorted.Add(project);
        }
    }
}

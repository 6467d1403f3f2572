// The gate: compiles device code from source and applies every rule to it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Compilation;
using Crime.DeviceCode.Flow;
using Crime.DeviceCode.Projects;
using Crime.DeviceCode.Rules;
using Microsoft.CodeAnalysis;
using Mono.Cecil;

namespace Crime.DeviceCode;

/// <summary>Finds what the nanoFramework CLR treats otherwise than .NET.</summary>
public static class DeviceGate
{
    private static readonly string[] s_compilerAdds = ["<Module>", "<PrivateImplementationDetails>", "Microsoft.CodeAnalysis", "System.Runtime.CompilerServices."];

    /// <summary>Checks the device code of a source tree: every device project, with the assemblies that it references.</summary>
    /// <param name="tree">The tree.</param>
    /// <exception cref="DeviceSourceException">The tree has no device project.</exception>
    public static GateReport CheckTree(DeviceTree tree)
    {
        if (tree.Projects.Count == 0)
            throw new DeviceSourceException($"{tree.Root} has no device project (firmware/**/*.nfproj): give the folder of device code with --source");
        using var check = new Check(tree.Root);
        foreach (DeviceProject project in tree.Projects) check.Add(project.AssemblyName, project.Sources.Distinct().ToList(), tree.Projects, project);
        return check.Run();
    }

    /// <summary>
    /// Checks all C# files below a folder. Files that belong to a device project of a source tree are checked as part of it; others are taken for
    /// one assembly that refers to the product's.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DeviceSourceException">The folder does not exist or has no C# file.</exception>
    public static GateReport CheckFolder(string folder)
    {
        if (!Directory.Exists(folder)) throw new DeviceSourceException($"{folder} is not a folder");
        string root = Path.GetFullPath(folder);
        if (DeviceTree.Find(root) is { } tree)
        {
            if (tree.Root == root) return CheckTree(tree);
            string below = DeviceTree.RelativeTo(tree.Root, root) + "/";
            if (tree.Projects.Any(project => project.Sources.Any(path => path.StartsWith(below, StringComparison.Ordinal)))) return CheckTree(tree).Below(below);
        }
        List<string> files = DeviceTree.FilesBelow(root).Select(path => DeviceTree.RelativeTo(root, path)).ToList();
        if (files.Count == 0) throw new DeviceSourceException($"{folder} has no C# file");
        using var check = new Check(root);
        check.Add(Path.GetFileName(root.TrimEnd(Path.DirectorySeparatorChar)) is { Length: > 0 } name ? name : "Source", files, [], null);
        return check.Run();
    }

    /// <summary>One run over one or several assemblies.</summary>
    private sealed class Check(string root) : IDisposable
    {
        private readonly List<(DeviceUnit Unit, DeviceProject? Project, int FileCount)> _units = [];
        private readonly UnitResolver _resolver = new();

        public void Add(string name, IReadOnlyList<string> files, IReadOnlyList<DeviceProject> projects, DeviceProject? project)
        {
            IEnumerable<MetadataReference> needed = project == null
                ? DeviceReferences.Product
                : Needed(project, projects).Select(other => _units.First(item => item.Project == other).Unit.Reference).OfType<MetadataReference>();
            DeviceUnit unit = DeviceUnit.Compile(name, root, files, needed.ToList(), _resolver);
            if (unit.Assembly != null) _resolver.Add(unit.Assembly);
            _units.Add((unit, project, files.Count));
        }

        public GateReport Run()
        {
            var findings = new HashSet<Finding>(_units.SelectMany(item => item.Unit.Findings));
            foreach (var (unit, project, _) in _units)
            {
                if (unit.Assembly == null) continue;
                var assemblies = project?.Assemblies.Keys.ToHashSet();
                IEnumerable<Fault> faults = ClrRules.InAssembly(unit.Assembly.MainModule).Concat(TypesOf(unit).SelectMany(ClrRules.InType));
                if (unit.Findings.Count == 0) faults = faults.Concat(TypesOf(unit).SelectMany(type => MemberRules.InType(type, assemblies)));
                if (project != null) faults = faults.Concat(TypesOf(unit).SelectMany(ClrRules.SharedState));
                findings.UnionWith(faults.Select(unit.Locate));
            }
            findings.UnionWith(Flows());
            return new GateReport(
                findings.OrderBy(found => found.File, StringComparer.Ordinal).ThenBy(found => found.Line).ThenBy(found => found.Reason, StringComparer.Ordinal).ToList(),
                _units.Sum(item => item.FileCount));
        }

        public void Dispose()
        {
            foreach (var (unit, _, _) in _units) unit.Dispose();
            _resolver.Dispose();
        }

        private IEnumerable<Finding> Flows()
        {
            Dictionary<ModuleDefinition, DeviceUnit> units = _units.Select(item => item.Unit).Where(unit => unit.Assembly != null)
                .ToDictionary(unit => unit.Assembly!.MainModule);
            var (reads, zeroDivisors) = ProgramFlow.Run(units.Values.SelectMany(TypesOf));
            foreach (ElementRead read in reads)
                yield return units[read.Method.Module].Locate(new Fault(
                    read.Method, read.At, $"an element of a string array that may be unset is {read.Use}: it is not null on a device, and comparing it ends the CLR; "
                        + "set every element where the array is made, or branch on null first"));
            foreach (var (method, at) in zeroDivisors)
                yield return units[method.Module].Locate(new Fault(method, at, "division by zero throws a plain System.Exception, also for floating-point numbers"));
        }

        private static IEnumerable<DeviceProject> Needed(DeviceProject project, IReadOnlyList<DeviceProject> projects)
        {
            var needed = new HashSet<DeviceProject>();
            void Add(DeviceProject user)
            {
                foreach (DeviceProject other in projects.Where(other => user.Projects.Contains(other.Path)))
                    if (needed.Add(other)) Add(other);
            }
            Add(project);
            return needed;
        }

        /// <summary>The types that somebody wrote: the compiler adds others.</summary>
        private static IEnumerable<TypeDefinition> TypesOf(DeviceUnit unit) =>
            unit.Assembly!.MainModule.GetTypes().Where(type => !s_compilerAdds.Any(name => type.FullName.StartsWith(name, StringComparison.Ordinal)));
    }
}

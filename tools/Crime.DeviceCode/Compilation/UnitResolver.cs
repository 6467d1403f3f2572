// Finds the assemblies that code under check refers to.

using System.Collections.Generic;
using Mono.Cecil;

namespace Crime.DeviceCode.Compilation;

/// <summary>Resolves to assemblies compiled in this run before those installed with this tool.</summary>
internal sealed class UnitResolver : DefaultAssemblyResolver
{
    private readonly Dictionary<string, AssemblyDefinition> _compiled = [];

    public UnitResolver()
    {
        foreach (string folder in DeviceReferences.Folders) AddSearchDirectory(folder);
    }

    /// <summary>Makes an assembly of this run known.</summary>
    /// <param name="assembly">The assembly.</param>
    public void Add(AssemblyDefinition assembly) => _compiled[assembly.Name.Name] = assembly;

    /// <inheritdoc/>
    public override AssemblyDefinition Resolve(AssemblyNameReference name) =>
        _compiled.TryGetValue(name.Name, out AssemblyDefinition? found) ? found : base.Resolve(name);
}

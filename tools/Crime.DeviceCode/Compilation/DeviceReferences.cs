// What device code compiles against on this machine.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Api;
using Microsoft.CodeAnalysis;
using Mono.Cecil;

namespace Crime.DeviceCode.Compilation;

/// <summary>Reference assemblies: .NET reduced to what a device has, the device's own libraries, and the product's device assemblies.</summary>
internal static class DeviceReferences
{
    /// <summary>The device's libraries as the virtual board has them.</summary>
    private const string DeviceLibraries = "Crime.VirtualBoard.Device";

    /// <summary>.NET's own has the names of the device's, which the virtual board has.</summary>
    private const string ReplacedByDevice = "System.Net.Http";

    /// <summary>Assemblies of .NET that define types which a device has too.</summary>
    private static readonly string[] s_platform =
    [
        "System.Private.CoreLib", "System.Private.Uri", "System.Runtime", "System.Runtime.Extensions", "System.Console", "System.Collections",
        "System.Collections.NonGeneric", "System.Threading", "System.Threading.Thread", "System.Net.Primitives", "System.Net.Sockets", "System.Net.Security",
        "System.Net.NetworkInformation", "System.Net.Requests", "System.Net.WebHeaderCollection", "System.Security.Cryptography", "System.IO.Hashing",
    ];

    private static readonly Lazy<IReadOnlyDictionary<string, string>> s_installed = new(() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .GroupBy(path => Path.GetFileNameWithoutExtension(path)).ToDictionary(group => group.Key, group => group.First()));

    private static readonly Lazy<IReadOnlyList<MetadataReference>> s_device = new(MakeDevicePlatform);

    private static readonly Lazy<IReadOnlyList<MetadataReference>> s_dotnet = new(() =>
        s_installed.Value.Where(pair => pair.Key.StartsWith("System.", StringComparison.Ordinal) && pair.Key != ReplacedByDevice)
            .Select(pair => (MetadataReference)MetadataReference.CreateFromFile(pair.Value)).Append(FromFile(DeviceLibraries)).ToList());

    /// <summary>A device's platform, without any code of the product.</summary>
    public static IReadOnlyList<MetadataReference> Device => s_device.Value;

    /// <summary>All of .NET with the device's libraries: for code that a device's compiler rejects, to find what else is wrong with it.</summary>
    public static IReadOnlyList<MetadataReference> DotNet => s_dotnet.Value;

    /// <summary>The product's device assemblies, compiled with this tool.</summary>
    public static IReadOnlyList<MetadataReference> Product { get; } =
        s_installed.Value.Keys.Where(name => name is "Crime.Shared" or "Crime.Kernel" or "Crime.Sensing" or "Crime.Device")
            .Order(StringComparer.Ordinal).Select(FromFile).ToList();

    /// <summary>Folders with the files of these assemblies.</summary>
    public static IEnumerable<string> Folders => s_installed.Value.Values.Select(path => Path.GetDirectoryName(path)!).Distinct();

    private static MetadataReference FromFile(string assembly) => MetadataReference.CreateFromFile(s_installed.Value[assembly]);

    private static List<MetadataReference> MakeDevicePlatform()
    {
        var own = new HashSet<string>();
        IEnumerable<string> used;
        AssemblyNameReference spanAssembly;
        using (var libraries = AssemblyDefinition.ReadAssembly(s_installed.Value[DeviceLibraries]))
        {
            own.UnionWith(libraries.MainModule.GetTypes().Where(type => type.IsPublic).Select(type => type.FullName));
            spanAssembly = libraries.Name;
            used = libraries.MainModule.AssemblyReferences.Select(reference => reference.Name).ToList();
        }
        var names = s_platform.Union(used).Where(name => name.StartsWith("System.", StringComparison.Ordinal) && name != ReplacedByDevice);
        var references = names.Where(s_installed.Value.ContainsKey)
            .Select(name => (MetadataReference)MetadataReference.CreateFromImage(PlatformFilter.Run(s_installed.Value[name], DeviceApi.Bundled, own, spanAssembly)))
            .ToList();
        references.Add(FromFile(DeviceLibraries));
        return references;
    }
}

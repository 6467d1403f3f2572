// Compiles device code as a board's release build does - same language, optimised, no debug information - so that what is
// counted and tested here is what a board executes.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Crime.DeviceCode.Compilation;
using Crime.Kernel;
using Crime.VirtualBoard.Loading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Crime.Modelling.Compilation;

/// <summary>Compiles device code against the firmware.</summary>
public static class DeviceCompiler
{
    /// <summary>Compiles a file to an assembly.</summary>
    /// <param name="assemblyName">Name of the assembly.</param>
    /// <param name="source">One file of C#.</param>
    /// <returns>The assembly; the same for the same source.</returns>
    /// <exception cref="InvalidOperationException">The source does not compile: the emitter is wrong.</exception>
    public static byte[] Compile(string assemblyName, string source)
    {
        var compilation = CSharpCompilation.Create(
            assemblyName,
            [CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(DeviceLanguage.Version))],
            References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        if (!result.Success)
            throw new InvalidOperationException("device code does not compile: " + result.Diagnostics.First(found => found.Severity == DiagnosticSeverity.Error));
        return image.ToArray();
    }

    /// <summary>Compiles an emitted kernel and makes one, to run on this machine.</summary>
    public static CompiledModel Load(EmittedKernel kernel) => Load(kernel.Source, kernel.FullName);

    /// <summary>A file of device code under Reference/.</summary>
    internal static string ReadReference(string file)
    {
        using var reader = new StreamReader(typeof(DeviceCompiler).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    private static CompiledModel Load(string source, string type)
    {
        var context = new AssemblyLoadContext(type, isCollectible: true);
        using var image = new MemoryStream(Compile(type, source));
        Assembly assembly = context.LoadFromStream(image);
        return (CompiledModel)Activator.CreateInstance(assembly.GetType(type, throwOnError: true)!)!;
    }

    private static IEnumerable<MetadataReference> References()
    {
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return platform.Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path)
                is "System.Runtime" or "System.Private.CoreLib" or DeviceAssemblies.Shared or DeviceAssemblies.Kernel)
            .Select(path => MetadataReference.CreateFromFile(path));
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Crime.DeviceCode.Compilation;
using Crime.Modelling.Compilation;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Tests.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>Device code of a test, compiled and instrumented beside the firmware.</summary>
internal static class DeviceProgram
{
    private static readonly Lazy<Assembly> s_driver = new(() => Compile(DeviceAssemblies.LoadedPrefix + "Driver", Source("KernelDriver.cs")));

    private static readonly Lazy<Assembly> s_probe = new(() => Compile(
        DeviceAssemblies.LoadedPrefix + "Probe",
        Source("KernelProbe.cs"),
        "namespace Crime.KernelProbe { public static class Cases { public static void RunAll() { } public static byte[][] Refused() => new byte[0][]; } }"));

    /// <summary>Kernels and assemblies as a board uses them.</summary>
    public static Driver Driver { get; } = new(s_driver.Value.GetType("Crime.KernelDriver.Driver", throwOnError: true)!);

    /// <summary>The program of the test on the real CLR: compares a package's kernel with the table-driven one.</summary>
    /// <returns>The first difference; null for none.</returns>
    public static string? Probe(byte[] image, byte[] package)
    {
        MethodInfo method = s_probe.Value.GetType("Crime.KernelProbe.Program", throwOnError: true)!
            .GetMethod("FirstDifference", BindingFlags.NonPublic | BindingFlags.Static, [typeof(byte[][]), typeof(byte[][])])!;
        return method.CreateDelegate<Func<byte[][], byte[][], string?>>()([image], [package]);
    }

    /// <summary>An object of the firmware's own, by the name of its class.</summary>
    public static object New(string assembly, string className) =>
        Activator.CreateInstance(Firmware.LoadFromAssemblyName(new AssemblyName(assembly)).GetType(className, throwOnError: true)!)!;

    /// <summary>The compiled model of emitted source, as part of the firmware.</summary>
    public static object Emitted(EmittedKernel emitted) =>
        Activator.CreateInstance(Compile(DeviceAssemblies.LoadedPrefix + "Emitted", emitted.Source).GetType(emitted.FullName, throwOnError: true)!)!;

    private static AssemblyLoadContext Firmware => FirmwareImage.Get(TestBoards.Profile).Context;

    private static string Source(string file) => File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Assemblies", "Device", file));

    private static Assembly Compile(string name, params string[] sources)
    {
        string[] names = ["System.Runtime", "System.Private.CoreLib", "System.Console", DeviceAssemblies.Shared, DeviceAssemblies.Kernel];
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => names.Contains(Path.GetFileNameWithoutExtension(path))).Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            name,
            sources.Select(source => CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(DeviceLanguage.Version))),
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
        using var compiled = new MemoryStream();
        Assert.That(compilation.Emit(compiled).Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error), Is.Empty);
        compiled.Position = 0;
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly = AssemblyDefinition.ReadAssembly(compiled, new ReaderParameters { AssemblyResolver = resolver });
        new Instrumenter(assembly.MainModule, TestBoards.Profile.LibraryCallIl).Run();
        using var image = new MemoryStream();
        assembly.Write(image);
        image.Position = 0;
        return new ProgramContext().LoadFromStream(image);
    }

    private sealed class ProgramContext() : AssemblyLoadContext("program")
    {
        protected override Assembly? Load(AssemblyName name) => DeviceAssemblies.Contains(name.Name) ? Firmware.LoadFromAssemblyName(name) : null;
    }
}

/// <summary>The members of the device code's driver. A board's thread calls them.</summary>
/// <param name="type">The driver's class.</param>
internal sealed class Driver(Type type)
{
    public Func<byte[], byte[], object?> LoadPackage { get; } = Method<Func<byte[], byte[], object?>>(type, nameof(LoadPackage));

    public Func<byte[], object?, object> NewKernel { get; } = Method<Func<byte[], object?, object>>(type, nameof(NewKernel));

    public Func<object, bool> IsCompiled { get; } = Method<Func<object, bool>>(type, nameof(IsCompiled));

    public Action<object, short[], int> Advance { get; } = Method<Action<object, short[], int>>(type, nameof(Advance));

    public Func<object, int[]> Read { get; } = Method<Func<object, int[]>>(type, nameof(Read));

    public Action<object> Reset { get; } = Method<Action<object>>(type, nameof(Reset));

    public Func<byte[], string?> Refusal { get; } = Method<Func<byte[], string?>>(type, nameof(Refusal));

    public Func<byte[], string?, object?> LoadCopy { get; } = Method<Func<byte[], string?, object?>>(type, nameof(LoadCopy));

    public Func<Assembly, string, object?> Make { get; } = Method<Func<Assembly, string, object?>>(type, nameof(Make));

    public Func<object, uint> Checksum { get; } = Method<Func<object, uint>>(type, nameof(Checksum));

    private static T Method<T>(Type type, string name) where T : Delegate => type.GetMethod(name)!.CreateDelegate<T>();
}

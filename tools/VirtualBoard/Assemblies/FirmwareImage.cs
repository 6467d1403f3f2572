// Loads the firmware's assemblies for virtual boards. Every basic block reports its count of instructions, and calls that would reach
// the host (files, sleep, console, clock) reach the board. The loader changes the IL once per process; source and build stay the same.

using System;
using System.Collections.Concurrent;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Threading;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using Mono.Cecil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>The instrumented firmware.</summary>
internal sealed class FirmwareImage
{
    private static readonly ConcurrentDictionary<int, Lazy<FirmwareImage>> s_images = new();

    private readonly InstrumentedContext _context;

    private FirmwareImage(int libraryCallIl)
    {
        _context = new InstrumentedContext(AppContext.BaseDirectory, libraryCallIl);
        Loadable = new TranslatedAssemblies(_context, AppContext.BaseDirectory, libraryCallIl);
    }

    /// <summary>Assemblies that boards load at run time.</summary>
    public TranslatedAssemblies Loadable { get; }

    /// <summary>The load context of the instrumented assemblies.</summary>
    internal AssemblyLoadContext Context => _context;

    /// <summary>Returns the entry point of an application. It keeps no state in static fields, so any number of boards can run it.</summary>
    public Action Main(FirmwareApplication application)
    {
        string name = NameOf(application);
        string type = name + ".Program";
        foreach (string assembly in AssembliesOf(application)) Initialise(_context.LoadFromAssemblyName(new AssemblyName(assembly)));
        MethodInfo main = _context.LoadFromAssemblyName(new AssemblyName(name)).GetType(type, throwOnError: true)!
            .GetMethod("Main", BindingFlags.Public | BindingFlags.Static)
            ?? throw new MissingMethodException(type, "Main");
        return main.CreateDelegate<Action>();
    }

    /// <summary>Names of the assemblies of an application: the firmware's libraries, and its own.</summary>
    public static string[] AssembliesOf(FirmwareApplication application) =>
        [DeviceAssemblies.Shared, DeviceAssemblies.Kernel, DeviceAssemblies.Sensing, DeviceAssemblies.Device, NameOf(application)];

    private static string NameOf(FirmwareApplication application) => application switch
    {
        FirmwareApplication.Gestures => DeviceAssemblies.Gestures,
        FirmwareApplication.Meter => DeviceAssemblies.Meter,
        FirmwareApplication.Minimal => DeviceAssemblies.Minimal,
        FirmwareApplication.Bench => DeviceAssemblies.Bench,
        _ => throw new ArgumentOutOfRangeException(nameof(application)),
    };

    /// <summary>
    /// Runs all static constructors, as the device's CLR does before Main, and for no board: the boards of a process share the static fields,
    /// which are part of <see cref="AssemblyTables"/> and <see cref="HeapCosts.StaticObjects"/>.
    /// </summary>
    private static void Initialise(Assembly assembly)
    {
        var thread = new Thread(() =>
        {
            foreach (Type type in assembly.GetTypes()) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        });
        using (ExecutionContext.SuppressFlow()) thread.Start();
        thread.Join();
    }

    /// <summary>Returns the image for a board. Boards with the same cost of a library call share one image.</summary>
    public static FirmwareImage Get(BoardProfile profile) =>
        s_images.GetOrAdd(profile.LibraryCallIl, il => new Lazy<FirmwareImage>(() => new FirmwareImage(il))).Value;

    /// <summary>Loads the assemblies of device code instrumented, and everything else as it is.</summary>
    private sealed class InstrumentedContext(string folder, int libraryCallIl) : AssemblyLoadContext("firmware")
    {
        protected override Assembly? Load(AssemblyName name)
        {
            if (!DeviceAssemblies.Contains(name.Name)) return null;
            using var resolver = new DefaultAssemblyResolver();
            resolver.AddSearchDirectory(folder);
            resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
            using var assembly = AssemblyDefinition.ReadAssembly(
                Path.Combine(folder, name.Name + ".dll"), new ReaderParameters { AssemblyResolver = resolver, InMemory = true });
            new Instrumenter(assembly.MainModule, libraryCallIl).Run();
            using var image = new MemoryStream();
            assembly.Write(image);
            image.Position = 0;
            return LoadFromStream(image);
        }
    }
}

// Makes the firmware's assembly run on a virtual board: every basic block reports how many instructions it has, and calls
// that would reach the host (files, sleep, console, clock) reach the board instead. The source and its compilation stay
// what they are; this is done to the IL when it is loaded, once per process.

using System;
using System.Collections.Concurrent;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;
using Mono.Cecil;

namespace Crime.VirtualBoard.Loading;

/// <summary>The firmware, instrumented and loaded.</summary>
internal sealed class FirmwareImage
{
    private const string FirmwareAssembly = "Crime.Firmware";
    private const string SharedAssembly = "Crime.Shared";

    private static readonly ConcurrentDictionary<int, Lazy<FirmwareImage>> s_images = new();

    private readonly Assembly _firmware;

    private FirmwareImage(int libraryCallIl)
    {
        var context = new InstrumentedContext(AppContext.BaseDirectory, libraryCallIl);
        _firmware = context.LoadFromAssemblyName(new AssemblyName(FirmwareAssembly));
    }

    /// <summary>An application's entry point. It keeps no state in static fields, so any number of boards can run it.</summary>
    public Action Main(FirmwareApplication application)
    {
        string type = $"Crime.Firmware.{application}.Program";
        MethodInfo main = _firmware.GetType(type, throwOnError: true)!.GetMethod("Main", BindingFlags.Public | BindingFlags.Static)
            ?? throw new MissingMethodException(type, "Main");
        return main.CreateDelegate<Action>();
    }

    /// <summary>The image for a board; boards whose library calls cost the same share one.</summary>
    public static FirmwareImage Get(BoardProfile profile) =>
        s_images.GetOrAdd(profile.LibraryCallIl, il => new Lazy<FirmwareImage>(() => new FirmwareImage(il))).Value;

    /// <summary>Loads the two device assemblies instrumented, and everything else as it is.</summary>
    private sealed class InstrumentedContext(string folder, int libraryCallIl) : AssemblyLoadContext("firmware")
    {
        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name is not FirmwareAssembly and not SharedAssembly) return null;
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

// The loaded assemblies of all boards of a process. What one board has loaded, another board, or the same one after a restart, gets without
// a second translation: a loaded assembly has no static fields, so boards can share it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using Crime.VirtualBoard.Loading;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>An assembly that the virtual board can run.</summary>
/// <param name="Name">Its name on the board.</param>
/// <param name="Version">Its version.</param>
/// <param name="Number">Distinguishes it from all others of the process.</param>
/// <param name="Hash">SHA-256 of the bytes that it was made from.</param>
/// <param name="Assembly">What runs.</param>
/// <param name="Context">What finds the assemblies that it refers to; it lives as long as this object.</param>
/// <param name="Definition">Its classes and members, for assemblies that refer to it. Methods have no bodies.</param>
internal sealed record TranslatedAssembly(
    string Name, Version Version, int Number, byte[] Hash, Assembly Assembly, AssemblyLoadContext Context, AssemblyDefinition Definition);

/// <summary>Translates assemblies and keeps the last ones.</summary>
/// <param name="firmware">Has the instrumented libraries of device code.</param>
/// <param name="folder">Has the same libraries as they were compiled.</param>
/// <param name="libraryCallIl">What a call outside the device code costs, in instructions.</param>
internal sealed class TranslatedAssemblies(AssemblyLoadContext firmware, string folder, int libraryCallIl)
{
    private const int MaxKept = 32;

    /// <summary>The libraries that a loaded assembly may refer to.</summary>
    private static readonly string[] s_libraries = [DeviceAssemblies.Shared, DeviceAssemblies.Kernel, DeviceAssemblies.Device];

    private readonly object _lock = new();
    private readonly DefaultAssemblyResolver _resolver = CreateResolver(folder);
    // The last one used stands at the end.
    private readonly List<(string Key, TranslatedAssembly Assembly)> _kept = [];
    private int _count;

    /// <summary>Returns what a board runs in the place of an assembly.</summary>
    /// <param name="image">The assembly.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="loaded">What the board has loaded since it started, in that order.</param>
    /// <exception cref="Exception">It is refused as <see cref="LoadRefusal"/> says.</exception>
    public TranslatedAssembly Get(PeImage image, byte[] bytes, IReadOnlyList<TranslatedAssembly> loaded)
    {
        lock (_lock)
        {
            object[] targets = PeReference.Of(image).Select(reference => Find(reference, loaded)).ToArray();
            byte[] hash = SHA256.HashData(bytes);
            string key = string.Join(' ', targets.OfType<TranslatedAssembly>().Select(target => target.Number).Prepend(0)) + Convert.ToHexString(hash);
            int index = _kept.FindIndex(item => item.Key == key);
            TranslatedAssembly found = index < 0 ? Translate(image, hash, targets) : _kept[index].Assembly;
            if (index >= 0) _kept.RemoveAt(index);
            else if (_kept.Count == MaxKept) _kept.RemoveAt(0);
            _kept.Add((key, found));
            return found;
        }
    }

    /// <summary>As the CLR: the first assembly of this name and version, those of the firmware before those that were loaded.</summary>
    private object Find(PeReference reference, IReadOnlyList<TranslatedAssembly> loaded)
    {
        if (s_libraries.Contains(reference.Name))
        {
            AssemblyDefinition library = _resolver.Resolve(new AssemblyNameReference(reference.Name, null));
            if (reference.Accepts(library.Name.Name, library.Name.Version)) return library;
        }
        return (object?)loaded.FirstOrDefault(assembly => reference.Accepts(assembly.Name, assembly.Version))
            ?? throw (IsDeviceLibrary(reference.Name)
                ? LoadRefusal.NotPlayed($"it refers to {reference.Name}")
                : LoadRefusal.Unresolved($"there is no {reference.Name} {reference.Version.Major}.{reference.Version.Minor}"));
    }

    private static bool IsDeviceLibrary(string name) => name == "mscorlib"
        || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("nanoFramework.", StringComparison.Ordinal);

    private TranslatedAssembly Translate(PeImage image, byte[] hash, object[] targets)
    {
        int number = ++_count;
        var parts = targets.OfType<TranslatedAssembly>().ToDictionary(part => part.Definition.Name.Name);
        AssemblyDefinition[] definitions = targets.Select(target => target as AssemblyDefinition ?? ((TranslatedAssembly)target).Definition).ToArray();
        var resolver = new PartResolver(_resolver, parts);
        try
        {
            AssemblyDefinition definition = AssemblyTranslator.Translate(image, $"{DeviceAssemblies.LoadedPrefix}{number}.{image.Name}", definitions, resolver);
            new Instrumenter(definition.MainModule, libraryCallIl).Run();
            GuardStack(definition.MainModule);
            using var written = new MemoryStream();
            definition.Write(written);
            written.Position = 0;
            var context = new PartContext(firmware, parts);
            Assembly assembly = context.LoadFromStream(written);
            Prepare(assembly);
            foreach (MethodDefinition method in definition.MainModule.GetTypes().SelectMany(type => type.Methods)) method.Body = null;
            return new TranslatedAssembly(image.Name, image.Version, number, hash, assembly, context, definition);
        }
        catch (Exception e) when (e is TypeLoadException or BadImageFormatException or ReflectionTypeLoadException or InvalidProgramException
            or MemberAccessException or IOException or AssemblyResolutionException)
        {
            throw LoadRefusal.NotPlayed(e.Message, e);
        }
    }

    /// <summary>Compiles all methods, so that .NET refuses now what it refuses at all.</summary>
    private static void Prepare(Assembly assembly)
    {
        const BindingFlags all = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (Type type in assembly.GetTypes())
            foreach (MethodBase method in type.GetMethods(all).Concat<MethodBase>(type.GetConstructors(all)))
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
    }

    /// <summary>The CLR keeps its frames on the heap: endless recursion ends in an exception there, and must not end the process here.</summary>
    private static void GuardStack(ModuleDefinition module)
    {
        MethodReference guard = module.ImportReference(typeof(VirtualCpu).GetMethod(nameof(VirtualCpu.EnsureStack))!);
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods))
            method.Body.GetILProcessor().InsertBefore(method.Body.Instructions[0], Instruction.Create(OpCodes.Call, guard));
    }

    private static DefaultAssemblyResolver CreateResolver(string folder)
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(folder);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        return resolver;
    }

    /// <summary>Finds the definitions of earlier parts; all else is the libraries'.</summary>
    private sealed class PartResolver(IAssemblyResolver libraries, IReadOnlyDictionary<string, TranslatedAssembly> parts) : IAssemblyResolver
    {
        public AssemblyDefinition Resolve(AssemblyNameReference name) =>
            parts.TryGetValue(name.Name, out TranslatedAssembly? part) ? part.Definition : libraries.Resolve(name);

        public AssemblyDefinition Resolve(AssemblyNameReference name, ReaderParameters parameters) => Resolve(name);

        public void Dispose()
        {
            // The libraries are everybody's.
        }
    }

    /// <summary>Finds earlier parts, and instrumented libraries. It can be collected when no board uses its assembly any more.</summary>
    private sealed class PartContext(AssemblyLoadContext firmware, IReadOnlyDictionary<string, TranslatedAssembly> parts)
        : AssemblyLoadContext("loaded", isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName name)
        {
            if (parts.TryGetValue(name.Name!, out TranslatedAssembly? part)) return part.Assembly;
            return DeviceAssemblies.Contains(name.Name) ? firmware.LoadFromAssemblyName(name) : null;
        }
    }
}

// The CLR keeps tables of the references and members of every assembly in the managed heap, so the heap shrinks as the firmware grows. The sizes of the
// entries are those of a 32-bit nanoCLR (July 2026). Measured there: 4784 + 568 bytes for Crime.Shared with its static fields, 1036 + 140 for
// Crime.Kernel, 720 + 144 for Crime.Sensing, 6784 + 140 for Crime.Device, where the first number is the sum over the tables.

using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using Mono.Cecil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>Bytes of the managed heap that the assemblies of an application take before its first statement.</summary>
internal static class AssemblyTables
{
    // The assembly's own record; measured.
    private const int RecordSize = 140;

    private const int ReferenceSize = 4;
    private const int TypeSize = 8;
    private const int FieldSize = 2;
    private const int MethodSize = 2;
    private const int BlockSize = 12;

    private static readonly ConcurrentDictionary<FirmwareApplication, int> s_sizes = new();

    /// <summary>Returns the bytes of an application: its own assembly, and those of the libraries of the firmware.</summary>
    public static int SizeBytes(FirmwareApplication application) => s_sizes.GetOrAdd(application, static made => FirmwareImage.AssembliesOf(made).Sum(name =>
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        return SizeBytes(module);
    }));

    /// <summary>Returns the bytes of an assembly.</summary>
    /// <param name="module">Its metadata, as compiled for .NET.</param>
    public static int SizeBytes(ModuleDefinition module)
    {
        TypeDefinition[] types = [.. module.GetTypes()];
        FieldDefinition[] fields = [.. types.SelectMany(type => type.Fields).Where(field => !field.IsLiteral)];
        int references = module.AssemblyReferences.Count + module.GetTypeReferences().Count() + module.GetMemberReferences().Count();
        int size = RecordSize + ReferenceSize * references + TypeSize * types.Length + FieldSize * fields.Length
            + MethodSize * types.Sum(type => type.Methods.Count) + BlockSize * fields.Count(field => field.IsStatic);
        return (size + BlockSize - 1) / BlockSize * BlockSize;
    }
}

// Source that becomes one assembly, and what the compiler says about it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Crime.DeviceCode.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Compilation;

/// <summary>An assembly of device code, compiled from source with line numbers.</summary>
internal sealed class DeviceUnit : IDisposable
{
    private readonly CSharpCompilation? _compilation;

    private DeviceUnit(string name, CSharpCompilation? compilation, byte[]? image, AssemblyDefinition? assembly, IReadOnlyList<Finding> findings)
    {
        _compilation = compilation;
        Name = name;
        Reference = image == null ? null : MetadataReference.CreateFromImage(image);
        Assembly = assembly;
        Findings = findings;
    }

    /// <summary>Name of the assembly.</summary>
    public string Name { get; }

    /// <summary>The assembly for those that refer to it; null where nothing of the source compiles.</summary>
    public MetadataReference? Reference { get; }

    /// <summary>The assembly's code; null where nothing of the source compiles.</summary>
    public AssemblyDefinition? Assembly { get; }

    /// <summary>What a device's compiler rejects.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>
    /// Compiles source. Where a device's compiler would reject it, the errors are findings, and as much of the source as .NET accepts is compiled
    /// all the same: other faults in it are then found in the same run.
    /// </summary>
    /// <param name="name">Name of the assembly.</param>
    /// <param name="root">Folder that the paths of findings are relative to.</param>
    /// <param name="files">The files, relative to that folder.</param>
    /// <param name="needed">Assemblies that the source refers to, besides the platform.</param>
    /// <param name="resolver">Where the types of other assemblies are found.</param>
    public static DeviceUnit Compile(string name, string root, IReadOnlyList<string> files, IReadOnlyList<MetadataReference> needed, IAssemblyResolver resolver)
    {
        List<SyntaxTree> sources = files.Select(path => CSharpSyntaxTree.ParseText(
            File.ReadAllText(Path.Combine(root, path)), new CSharpParseOptions(DeviceLanguage.Version), path, Encoding.UTF8)).ToList();
        CSharpCompilation compilation = Create(name, sources, [.. DeviceReferences.Device, .. needed], allowUnsafe: false);
        if (TryEmit(compilation, resolver, out byte[] image, out AssemblyDefinition? assembly, out List<Diagnostic> errors))
            return new DeviceUnit(name, compilation, image, assembly, []);

        var findings = errors.Select(FindingOf).Distinct().ToList();
        for (int rest = sources.Count; rest > 0; rest = sources.Count)
        {
            compilation = Create(name, sources, [.. DeviceReferences.DotNet, .. needed], allowUnsafe: true);
            if (TryEmit(compilation, resolver, out image, out assembly, out errors)) return new DeviceUnit(name, compilation, image, assembly, findings);
            sources.RemoveAll(source => errors.Any(error => error.Location.SourceTree == source));
            if (sources.Count == rest) break;
        }
        return new DeviceUnit(name, null, null, null, findings);
    }

    /// <summary>Returns a fault with its place in the source.</summary>
    /// <param name="fault">A fault in this assembly's code.</param>
    public Finding Locate(Fault fault)
    {
        var (file, line) = PlaceOf(fault);
        return new Finding(file, line, fault.Reason);
    }

    /// <inheritdoc/>
    public void Dispose() => Assembly?.Dispose();

    private static CSharpCompilation Create(string name, IEnumerable<SyntaxTree> sources, IEnumerable<MetadataReference> references, bool allowUnsafe) =>
        CSharpCompilation.Create(name, sources, references, new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true, allowUnsafe: allowUnsafe));

    private static bool TryEmit(
        CSharpCompilation compilation, IAssemblyResolver resolver, out byte[] image, out AssemblyDefinition? assembly, out List<Diagnostic> errors)
    {
        using var code = new MemoryStream();
        using var symbols = new MemoryStream();
        EmitResult result = compilation.Emit(code, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        errors = result.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error).ToList();
        image = code.ToArray();
        assembly = !result.Success ? null : AssemblyDefinition.ReadAssembly(new MemoryStream(image), new ReaderParameters
        {
            ReadingMode = ReadingMode.Immediate,
            ReadSymbols = true,
            SymbolReaderProvider = new PortablePdbReaderProvider(),
            SymbolStream = new MemoryStream(symbols.ToArray()),
            AssemblyResolver = resolver,
        });
        return result.Success;
    }

    private (string File, int Line) PlaceOf(Fault fault)
    {
        if (fault is { Where: MethodDefinition method, At: { } at })
        {
            var points = method.DebugInformation.SequencePoints.Where(point => !point.IsHidden).ToList();
            SequencePoint? place = points.LastOrDefault(point => point.Offset <= at.Offset);
            if (place != null) return (place.Document.Url, place.StartLine);
        }
        for (IMemberDefinition? member = fault.Where; member != null; member = member.DeclaringType)
            if (DeclarationOf(member) is { } declaration) return declaration;
        return ("", 0);
    }

    private (string File, int Line)? DeclarationOf(IMemberDefinition member)
    {
        TypeDefinition type = member as TypeDefinition ?? member.DeclaringType;
        if (_compilation?.Assembly.GetTypeByMetadataName(type.FullName.Replace('/', '+')) is not { } symbol) return null;
        SequencePoint? first = (member as MethodDefinition)?.DebugInformation.SequencePoints.FirstOrDefault(point => !point.IsHidden);
        FileLinePositionSpan[] places = member is TypeDefinition ? [] : symbol.GetMembers(member.Name).Select(PlaceOf).ToArray();
        // Of overloads, the last that begins before the method's first statement.
        IEnumerable<FileLinePositionSpan> candidates = places.Length < 2 || first == null
            ? places
            : places.Where(found => found.Path == first.Document.Url && found.StartLinePosition.Line < first.StartLine);
        FileLinePositionSpan? place = candidates.Cast<FileLinePositionSpan?>().MaxBy(found => found!.Value.StartLinePosition.Line);
        if (place == null && first != null) return (first.Document.Url, first.StartLine);
        FileLinePositionSpan declared = place ?? PlaceOf(symbol);
        return (declared.Path, declared.StartLinePosition.Line + 1);
    }

    private static FileLinePositionSpan PlaceOf(ISymbol symbol) => symbol.Locations[0].GetLineSpan();

    private static Finding FindingOf(Diagnostic error)
    {
        FileLinePositionSpan place = error.Location.GetLineSpan();
        return new Finding(
            place.Path ?? "", place.Path == null ? 0 : place.StartLinePosition.Line + 1, $"does not compile for the device: {error.GetMessage()} ({error.Id})");
    }
}

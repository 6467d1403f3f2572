// A kernel as assemblies that a board loads from memory: one when it fits an array that a board's heap grants, otherwise several.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Packages;
using Crime.Model;
using Crime.Modelling.Compilation.Code;
using Crime.Modelling.Compilation.Pe;

namespace Crime.Modelling.Compilation;

/// <summary>A kernel in nanoFramework's assembly format.</summary>
/// <param name="FullName">Name of the class that the board makes, with its namespace; the last assembly has it.</param>
/// <param name="Parts">The assemblies, in the order in which they must be loaded.</param>
/// <param name="TermCount">Products per step: pairs of weights of which at least one is not zero.</param>
/// <param name="SkippedTermCount">Pairs that were left out because both weights are zero.</param>
public sealed record KernelAssemblies(string FullName, IReadOnlyList<byte[]> Parts, int TermCount, int SkippedTermCount)
{
    /// <summary>Bytes of an assembly beside the methods of steps, at most: header, tables, names, the model's class.</summary>
    private const int MaxOverheadBytes = 3_000;

    /// <summary>Bytes of IL per weight that is not zero, at least: a term of two weights has 5 or more (literal, conversion, ldloc, mul, add).</summary>
    private const int MinBytesPerWeight = 2;

    /// <summary>Bytes of all assemblies.</summary>
    public int SizeBytes => Parts.Sum(part => part.Length);

    /// <summary>Compiles a model.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="className">Name of the class; null for one made from the model's name.</param>
    /// <param name="target">The device library; null for the one of this product.</param>
    /// <exception cref="UserInputException">Boards cannot run the model, it is too large, or the name is no C# identifier.</exception>
    public static KernelAssemblies Compile(ModelFile model, string? className = null, DeviceTarget? target = null) =>
        Write(model, Build(model, className), target ?? DeviceTarget.Default);

    /// <summary>Makes the classes: nested in one where one assembly holds them, otherwise apart.</summary>
    internal static KernelProgram Build(ModelFile model, string? className)
    {
        const int maxMethodBytes = KernelPackageFormat.MaxPartSize - MaxOverheadBytes;
        const int maxBytes = KernelPackageFormat.MaxParts * maxMethodBytes;
        // A gateway compiles what it serves: a model of millions of weights must not take its memory before it is refused.
        if (model.HasFixedPoint && WeightCount(model) > maxBytes / MinBytesPerWeight) throw TooLarge(model);
        KernelProgram program = KernelEmitter.Build(model, className, areApart: false, layer => layer.Emit());
        if (program.Layers.Sum(SizeOf) <= maxMethodBytes) return program;
        return KernelEmitter.Build(model, className, areApart: true, layer => layer.EmitWithin(maxMethodBytes, maxBytes) ?? throw TooLarge(model));
    }

    /// <summary>Writes the assemblies of a kernel.</summary>
    internal static KernelAssemblies Write(ModelFile model, KernelProgram program, DeviceTarget target)
    {
        List<List<KernelClass>> parts = program.AreApart ? Distribute(program) : [[program.Model, .. program.Layers]];
        if (parts.Count > KernelPackageFormat.MaxParts) throw TooLarge(model);
        // A board cannot unload an assembly: another model's kernel must not find this one's by its name.
        string name = $"{program.Model.Name.Name}.{model.FixedPointChecksum():x8}";
        var places = new Dictionary<ClassName, ClassPlace>();
        string space = target.KernelNamespace + EmittedKernel.Namespace[DeviceTarget.BaseNamespace.Length..];
        for (int part = 0; part < parts.Count; part++)
            foreach (KernelClass written in parts[part])
                places.Add(written.Name, new ClassPlace(NameOf(part), target.Version, space, written.Name.Name));
        ClassPlace Place(ClassName used) =>
            used.IsDevice ? new ClassPlace(target.Assembly, target.Version, target.KernelNamespace, used.Name) : places[used];
        string NameOf(int part) => parts.Count == 1 ? name : $"{name}.{part + 1}";
        byte[][] assemblies = parts.Select((classes, part) => PeWriter.Write(NameOf(part), target.Version, classes, Place)).ToArray();
        if (assemblies.Any(assembly => assembly.Length > KernelPackageFormat.MaxPartSize))
            throw new InvalidOperationException($"an assembly of model '{model.Name}' is larger than planned");
        return new KernelAssemblies($"{space}.{program.Model.Name.Name}", assemblies, program.TermCount, program.SkippedTermCount);
    }

    /// <summary>Fills one assembly after the other. A class refers to its base class and to no later one, the model's to all.</summary>
    private static List<List<KernelClass>> Distribute(KernelProgram program)
    {
        const int maxBytes = KernelPackageFormat.MaxPartSize - MaxOverheadBytes;
        var parts = new List<List<KernelClass>>();
        int size = maxBytes;
        foreach (KernelClass written in program.Layers)
        {
            int added = SizeOf(written);
            if (size + added > maxBytes)
            {
                parts.Add([]);
                size = 0;
            }
            parts[^1].Add(written);
            size += added;
        }
        parts[^1].Add(program.Model);
        return parts;
    }

    private static int SizeOf(KernelClass written) => written.Methods.Sum(method => IlWriter.Write(method).Size);

    /// <summary>Weights that are not zero.</summary>
    private static long WeightCount(ModelFile model) => model.FixedLayers.Sum(layer => Enumerable.Range(0, layer.Shape.RowCount)
        .Sum(row => (long)Enumerable.Range(0, layer.Shape.ColumnCount).Count(column => layer.Weight(row, column) != 0)));

    private static UserInputException TooLarge(ModelFile model)
    {
        long weights = model.Layers.Sum(shape => (long)shape.RowCount * shape.ColumnCount);
        return new UserInputException($"model '{model.Name}' is too large for a kernel over the air: its {weights} weights need more than "
            + $"{KernelPackageFormat.MaxParts} assemblies of {KernelPackageFormat.MaxPartSize} bytes; prune it, take fewer hidden units, "
            + "or leave it to the table-driven kernel");
    }
}

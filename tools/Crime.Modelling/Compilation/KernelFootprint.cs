// What a compiled kernel takes on a board: byte code in flash, next to nothing on the heap. The platform's limits are
// checked here, before anybody flashes anything.

using System;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Rules;
using Crime.FixedPoint;
using Crime.Model;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using Mono.Cecil;

namespace Crime.Modelling.Compilation;

/// <summary>Sizes of a compiled kernel.</summary>
/// <param name="ByteCodeSize">Bytes of its methods in a board's assembly.</param>
/// <param name="LargestMethodSize">Bytes of the largest of them.</param>
/// <param name="HeapSize">Bytes of the whole network on the board's heap: nothing of it grows with the layers' weights.</param>
public sealed record KernelFootprint(int ByteCodeSize, int LargestMethodSize, HeapSize HeapSize)
{
    /// <summary>Byte code that one assembly holds; its table is addressed with 16 bits.</summary>
    public const int MaxByteCodeSize = ClrLimits.ByteCodeSizeMax;

    /// <summary>Measures a compiled kernel.</summary>
    /// <param name="assembly">The kernel's assembly.</param>
    /// <param name="model">The model it was made from.</param>
    public static KernelFootprint Measure(byte[] assembly, ModelFile model)
    {
        using var image = new MemoryStream(assembly);
        int[] sizes = MethodSizes(image, _ => true);
        return new KernelFootprint(sizes.Sum(), sizes.Max(), HeapSize.Of(model));
    }

    /// <summary>Returns the byte code of an assembly of device code, in bytes, without the compiled kernels in it.</summary>
    /// <param name="name">One of <see cref="DeviceAssemblies"/>.</param>
    public static int MeasureAssembly(string name)
    {
        using var image = File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        return MethodSizes(image, found => found.Namespace != EmittedKernel.Namespace).Sum();
    }

    private static int[] MethodSizes(Stream image, Func<TypeDefinition, bool> isMeant)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(image);
        return assembly.MainModule.Types.Where(isMeant)
            .SelectMany(type => type.NestedTypes.Prepend(type)).SelectMany(type => type.Methods).Where(method => method.HasBody)
            .Select(ClrLimits.ByteCodeSizeOf).ToArray();
    }

    /// <summary>Refuses a kernel that no assembly can hold.</summary>
    /// <exception cref="UserInputException">It is too large.</exception>
    public void CheckFits(ModelFile model)
    {
        if (ByteCodeSize <= MaxByteCodeSize) return;
        long weights = model.Layers.Sum(shape => (long)shape.RowCount * shape.ColumnCount);
        throw new UserInputException($"model '{model.Name}' is too large to compile: its {weights} weights make {ByteCodeSize} bytes of byte code, an assembly holds "
            + $"{MaxByteCodeSize} (about {MaxByteCodeSize * weights / ByteCodeSize} weights); prune it, take fewer hidden units, or leave it to the table-driven kernel");
    }
}

/// <summary>Heap of a network with compiled layers, in bytes of a board's 32-bit CLR.</summary>
/// <param name="Tables">The two activation tables.</param>
/// <param name="State">Hidden and cell states, with the copy that a step over several methods needs, and the state of a pooling.</param>
/// <param name="Front">Open windows, weights and results of the convolutions.</param>
/// <param name="Head">Weights of the fully connected layers and of the linear head, their results, and logits.</param>
/// <param name="Embedding">The embedding of a token model.</param>
public sealed record HeapSize(int Tables, int State, int Front, int Head, int Embedding)
{
    /// <summary>All of it.</summary>
    public int Total => Tables + State + Front + Head + Embedding;

    /// <summary>The heap of a model's kernel.</summary>
    public static HeapSize Of(ModelFile model) => new(
        2 * DeviceSizes.Array(ActivationTable.Length, sizeof(short)),
        model.FixedLayers.Sum(layer => 2 * DeviceSizes.Array(layer.Shape.HiddenCount, sizeof(short))
            + (layer.CellCount == 0 ? 0 : DeviceSizes.Array(layer.CellCount, sizeof(short))))
            + (model.Pooling == PoolingKind.None ? 0 : 3 * DeviceSizes.Array(model.Layers[^1].HiddenCount + 1, sizeof(short))),
        (model.ReadFront() ?? []).Sum(OfConvolution),
        (model.DenseLayers ?? []).Sum(layer => layer.OutputCount * DeviceSizes.Array(layer.InputCount, sizeof(short))
            + DeviceSizes.Array(layer.OutputCount, sizeof(int)) + DeviceSizes.Array(layer.OutputCount, sizeof(short)))
            + model.OutputCount * DeviceSizes.Array(model.HeadInputCount, sizeof(short)) + 2 * DeviceSizes.Array(model.OutputCount, sizeof(int)),
        model.Input == InputKind.Tokens ? DeviceSizes.Array(model.VocabularyCount * model.InputCount, sizeof(short)) : 0);

    private static int OfConvolution(ConvolutionLayer layer)
    {
        int pairs = (layer.OutputCount + 1) / 2, columns = layer.Map.OutputCount == 0 ? 0 : layer.Map.InputCount;
        return DeviceSizes.Array(layer.Map.InputCount - layer.InputCount, sizeof(short)) + DeviceSizes.Array(2 * pairs, sizeof(short))
            + columns * DeviceSizes.Array(pairs, sizeof(long));
    }
}

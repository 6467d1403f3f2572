// Chooses the kernel of a model: the fastest one that leaves the network its memory.

using System;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Device.Models;

/// <summary>The kinds of kernel, from the most wanted to none.</summary>
internal enum KernelKind
{
    /// <summary>Straight-line code that was compiled from the model: the fastest, with next to no heap.</summary>
    Compiled = 0,

    /// <summary>Weights in tables, and the input sums of every token worked out beforehand. For token models only.</summary>
    TokenTable = 1,

    /// <summary>Weights in tables.</summary>
    Table = 2,

    /// <summary>No kernel: the board sends every input to a gateway.</summary>
    None = 3,
}

/// <summary>Builds kernels.</summary>
internal sealed class KernelBuilder
{
    private readonly CompiledModel[] _flashedKernels;
    private readonly KernelLoader _loader;

    /// <summary>Makes a builder.</summary>
    /// <param name="flashedKernels">The compiled kernels that are flashed with the application; empty for none.</param>
    /// <param name="loader">Loads the kernels that are not.</param>
    public KernelBuilder(CompiledModel[] flashedKernels, KernelLoader loader)
    {
        _flashedKernels = flashedKernels;
        _loader = loader;
    }

    /// <summary>Kind of the kernel that was built last.</summary>
    public KernelKind Kind { get; private set; } = KernelKind.None;

    /// <summary>Heap that the kernel was expected to take, in bytes; when none fits, what the smallest one would take.</summary>
    public int SizeBytes { get; private set; }

    /// <summary>Returns whether a compiled kernel of a model is flashed with the application.</summary>
    /// <param name="model">The model, with its weights.</param>
    public bool HasFlashed(ModelFile model) => CompiledModels.For(model, _flashedKernels) != null;

    /// <summary>Builds the first kind that the heap has room for.</summary>
    /// <param name="model">The model, with its weights.</param>
    /// <param name="first">The first kind to try.</param>
    /// <param name="roomSizeBytes">Heap that the kernel may take, in bytes.</param>
    /// <returns>Null when there is room for none, or the model has no weights for boards.</returns>
    public IKernel Build(ModelFile model, KernelKind first, int roomSizeBytes)
    {
        SizeBytes = 0;
        IKernel kernel = null;
        if (model.HasFixedPoint && first == KernelKind.Compiled)
        {
            int loadedSize = _loader.LoadedSizeBytes;
            kernel = BuildCompiled(model, roomSizeBytes);
            loadedSize = _loader.LoadedSizeBytes - loadedSize;
            roomSizeBytes -= loadedSize;
            if (kernel != null) SizeBytes += loadedSize;
        }
        for (KernelKind kind = KernelKind.TokenTable; kernel == null && model.HasFixedPoint && kind < KernelKind.None; kind++)
        {
            if (kind < first || (kind == KernelKind.TokenTable && !TableLayer.CanKnowTokens(model))) continue;
            kernel = BuildOne(model, null, kind, KernelSize.OfTable(model, kind == KernelKind.TokenTable), roomSizeBytes);
        }
        if (kernel == null) Kind = KernelKind.None;
        return kernel;
    }

    /// <summary>Returns the name of a kind, as the console shows it.</summary>
    public static string NameOf(KernelKind kind)
    {
        switch (kind)
        {
            case KernelKind.Compiled: return "compiled";
            case KernelKind.TokenTable: return "token-table";
            case KernelKind.Table: return "table";
            default: return "none";
        }
    }

    private IKernel BuildCompiled(ModelFile model, int roomSizeBytes)
    {
        int size = KernelSize.OfCompiled(model);
        CompiledModel flashed = CompiledModels.For(model, _flashedKernels);
        if (flashed != null) return BuildOne(model, flashed, KernelKind.Compiled, size, roomSizeBytes);
        if (size > roomSizeBytes) return null;
        CompiledModel loaded = _loader.Find(model, roomSizeBytes - size);
        if (loaded == null) return null;
        // The assemblies have taken their share of the room already.
        IKernel kernel = BuildOne(model, loaded, KernelKind.Compiled, size, size);
        return kernel != null && _loader.Check(kernel) ? kernel : null;
    }

    private IKernel BuildOne(ModelFile model, CompiledModel compiled, KernelKind kind, int sizeBytes, int roomSizeBytes)
    {
        if (SizeBytes == 0 || sizeBytes < SizeBytes) SizeBytes = sizeBytes;
        if (sizeBytes > roomSizeBytes) return null;
        try
        {
            IKernel kernel = new NetworkKernel(model, compiled, kind == KernelKind.TokenTable);
            Kind = kind;
            SizeBytes = sizeBytes;
            return kernel;
        }
        catch (OutOfMemoryException)
        {
            // The heap may be free in pieces. A smaller kernel may still fit.
            return null;
        }
    }
}

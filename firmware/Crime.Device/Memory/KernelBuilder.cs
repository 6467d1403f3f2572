// Chooses the kernel of a model: the fastest one that leaves the network its memory.

using System;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Device.Memory;

/// <summary>The kinds of kernel, from the most wanted to none.</summary>
public enum KernelKind
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
public sealed class KernelBuilder
{
    private readonly CompiledModel[] _compiledKernels;

    /// <summary>Makes a builder.</summary>
    /// <param name="compiledKernels">The compiled kernels at hand; empty for none.</param>
    public KernelBuilder(CompiledModel[] compiledKernels) => _compiledKernels = compiledKernels;

    /// <summary>Kind of the kernel that was built last.</summary>
    public KernelKind Kind { get; private set; } = KernelKind.None;

    /// <summary>Heap that the kernel was expected to take, in bytes; when none fits, what the smallest one would take.</summary>
    public int SizeBytes { get; private set; }

    /// <summary>Builds the first kind that the heap has room for.</summary>
    /// <param name="model">The model, with its weights.</param>
    /// <param name="first">The first kind to try.</param>
    /// <param name="roomSizeBytes">Heap that the kernel may take, in bytes.</param>
    /// <returns>Null when there is room for none, or the model has no weights for boards.</returns>
    public IKernel Build(ModelFile model, KernelKind first, int roomSizeBytes)
    {
        SizeBytes = 0;
        for (KernelKind kind = first; model.HasFixedPoint && kind < KernelKind.None; kind++)
        {
            CompiledModel compiled = kind == KernelKind.Compiled ? CompiledModels.For(model, _compiledKernels) : null;
            if (kind == KernelKind.Compiled && compiled == null) continue;
            if (kind == KernelKind.TokenTable && !TableLayer.CanKnowTokens(model)) continue;
            int size = SizeOf(model, kind);
            if (SizeBytes == 0 || size < SizeBytes) SizeBytes = size;
            if (size > roomSizeBytes) continue;
            try
            {
                IKernel kernel = new NetworkKernel(model, compiled, kind == KernelKind.TokenTable);
                Kind = kind;
                SizeBytes = size;
                return kernel;
            }
            catch (OutOfMemoryException)
            {
                // The heap may be free in pieces. A smaller kernel may still fit.
            }
        }
        Kind = KernelKind.None;
        return null;
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

    private static int SizeOf(ModelFile model, KernelKind kind) =>
        kind == KernelKind.Compiled ? KernelSize.OfCompiled(model) : KernelSize.OfTable(model, kind == KernelKind.TokenTable);
}

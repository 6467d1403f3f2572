// Compiled kernels of several sizes, so that a board times both kernels over the same sizes. Written by
// `crime compile synthetic:INPUTSxHIDDEN -o firmware/apps/Bench/Compiled/...`. The product carries none of them.

using Crime.Kernel;
using Crime.Kernel.Compiled;

namespace Crime.Bench;

/// <summary>The compiled kernels that only the bench has.</summary>
public static class CompiledSizes
{
    /// <summary>All of them: code made from models of <see cref="SyntheticModel"/>.</summary>
    public static CompiledModel[] All() => new CompiledModel[]
    {
        new Synthetic1x4Kernel(), new Synthetic2x8Kernel(), new Synthetic4x8Kernel(),
        new Synthetic8x8Kernel(), new Synthetic4x12Kernel(), new Synthetic8x12Kernel(),
    };
}

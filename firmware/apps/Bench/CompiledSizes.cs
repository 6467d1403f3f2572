// Compiled kernels of several sizes, so that a board times all kernels over the same sizes. Written by
// `crime compile synthetic:INPUTSxHIDDEN -o firmware/apps/Bench/Compiled/...`. The small ones are in the bench itself. One assembly
// holds 64 KiB of byte code, so the larger ones are in libraries of their own, under firmware/apps/Bench.Kernels.

using Crime.Kernel;
using Crime.Kernel.Compiled;

namespace Crime.Bench;

/// <summary>The compiled kernels of the bench.</summary>
public static class CompiledSizes
{
    /// <summary>Returns all of them: the product's kernel of the gestures, and kernels of models of <see cref="SyntheticModel"/>.</summary>
    public static CompiledModel[] All() => new CompiledModel[]
    {
        new GesturesKernel(),
        new Synthetic1x4Kernel(), new Synthetic2x8Kernel(), new Synthetic4x8Kernel(),
        new Synthetic8x8Kernel(), new Synthetic4x12Kernel(), new Synthetic8x12Kernel(),
        new Synthetic3x16Kernel(), new Synthetic8x16Kernel(), new Synthetic12x16Kernel(), new SyntheticGru12x16Kernel(),
        new Synthetic6x24Kernel(), new Synthetic16x24Kernel(), new Synthetic13x32Kernel(),
    };
}

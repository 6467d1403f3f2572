// The compiled kernels that are flashed with this application. To flash one of your own, put the file that `crime compile` wrote into this
// folder and add its class here.

using Crime.Kernel;
using Crime.Kernel.Compiled;

namespace Crime.Gestures;

/// <summary>The compiled kernels of this application.</summary>
public static class BundledKernels
{
    /// <summary>Returns all of them.</summary>
    public static CompiledModel[] All() => new CompiledModel[] { new GesturesKernel() };
}

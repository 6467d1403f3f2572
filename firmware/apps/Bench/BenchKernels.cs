// The kernels that the bench compares: one list, so that a further kind of kernel is a further line here.

using Crime.Kernel;
using Crime.Kernel.Compiled;
using Crime.Model;

namespace Crime.Bench;

/// <summary>A kernel and what to call it.</summary>
public sealed class NamedKernel
{
    /// <summary>Names a kernel.</summary>
    public NamedKernel(string name, IKernel kernel)
    {
        Name = name;
        Kernel = kernel;
    }

    /// <summary>Kind of the kernel: "table" or "compiled".</summary>
    public string Name { get; }

    /// <summary>The kernel.</summary>
    public IKernel Kernel { get; }
}

/// <summary>Makes kernels.</summary>
public static class BenchKernels
{
    /// <summary>All kernels that this application has for a model.</summary>
    public static NamedKernel[] Of(ModelFile model)
    {
        var table = new NamedKernel("table", new NetworkKernel(model));
        CompiledModel compiled = CompiledModels.For(model, new CompiledModel[] { new GesturesKernel() });
        if (compiled == null) compiled = CompiledModels.For(model, CompiledSizes.All());
        if (compiled == null) return new[] { table };
        return new[] { table, new NamedKernel("compiled", new NetworkKernel(model, compiled)) };
    }
}

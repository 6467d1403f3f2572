// The kernels that the bench compares: one list, so that a further kind of kernel is a further line here.

using Crime.Bench.Reference;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Bench;

/// <summary>Makes kernels by name.</summary>
public static class BenchKernels
{
    private const string Textbook = "textbook";
    private const string Compiled = "compiled";

    /// <summary>Returns the names of the kernels that the bench has for a model, the baseline first.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    public static string[] NamesFor(ModelFile model)
    {
        if (CompiledModels.For(model, CompiledSizes.All()) == null) return new[] { Textbook, "table" };
        return new[] { Textbook, "table", Compiled };
    }

    /// <summary>Makes one kernel. The heap of a board may not hold two of them.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="name">One of <see cref="NamesFor"/>.</param>
    public static IKernel Create(ModelFile model, string name)
    {
        if (name == Textbook) return new NetworkKernel(model, new TextbookModel(model));
        if (name == Compiled) return new NetworkKernel(model, CompiledModels.For(model, CompiledSizes.All()));
        return new NetworkKernel(model);
    }
}

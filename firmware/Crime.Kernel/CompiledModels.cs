// Finds the compiled kernel of a model. An application lists the kernels that `crime compile` wrote for it. A board uses one only for
// a model with the very weights that the kernel was made from, so a model that arrives later is never computed wrongly.

using Crime.Model;

namespace Crime.Kernel;

/// <summary>Finds the code that was compiled from a model.</summary>
public static class CompiledModels
{
    /// <summary>Returns the kernel that was made from a model's weights, or null when there is none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="kernels">The compiled kernels of the application.</param>
    /// <remarks>Without a compiled kernel, the table-driven kernel computes the same results, only slower.</remarks>
    public static CompiledModel For(ModelFile model, CompiledModel[] kernels)
    {
        if (!model.HasFixedPoint) return null;
        uint checksum = model.FixedPointChecksum();
        foreach (CompiledModel compiled in kernels)
            if (compiled.FixedPointChecksum == checksum) return compiled;
        return null;
    }
}

// The compiled kernels of this firmware. Add a line for every file that `crime compile` wrote into Compiled/; a board uses one
// whenever its model has the very weights it was made from, so that a model that arrives over the air is never computed wrongly.

using Crime.Firmware.Kernel.Compiled;
using Crime.Model;

namespace Crime.Firmware.Kernel;

/// <summary>Finds the code compiled from a model.</summary>
public static class CompiledModels
{
    /// <summary>All compiled kernels.</summary>
    public static CompiledModel[] All() => new CompiledModel[] { new GesturesKernel() };

    /// <summary>The code made from a model's weights.</summary>
    /// <returns>Null when there is none: the table-driven kernel computes the same, only slower.</returns>
    public static CompiledModel For(ModelFile model) => For(model, All());

    /// <summary>The one of some compiled kernels that was made from a model's weights.</summary>
    /// <returns>Null when there is none.</returns>
    public static CompiledModel For(ModelFile model, CompiledModel[] kernels)
    {
        if (!model.HasFixedPoint) return null;
        uint checksum = model.FixedPointChecksum();
        foreach (CompiledModel compiled in kernels)
            if (compiled.FixedPointChecksum == checksum) return compiled;
        return null;
    }
}

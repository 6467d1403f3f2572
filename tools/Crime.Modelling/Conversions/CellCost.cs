// A cell state of 32 bits costs instructions in every timestep. A conversion that chooses it says how many: both widths are run, and counted.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;

namespace Crime.Modelling.Conversions;

/// <summary>IL instructions per timestep of the recurrent layers, with the cell widths of a conversion and with 16 bits in all layers.</summary>
/// <param name="Table">Table-driven kernel, with the widths of the conversion.</param>
/// <param name="NarrowTable">The same with 16 bits.</param>
/// <param name="Compiled">Compiled kernel, with the widths of the conversion; null for a network that no assembly holds.</param>
/// <param name="NarrowCompiled">The same with 16 bits.</param>
public sealed record CellCost(double Table, double NarrowTable, double? Compiled, double? NarrowCompiled)
{
    /// <summary>Counts what a conversion costs on random inputs of <see cref="CountedInputs.RandomLength"/> timesteps, the same for both widths.</summary>
    /// <param name="conversion">The conversion.</param>
    /// <returns>Null when no layer has a cell state of 32 bits.</returns>
    public static CellCost? Measure(Conversion conversion)
    {
        if (conversion.Quantised is not { } quantised || !quantised.Layers.Any(layer => layer.IsWideCell)) return null;
        QuantisedModel narrow = Quantiser.Quantise(conversion.Trained, conversion.Calibration, conversion.Options.WeightBits, CellWidth.Narrow);
        IReadOnlyList<short[]> inputs = CountedInputs.Random(conversion.Model, 1).Sequences;
        (double table, double? compiled) = Count(conversion.Bytes, inputs);
        (double narrowTable, double? narrowCompiled) = Count(ModelFileWriter.Write(conversion.Trained, narrow, conversion.Calibration), inputs);
        return new CellCost(table, narrowTable, compiled, narrowCompiled);
    }

    private static (double Table, double? Compiled) Count(byte[] bytes, IReadOnlyList<short[]> inputs)
    {
        ModelFile model = ModelLoading.Parse(bytes, "cell cost");
        EmittedKernel emitted = KernelEmitter.Emit(model);
        var counter = new IlCounter(bytes, emitted);
        double Of(CountedKernel kernel) => (double)counter.Count(kernel, inputs).Total / CountedInputs.RandomLength;
        return (Of(CountedKernel.Table), emitted.TermsSize > KernelFootprint.MaxByteCodeSize ? null : Of(CountedKernel.Compiled));
    }
}

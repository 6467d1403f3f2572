// Time of a model's kernel on a board: what its instructions cost, and what the size of compiled code adds. Predictions, the check
// of a calibration and the rows that a calibration fits all come from here.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;

namespace Crime.Modelling.Prediction;

/// <summary>Prices the instructions of one kernel of a model.</summary>
internal sealed class KernelCost
{
    private readonly double _extraNs;

    /// <summary>Prepares the pricing.</summary>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="compiledSize">Byte code of the model's compiled kernel.</param>
    /// <param name="code">The board's cost of code size.</param>
    public KernelCost(CountedKernel kernel, int compiledSize, CodeSizeCost code)
    {
        // The loops of the other kernels are of 1 or 2 KB, which a cache holds.
        CodeSize = kernel == CountedKernel.Compiled ? compiledSize : 0;
        _extraNs = CodeSize == 0 ? 0 : code.ExtraNs(CodeSize);
    }

    /// <summary>Bytes of straight-line code that a step runs through; 0 for a kernel of loops.</summary>
    public int CodeSize { get; }

    /// <summary>Byte code of a compiled kernel on a board.</summary>
    /// <param name="emitted">The kernel.</param>
    /// <param name="model">The model that it was made from.</param>
    public static int SizeOf(EmittedKernel emitted, ModelFile model) =>
        KernelFootprint.Measure(DeviceCompiler.Compile(emitted.ClassName, emitted.Source), model).ByteCodeSize;

    /// <summary>Time that the size of the code adds to executed instructions.</summary>
    /// <param name="operations">How many of each class.</param>
    /// <returns>Nanoseconds.</returns>
    public double ExtraNanoseconds(IEnumerable<KeyValuePair<string, double>> operations) => _extraNs * operations.Sum(pair => pair.Value);

    /// <inheritdoc cref="ExtraNanoseconds(IEnumerable{KeyValuePair{string, double}})"/>
    public double ExtraNanoseconds(IlCount count) => _extraNs * count.ByOperation.Sum(pair => pair.Value);
}

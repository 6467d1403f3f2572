// Time of a sequence and of a step on this board, over lengths and over sizes of the network. The lengths give the fitted line of
// a model; the sizes show how the step grows with inputs and hidden units.

using System;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Bench;

/// <summary>Times kernels.</summary>
internal sealed class KernelCosts
{
    private const int SizesLength = 8;

    private static readonly int[] s_lengths = { 1, 2, 5, 10, 20, 50, 100 };

    // Pairs of inputs and hidden units, each with a compiled kernel in CompiledSizes.
    private static readonly int[] s_lstmSizes = { 1, 4, 2, 8, 4, 8, 8, 8, 4, 12, 8, 12, 3, 16, 8, 16, 12, 16, 6, 24, 16, 24, 13, 32 };
    private static readonly int[] s_gruSizes = { 12, 16 };

    private readonly BenchReport _report;
    private IKernel _kernel;
    private short[] _values;
    private int _length;

    /// <summary>Reports to a console.</summary>
    public KernelCosts(BenchReport report) => _report = report;

    /// <summary>Times every kernel of a model over lengths: reset, steps, classification.</summary>
    /// <param name="modelName">Name of the model, as the report prints it.</param>
    /// <param name="model">The model.</param>
    public void Measure(string modelName, ModelFile model)
    {
        foreach (string name in BenchKernels.NamesFor(model))
        {
            Use(model, name);
            foreach (int length in s_lengths)
            {
                TakeInputs(length);
                long nanoseconds = Stopwatch.PicosecondsPerTurn(RunSequences) / 1000;
                _report.Write(_report.Microseconds("sequence." + name + "." + modelName, nanoseconds).Text(" len=").Number(length));
            }
        }
    }

    /// <summary>Times the step of networks of several sizes, made here: weights do not change the time of a step.</summary>
    public void MeasureSizes()
    {
        for (int i = 0; i < s_lstmSizes.Length; i += 2) MeasureSize(CellKind.Lstm, s_lstmSizes[i], s_lstmSizes[i + 1]);
        for (int i = 0; i < s_gruSizes.Length; i += 2) MeasureSize(CellKind.Gru, s_gruSizes[i], s_gruSizes[i + 1]);
    }

    private void MeasureSize(CellKind kind, int inputCount, int hiddenCount)
    {
        ModelFile model = SyntheticModel.Create(kind, inputCount, hiddenCount);
        foreach (string name in BenchKernels.NamesFor(model))
        {
            string line = "step." + name + (kind == CellKind.Gru ? ".gru" : "");
            try
            {
                Use(model, name);
                TakeInputs(SizesLength);
                long nanoseconds = Stopwatch.PicosecondsPerTurn(RunSteps) / (1000 * SizesLength);
                _report.Write(_report.Microseconds(line, nanoseconds).Text(" inputs=").Number(inputCount).Text(" hidden=").Number(hiddenCount));
            }
            catch (OutOfMemoryException)
            {
                _report.Remark("no memory for " + line + " inputs=" + inputCount.ToString() + " hidden=" + hiddenCount.ToString());
            }
        }
        _kernel = null;
    }

    private void Use(ModelFile model, string name)
    {
        // The heap may not hold two of the larger networks.
        _kernel = null;
        _kernel = BenchKernels.Create(model, name);
    }

    private void TakeInputs(int length)
    {
        _length = length;
        _values = SyntheticModel.Sequence(length * _kernel.ValuesPerStep);
    }

    private void RunSequences(int turns)
    {
        for (int turn = 0; turn < turns; turn++)
        {
            _kernel.State.Reset();
            _kernel.Advance(_values, 0, _length);
            _kernel.Classify();
        }
    }

    private void RunSteps(int turns)
    {
        for (int turn = 0; turn < turns; turn++) _kernel.Advance(_values, 0, _length);
    }
}

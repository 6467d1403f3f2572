// What a sequence costs on this board, over lengths and over sizes of the network. The lengths give the fitted line of a
// model, the sizes show how the step grows with inputs and hidden units.

using System;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Bench;

/// <summary>Times kernels.</summary>
public sealed class KernelCosts
{
    private const int SizesLength = 8;

    private static readonly int[] s_lengths = { 1, 2, 5, 10, 20, 50, 100 };

    // Pairs of inputs and hidden units. The first six are those of CompiledSizes, which both kernels run; code for the larger
    // ones would not fit one assembly beside the rest.
    private static readonly int[] s_sizes = { 1, 4, 2, 8, 4, 8, 8, 8, 4, 12, 8, 12, 3, 16, 8, 16, 12, 16, 6, 24, 13, 32 };

    private readonly BenchReport _report;
    private IKernel _kernel;
    private short[] _values;
    private int _length;

    /// <summary>Reports to a console.</summary>
    public KernelCosts(BenchReport report) => _report = report;

    /// <summary>Times every kernel of a model over lengths: reset, steps, classification.</summary>
    public void Measure(string modelName, ModelFile model)
    {
        foreach (NamedKernel kernel in BenchKernels.Of(model))
        {
            foreach (int length in s_lengths)
            {
                Use(kernel.Kernel, length);
                long nanoseconds = Stopwatch.PicosecondsPerTurn(RunSequences) / 1000;
                _report.Write(_report.Microseconds("sequence." + kernel.Name + "." + modelName, nanoseconds).Text(" len=").Number(length));
            }
        }
    }

    /// <summary>Times the step of networks of several sizes, made here: weights do not change what a step costs.</summary>
    public void MeasureSizes()
    {
        for (int i = 0; i < s_sizes.Length; i += 2)
        {
            int inputCount = s_sizes[i], hiddenCount = s_sizes[i + 1];
            // The heap may not hold two of the larger networks.
            _kernel = null;
            try
            {
                MeasureSize(inputCount, hiddenCount);
            }
            catch (OutOfMemoryException)
            {
                _kernel = null;
                _report.Remark("no memory for inputs=" + inputCount.ToString() + " hidden=" + hiddenCount.ToString());
            }
        }
    }

    private void MeasureSize(int inputCount, int hiddenCount)
    {
        foreach (NamedKernel kernel in BenchKernels.Of(SyntheticModel.Create(inputCount, hiddenCount)))
        {
            Use(kernel.Kernel, SizesLength);
            long nanoseconds = Stopwatch.PicosecondsPerTurn(RunSteps) / (1000 * SizesLength);
            _report.Write(_report.Microseconds("step." + kernel.Name, nanoseconds)
                .Text(" inputs=").Number(inputCount).Text(" hidden=").Number(hiddenCount));
        }
    }

    private void Use(IKernel kernel, int length)
    {
        _kernel = kernel;
        _length = length;
        _values = SyntheticModel.Sequence(length * kernel.ValuesPerStep);
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

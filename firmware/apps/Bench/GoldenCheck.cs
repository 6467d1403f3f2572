// Runs golden vectors through a kernel, timestep by timestep: one wrong bit anywhere is found at the step where it appears.

using System.IO.Hashing;
using Crime.Bench.Golden;
using Crime.Kernel;

namespace Crime.Bench;

/// <summary>Compares kernels with the reference.</summary>
internal sealed class GoldenCheck
{
    private readonly BenchReport _report;

    /// <summary>Reports to a console.</summary>
    public GoldenCheck(BenchReport report) => _report = report;

    /// <summary>Number of vectors with a wrong bit.</summary>
    public int FailureCount { get; private set; }

    /// <summary>Runs all vectors of a model.</summary>
    /// <param name="golden">The model and its vectors.</param>
    /// <param name="name">Name of the kernel, as the report prints it.</param>
    /// <param name="kernel">The kernel, made for that model.</param>
    public void Run(GoldenModel golden, string name, IKernel kernel)
    {
        foreach (GoldenVector vector in golden.Vectors)
        {
            int wrongStep = FirstWrongStep(vector, kernel);
            if (wrongStep >= 0) FailureCount++;
            _report.Golden(name, golden.Name, vector.Sequence, vector.Length, wrongStep);
        }
    }

    private static int FirstWrongStep(GoldenVector vector, IKernel kernel)
    {
        kernel.State.Reset();
        var state = new byte[kernel.State.ExportSize];
        for (int step = 0; step < vector.Length; step++)
        {
            kernel.Advance(vector.Values, step, 1);
            kernel.State.Export(state, 0);
            if (Crc32.HashToUInt32(state) != vector.StateChecksums[step]) return step;
        }
        kernel.Classify();
        for (int i = 0; i < vector.Logits.Length; i++)
            if (kernel.Logits[i] != vector.Logits[i]) return vector.Length;
        return -1;
    }
}

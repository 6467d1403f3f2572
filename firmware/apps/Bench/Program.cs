// The second application of a board: no network, no settings, no sensor. It proves that the kernels give the golden bits on
// this platform and measures their time. It runs on a board, on the virtual board and on a nanoCLR of the desk.

using Crime.Bench.Golden;

namespace Crime.Bench;

/// <summary>Entry point of the bench.</summary>
public static class Program
{
    /// <summary>Checks, measures, prints, ends.</summary>
    public static void Main()
    {
        var report = new BenchReport();
        report.Start();
        // A model is made each time it is used, because the heap has to hold the largest kernel afterwards.
        var check = new GoldenCheck(report);
        for (int i = 0; i < GoldenModels.Count; i++) Check(check, GoldenModels.Create(i));
        new OperationCosts(report).Measure();
        new CodeCosts(report).Measure();
        var kernelCosts = new KernelCosts(report);
        for (int i = 0; i < GoldenModels.Count; i++) Measure(kernelCosts, GoldenModels.Create(i));
        kernelCosts.MeasureSizes();
        new MappingCosts(report, GoldenModels.Create(0).Model).Measure();
        report.End(check.FailureCount);
    }

    private static void Check(GoldenCheck check, GoldenModel golden)
    {
        foreach (string name in BenchKernels.NamesFor(golden.Model)) check.Run(golden, name, BenchKernels.Create(golden.Model, name));
    }

    private static void Measure(KernelCosts costs, GoldenModel golden) => costs.Measure(golden.Name, golden.Model);
}

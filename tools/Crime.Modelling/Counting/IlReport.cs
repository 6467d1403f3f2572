// The counts of a model's three kernels per step, with the figures that the budgets are about.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Compilation;

namespace Crime.Modelling.Counting;

/// <summary>What one kernel executed.</summary>
/// <param name="IlPerStep">Instructions per timestep, everything included that a timestep takes.</param>
/// <param name="GateIlPerMac">Instructions per multiply-accumulate of gates and convolutions.</param>
/// <param name="ElementwiseIlPerUnit">Instructions per hidden unit and timestep of its layer apart from these products.</param>
/// <param name="IlTotal">All instructions.</param>
/// <param name="Opcodes">All instructions by opcode.</param>
public sealed record KernelCount(
    double IlPerStep, double GateIlPerMac, double ElementwiseIlPerUnit, long IlTotal, IReadOnlyDictionary<string, long> Opcodes);

/// <summary>Counts of all kernels on the same inputs.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Inputs">Where the inputs come from.</param>
/// <param name="Sequences">How many.</param>
/// <param name="Steps">Timesteps over all.</param>
/// <param name="GateMacsPerStep">Multiply-accumulates of gates and convolutions per timestep, those with a zero weight included.</param>
/// <param name="Textbook">Plain loops.</param>
/// <param name="Table">The firmware's table-driven kernel.</param>
/// <param name="Compiled">Straight-line code.</param>
/// <param name="CompiledTerms">Its products of packed pairs per timestep.</param>
/// <param name="CompiledSkippedPairs">Pairs that are zero and cost it nothing.</param>
/// <param name="CompiledIlBytes">Its byte code on the board.</param>
public sealed record IlReport(
    string Model, string Inputs, int Sequences, long Steps, long GateMacsPerStep, KernelCount Textbook, KernelCount Table, KernelCount Compiled,
    int CompiledTerms, int CompiledSkippedPairs, int CompiledIlBytes)
{
    /// <summary>Instructions per step of output, the same for every kernel; null for a network that writes none.</summary>
    public double? OutputIlPerStep { get; init; }

    /// <summary>A term of the compiled kernel: ldc.i8, ldloc, mul, add.</summary>
    private const int IlPerTerm = 4;

    /// <summary>Where the kernels that loop make their gate products: all that these execute counts for them.</summary>
    private static readonly string[] s_productMethods = ["Crime.Kernel.PackedColumns.", "Crime.Bench.Reference.TextbookLayer.AddUp"];

    /// <summary>Returns the kernels with their names, the fastest first.</summary>
    public IReadOnlyList<(string Name, KernelCount Count)> ByName() => [("compiled", Compiled), ("table-driven", Table), ("textbook", Textbook)];

    /// <summary>Counts.</summary>
    /// <param name="bytes">The model file.</param>
    /// <param name="model">The same, parsed.</param>
    /// <param name="inputs">What to run.</param>
    /// <param name="progress">Called with the number of kernels done.</param>
    public static IlReport Make(byte[] bytes, ModelFile model, CountedInputs inputs, Action<int>? progress = null)
    {
        EmittedKernel emitted = KernelEmitter.Emit(model);
        KernelFootprint footprint = KernelFootprint.Measure(DeviceCompiler.Compile(emitted.ClassName, emitted.Source), model);
        var counter = new IlCounter(bytes, emitted);
        long steps = inputs.Sequences.Sum(values => (long)values.Length / model.ValuesPerStep);
        var schedule = new FrontSchedule(model, inputs.Sequences.Select(values => values.Length / model.ValuesPerStep));
        long macs = schedule.MacCount + schedule.LayerSteps * model.Layers.Sum(shape => (long)shape.RowCount * shape.ColumnCount);
        long units = schedule.LayerSteps * model.Layers.Sum(shape => shape.HiddenCount);
        int done = 0;
        KernelCount Count(CountedKernel kernel)
        {
            IlCount count = counter.Count(kernel, inputs.Sequences);
            // Convolutions are loops beside compiled layers too.
            long gates = count.ByMethod.Where(method => s_productMethods.Any(method.Key.StartsWith)).Sum(method => method.Value);
            if (kernel == CountedKernel.Compiled) gates += schedule.LayerSteps * IlPerTerm * emitted.TermCount;
            progress?.Invoke(++done);
            return new KernelCount(
                Ratio(count.Total, steps), Ratio(gates, macs), Ratio(count.Total - gates, units), count.Total, count.ByOpCode);
        }
        return new IlReport(
            model.Name, inputs.Source, inputs.Sequences.Count, steps, macs / steps, Count(CountedKernel.Textbook), Count(CountedKernel.Table),
            Count(CountedKernel.Compiled), emitted.TermCount, emitted.SkippedTermCount, footprint.ByteCodeSize)
        {
            OutputIlPerStep = counter.CountOutput(inputs.Sequences[0]) is { } output ? Ratio(output.Whole.Total, output.Steps) : null,
        };
    }

    private static double Ratio(long count, long over) => Math.Round((double)count / over, 3);
}

// Counts what the three kernels of a model execute on given inputs: the textbook's loops, the table-driven kernel, the
// compiled one. All run in the same network, so that what surrounds them counts alike.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Crime.Bench.Reference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;

namespace Crime.Modelling.Counting;

/// <summary>Which kernel to count.</summary>
public enum CountedKernel
{
    /// <summary>Plain loops.</summary>
    Textbook,

    /// <summary>The firmware's, with weights in tables.</summary>
    Table,

    /// <summary>Straight-line code.</summary>
    Compiled,
}

/// <summary>Runs kernels and counts their instructions.</summary>
public sealed class IlCounter
{
    private readonly byte[] _model;
    private readonly EmittedKernel _emitted;
    private readonly bool _hasStepLabels;

    // Most steps of an output; 0 for a network that writes none.
    private readonly int _longestOutput;

    /// <summary>Prepares the counting of a model.</summary>
    /// <param name="model">The bytes of a model file with fixed-point weights.</param>
    /// <param name="emitted">Code made from that model.</param>
    public IlCounter(byte[] model, EmittedKernel emitted)
    {
        _model = model;
        _emitted = emitted;
        if (ModelReader.TryRead(model, out ModelFile file) != ModelError.None) return;
        _hasStepLabels = file.Answer == AnswerKind.ClassPerStep;
        _longestOutput = file.Decoder?.LongestOutput ?? 0;
    }

    /// <summary>Runs every sequence from the zero state and counts the instructions of <c>IKernel.Advance</c>.</summary>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="sequences">Inputs, timestep by timestep, as a board has them.</param>
    public IlCount Count(CountedKernel kernel, IReadOnlyList<short[]> sequences) => WithNetwork(kernel, (network, count) =>
    {
        var total = new IlCount();
        foreach (short[] values in sequences)
        {
            network.Reset();
            total.Add(count(() => network.Advance(values, 0, values.Length / network.ValuesPerStep)));
        }
        return total;
    });

    /// <summary>Counts whole inferences as the firmware runs them: reset, timesteps, classification.</summary>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="sequences">Inputs.</param>
    /// <returns>A count for each.</returns>
    public IReadOnlyList<IlCount> CountEach(CountedKernel kernel, IReadOnlyList<short[]> sequences) => WithNetwork(kernel, (network, count) =>
        sequences.Select(values => count(() => network.Infer(values, values.Length / network.ValuesPerStep))).ToArray());

    /// <summary>Counts steps of output. They are the same for every kernel: a decoder is table-driven beside compiled layers too.</summary>
    /// <param name="values">An input to write the output of.</param>
    /// <returns>Null for a network that writes no sequence, or outputs of one step only.</returns>
    public OutputCount? CountOutput(short[] values) => WithNetwork(CountedKernel.Table, (network, count) => CountOutput(network, count, values));

    /// <summary>The same over all sequences, and what a sequence executes beside its timesteps. A decoder writes one step for each.</summary>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="sequences">Inputs, at least one.</param>
    public SequenceCount CountSequences(CountedKernel kernel, IReadOnlyList<short[]> sequences) => WithNetwork(kernel, (network, count) =>
    {
        var total = new IlCount();
        long steps = 0;
        if (_longestOutput > 0) network.ForceSteps(1);
        foreach (short[] values in sequences)
        {
            int length = values.Length / network.ValuesPerStep;
            total.Add(count(() => network.Infer(values, length)));
            steps += length;
        }
        // Results of convolutions that wait for the end of a sequence are computed once for each answer, and not at all without a timestep.
        network.Infer(sequences[0], sequences[0].Length / network.ValuesPerStep);
        IlCount answer = count(network.Answer);
        network.Infer(sequences[0], 0);
        answer = answer.Less(count(network.Answer));
        answer.Add(count(() => network.Infer(sequences[0], 0)));
        return new SequenceCount(total, answer, sequences.Count, steps) { Output = CountOutput(network, count, sequences[0]) };
    });

    // As a board measures it: an output of one step, and one of more.
    private OutputCount? CountOutput(CountedNetwork network, Func<Action, IlCount> count, short[] values)
    {
        if (_longestOutput < 2) return null;
        network.ForceSteps(1);
        network.Infer(values, values.Length / network.ValuesPerStep);
        IlCount one = count(network.Answer);
        network.ForceSteps(_longestOutput);
        return new OutputCount(count(network.Answer).Less(one), _longestOutput - 1);
    }

    private T WithNetwork<T>(CountedKernel kernel, Func<CountedNetwork, Func<Action, IlCount>, T> use)
    {
        var context = new CountingContext();
        try
        {
            var network = new CountedNetwork(CreateNetwork(context, kernel), _hasStepLabels);
            return use(network, work =>
            {
                context.Reset();
                work();
                return context.Count();
            });
        }
        finally
        {
            context.Unload();
        }
    }

    private object CreateNetwork(CountingContext context, CountedKernel kernel)
    {
        Assembly shared = context.LoadFromAssemblyName(typeof(ModelReader).Assembly.GetName());
        Assembly firmware = context.LoadFromAssemblyName(typeof(NetworkKernel).Assembly.GetName());
        var arguments = new object?[] { _model, null };
        shared.GetType(typeof(ModelReader).FullName!)!.GetMethod(nameof(ModelReader.TryRead))!.Invoke(null, arguments);
        object model = arguments[1]!;
        object? layers = kernel switch
        {
            CountedKernel.Textbook => Create(context.LoadFromAssemblyName(typeof(TextbookModel).Assembly.GetName()), typeof(TextbookModel).FullName!, model),
            CountedKernel.Compiled => Create(context.LoadCounted(DeviceCompiler.Compile(_emitted.ClassName, _emitted.Source)), _emitted.FullName),
            _ => null,
        };
        return Activator.CreateInstance(firmware.GetType(typeof(NetworkKernel).FullName!)!, model, layers)!;
    }

    private static object Create(Assembly assembly, string type, params object[] arguments) =>
        Activator.CreateInstance(assembly.GetType(type, throwOnError: true)!, arguments)!;
}

/// <summary>What inferences execute.</summary>
/// <param name="Whole">All instructions of all sequences.</param>
/// <param name="Empty">Those of a sequence beside its timesteps.</param>
/// <param name="Sequences">How many sequences.</param>
/// <param name="Steps">Timesteps over all.</param>
public sealed record SequenceCount(IlCount Whole, IlCount Empty, int Sequences, long Steps)
{
    /// <summary>Steps of output beyond the one that is in <see cref="Whole"/> and <see cref="Empty"/>; null where there are none.</summary>
    public OutputCount? Output { get; init; }
}

/// <summary>Instructions of steps of output.</summary>
/// <param name="Whole">All instructions.</param>
/// <param name="Steps">Steps, at least one.</param>
public sealed record OutputCount(IlCount Whole, int Steps);

/// <summary>A network of the firmware that counts itself, and that the tools therefore know by its names only.</summary>
internal sealed class CountedNetwork
{
    private const int MostSteps = 65536;

    private readonly Action<short[], int, int> _advance;
    private readonly Func<int> _classify;
    private readonly Action _reset;
    private readonly Action<int> _forceSteps;

    /// <summary>Wraps a network.</summary>
    /// <param name="network">A <see cref="NetworkKernel"/> of a counting context.</param>
    /// <param name="hasStepLabels">True for a model with a class for each timestep.</param>
    public CountedNetwork(object network, bool hasStepLabels)
    {
        Type type = network.GetType();
        _advance = type.GetMethod(nameof(NetworkKernel.Advance))!.CreateDelegate<Action<short[], int, int>>(network);
        _forceSteps = type.GetProperty(nameof(NetworkKernel.ForcedSteps))!.GetSetMethod()!.CreateDelegate<Action<int>>(network);
        _classify = type.GetMethod(nameof(NetworkKernel.Classify))!.CreateDelegate<Func<int>>(network);
        // The longest sequence: a class for each timestep is computed where a board asks for it, and boards do.
        if (hasStepLabels) type.GetProperty(nameof(NetworkKernel.StepLabels))!.SetValue(network, new byte[MostSteps]);
        ValuesPerStep = (int)type.GetProperty(nameof(NetworkKernel.ValuesPerStep))!.GetValue(network)!;
        object state = type.GetProperty(nameof(NetworkKernel.State))!.GetValue(network)!;
        _reset = state.GetType().GetMethod(nameof(NetworkState.Reset))!.CreateDelegate<Action>(state);
    }

    /// <inheritdoc cref="IKernel.ValuesPerStep"/>
    public int ValuesPerStep { get; }

    /// <inheritdoc cref="IKernel.ForcedSteps"/>
    public void ForceSteps(int count) => _forceSteps(count);

    /// <inheritdoc cref="NetworkState.Reset"/>
    public void Reset() => _reset();

    /// <inheritdoc cref="IKernel.Advance"/>
    public void Advance(short[] values, int start, int count) => _advance(values, start, count);

    /// <inheritdoc cref="IKernel.Classify"/>
    public void Answer() => _classify();

    /// <summary>A whole inference, as the firmware runs it.</summary>
    /// <param name="values">The sequence.</param>
    /// <param name="length">Timesteps of it to take.</param>
    public void Infer(short[] values, int length)
    {
        _reset();
        _advance(values, 0, length);
        _classify();
    }
}

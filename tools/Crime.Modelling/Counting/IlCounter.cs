// Counts what the three kernels of a model execute on given inputs: the textbook's loops, the table-driven kernel, the
// compiled one. All run in the same network, so that what surrounds them counts alike.

using System;
using System.Collections.Generic;
using System.Reflection;
using Crime.Firmware.Kernel;
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

    /// <summary>Prepares the counting of a model.</summary>
    /// <param name="model">The bytes of a model file with fixed-point weights.</param>
    /// <param name="emitted">Code made from that model.</param>
    public IlCounter(byte[] model, EmittedKernel emitted)
    {
        _model = model;
        _emitted = emitted;
    }

    /// <summary>Runs every sequence from the zero state and counts the instructions of <c>IKernel.Advance</c>.</summary>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="sequences">Inputs, timestep by timestep, as a board has them.</param>
    public IlCount Count(CountedKernel kernel, IReadOnlyList<short[]> sequences)
    {
        var context = new CountingContext();
        try
        {
            object network = CreateNetwork(context, kernel);
            Type type = network.GetType();
            var advance = type.GetMethod(nameof(NetworkKernel.Advance))!.CreateDelegate<Action<short[], int, int>>(network);
            int valuesPerStep = (int)type.GetProperty(nameof(NetworkKernel.ValuesPerStep))!.GetValue(network)!;
            object state = type.GetProperty(nameof(NetworkKernel.State))!.GetValue(network)!;
            var reset = state.GetType().GetMethod(nameof(NetworkState.Reset))!.CreateDelegate<Action>(state);
            var count = new IlCount();
            foreach (short[] values in sequences)
            {
                reset();
                context.Reset();
                advance(values, 0, values.Length / valuesPerStep);
                count.Add(context.Count());
            }
            return count;
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
            CountedKernel.Textbook => Create(context, "Textbook", DeviceCompiler.ReadTextbook(), DeviceCompiler.TextbookType, model),
            CountedKernel.Compiled => Create(context, _emitted.ClassName, _emitted.Source, _emitted.FullName),
            _ => null,
        };
        return Activator.CreateInstance(firmware.GetType(typeof(NetworkKernel).FullName!)!, model, layers)!;
    }

    private static object Create(CountingContext context, string assemblyName, string source, string type, params object[] arguments) =>
        Activator.CreateInstance(context.LoadCounted(DeviceCompiler.Compile(assemblyName, source)).GetType(type, throwOnError: true)!, arguments)!;
}

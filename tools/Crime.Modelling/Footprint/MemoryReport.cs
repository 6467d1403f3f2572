// What a model takes on a board: bytes of flash, bytes of heap that stay and that come and go, and what an inference, a
// decision and a request allocate.

using System;
using System.Reflection;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Footprint;

/// <summary>Memory of a model with one kind of kernel.</summary>
/// <param name="Held">Bytes that model (without its file), kernel and mapping engine hold between two inferences.</param>
/// <param name="Made">
/// Bytes that the project's code allocated while they were made, what was dropped again included; without the file, and without
/// what members of the platform allocate: the names, which come from UTF-8.
/// </param>
/// <param name="Kernel">Bytes that the kernel alone holds.</param>
/// <param name="Inference">What resetting, computing and classifying a sequence allocates.</param>
public sealed record KernelMemory(int Held, int Made, int Kernel, Allocations Inference);

/// <summary>Memory of a model.</summary>
/// <param name="Image">Bytes of the file that a board has: without the gateway's float weights.</param>
/// <param name="CompiledCode">Byte code of its compiled kernel.</param>
/// <param name="Table">With weights in tables.</param>
/// <param name="Compiled">With weights in code.</param>
/// <param name="Decision">What a decision allocates.</param>
/// <param name="Request">What writing a request allocates, without its topic.</param>
/// <param name="RequestSize">Bytes of that request.</param>
/// <param name="Topic">What making its topic allocates, without the string itself.</param>
public sealed record MemoryReport(
    int Image, int CompiledCode, KernelMemory Table, KernelMemory Compiled, Allocations Decision, Allocations Request, int RequestSize, Allocations Topic)
{
    private const string ProbeType = "Crime.Modelling.Reference.MemoryProbe";

    /// <summary>Measures a model.</summary>
    /// <param name="bytes">A model file with weights for boards.</param>
    public static MemoryReport Make(byte[] bytes)
    {
        byte[] image = ModelContainer.BoardImage(bytes);
        ModelFile model = ModelLoading.Parse(image, "measured");
        EmittedKernel emitted = KernelEmitter.Emit(model);
        byte[] code = DeviceCompiler.Compile(emitted.ClassName, emitted.Source);
        short[] values = CountedInputs.Random(model, 1).Sequences[0];
        var context = new AllocationContext();
        try
        {
            Type probe = context.LoadInstrumented(DeviceCompiler.Compile("MemoryProbe", DeviceCompiler.ReadReference("MemoryProbe.cs")))
                .GetType(ProbeType, throwOnError: true)!;
            Type compiled = context.LoadInstrumented(code).GetType(emitted.FullName, throwOnError: true)!;
            KernelMemory table = Measure(new Probe(probe, image, values, CountedInputs.RandomLength), null);
            var other = new Probe(probe, image, values, CountedInputs.RandomLength);
            KernelMemory straight = Measure(other, Activator.CreateInstance(compiled));
            other.Do("MeetGateways");
            Allocations decision = other.Do("Decide", CountedInputs.RandomLength);
            Allocations request = other.Do("Encode", values, CountedInputs.RandomLength);
            int size = ((byte[])other.Result!).Length;
            return new MemoryReport(
                image.Length, KernelFootprint.Measure(code, model).ByteCodeSize, table, straight, decision, request, size, other.Do("Topic"));
        }
        finally
        {
            context.Unload();
        }
    }

    private static KernelMemory Measure(Probe probe, object? compiled)
    {
        int made = probe.Do("Load", probe.Image).Bytes + probe.Do("MakeKernel", compiled).Bytes + probe.Do("MakeEngine").Bytes;
        Allocations inference = probe.Do("Infer", probe.Values, probe.Length);
        return new KernelMemory(probe.Held(), made, probe.HeldByKernel(), inference);
    }

    /// <summary>The instrumented probe.</summary>
    private sealed class Probe(Type type, byte[] image, short[] values, int length)
    {
        private static readonly string[] s_roots = [nameof(NetworkKernel), nameof(ModelFile), "MappingEngine"];

        private readonly object _probe = Activator.CreateInstance(type)!;

        public byte[] Image => image;

        public short[] Values => values;

        public int Length => length;

        public object? Result { get; private set; }

        public Allocations Do(string step, params object?[] arguments)
        {
            MethodInfo method = type.GetMethod(step)!;
            Allocations allocations = AllocationLog.During(() => Result = method.Invoke(_probe, arguments));
            if (Result is false) throw new InvalidOperationException($"{step} came to nothing");
            return allocations;
        }

        public int HeldByKernel() => new HeldMemory().Add(type.GetField("Kernel")!.GetValue(_probe));

        public int Held()
        {
            var held = new HeldMemory();
            int size = 0;
            foreach (FieldInfo field in type.GetFields())
                if (Array.IndexOf(s_roots, field.FieldType.Name) >= 0) size += held.Add(field.GetValue(_probe));
            return size;
        }
    }
}

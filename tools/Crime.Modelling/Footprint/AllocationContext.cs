// Device code that reports every allocation: before each instruction that takes from the heap a call is put that says how
// much. So "allocates nothing" is counted, not read off the source.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using MethodBody = Mono.Cecil.Cil.MethodBody;

namespace Crime.Modelling.Footprint;

/// <summary>Loads the firmware instrumented, apart from the one that the tools themselves use.</summary>
internal sealed class AllocationContext : AssemblyLoadContext
{
    public AllocationContext() : base("allocations", isCollectible: true)
    {
    }

    /// <summary>Loads an assembly of device code from its bytes.</summary>
    public Assembly LoadInstrumented(byte[] image)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(System.AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly = AssemblyDefinition.ReadAssembly(new MemoryStream(image), new ReaderParameters { AssemblyResolver = resolver });
        var log = new LogCalls(assembly.MainModule);
        foreach (MethodDefinition method in assembly.MainModule.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody).ToList())
            Instrument(method.Body, log);
        using var instrumented = new MemoryStream();
        assembly.Write(instrumented);
        instrumented.Position = 0;
        return LoadFromStream(instrumented);
    }

    protected override Assembly? Load(AssemblyName name) =>
        DeviceAssemblies.Contains(name.Name)
            ? LoadInstrumented(File.ReadAllBytes(Path.Combine(System.AppContext.BaseDirectory, name.Name + ".dll")))
            : null;

    private static void Instrument(MethodBody body, LogCalls log)
    {
        body.SimplifyMacros();
        foreach (Instruction instruction in body.Instructions.ToList())
        {
            Instruction[] report = log.Report(instruction).ToArray();
            if (report.Length == 0) continue;
            Instruction at = instruction;
            while (at.Previous is { OpCode.OpCodeType: OpCodeType.Prefix } prefix) at = prefix;
            BasicBlocks.InsertBefore(body, at, report);
        }
        body.OptimizeMacros();
    }

    /// <summary>Makes the calls of a module.</summary>
    private sealed class LogCalls
    {
        private readonly MethodReference _object;
        private readonly MethodReference _array;
        private readonly MethodReference _external;

        public LogCalls(ModuleDefinition module)
        {
            MethodReference Import(string name) => module.ImportReference(typeof(AllocationLog).GetMethod(name));
            _object = Import(nameof(AllocationLog.Object));
            _array = Import(nameof(AllocationLog.Array));
            _external = Import(nameof(AllocationLog.External));
        }

        /// <summary>What an instruction says before it executes; nothing for most.</summary>
        public IEnumerable<Instruction> Report(Instruction instruction) => instruction.OpCode.Code switch
        {
            Code.Newarr => [Instruction.Create(OpCodes.Dup), Number(DeviceSizes.Element((TypeReference)instruction.Operand)), Call(_array)],
            Code.Box => [Number(DeviceSizes.Boxed), Call(_object)],
            Code.Ldstr => [Number(DeviceSizes.Literal), Call(_object)],
            Code.Newobj => New((MethodReference)instruction.Operand),
            Code.Call or Code.Callvirt when !IsDeviceCode(((MethodReference)instruction.Operand).DeclaringType) => External((MethodReference)instruction.Operand),
            _ => [],
        };

        private IEnumerable<Instruction> New(MethodReference constructor)
        {
            TypeReference type = constructor.DeclaringType;
            bool isPlain = type.FullName == "System.Object";
            if (!isPlain && (!IsDeviceCode(type) || type.IsValueType)) return External(constructor);
            return [Number(DeviceSizes.Object(type)), Call(_object)];
        }

        private IEnumerable<Instruction> External(MethodReference method)
        {
            // What an object begins with takes nothing.
            if (method.FullName == "System.Void System.Object::.ctor()") return [];
            return [Instruction.Create(OpCodes.Ldstr, $"{method.DeclaringType.FullName}.{method.Name}"), Call(_external)];
        }

        private static Instruction Number(int value) => Instruction.Create(OpCodes.Ldc_I4, value);

        private static Instruction Call(MethodReference method) => Instruction.Create(OpCodes.Call, method);

        private static bool IsDeviceCode(TypeReference type) =>
            type.GetElementType() is { } element && element.FullName.StartsWith("Crime.", System.StringComparison.Ordinal);
    }
}

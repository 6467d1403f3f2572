// Device code that counts itself: every basic block of the loaded assemblies adds one to a cell of an array, and what a block
// consists of is known. Executed instructions by opcode follow, exactly, without slowing anything down much.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Crime.VirtualBoard.Loading;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using MethodBody = Mono.Cecil.Cil.MethodBody;

namespace Crime.Modelling.Counting;

/// <summary>Loads the firmware instrumented, apart from the one that the tools themselves use.</summary>
internal sealed class CountingContext : AssemblyLoadContext
{
    private const string CounterType = "BlockCounts";
    private const string CounterField = "Counts";

    private readonly List<CountedModule> _modules = [];

    private readonly string? _folder;

    /// <summary>Makes a context.</summary>
    /// <param name="folder">Where the libraries lie that counted code refers to and the tools do not have; null for none.</param>
    public CountingContext(string? folder = null) : base("counting", isCollectible: true) => _folder = folder;

    /// <summary>Sets all counts to zero.</summary>
    public void Reset()
    {
        foreach (CountedModule module in _modules) Array.Clear(module.Counts);
    }

    /// <summary>What has executed since the last reset.</summary>
    public IlCount Count()
    {
        var count = new IlCount();
        foreach (CountedModule module in _modules)
            for (int block = 0; block < module.Blocks.Count; block++) count.Add(module.Blocks[block], module.Counts[block]);
        return count;
    }

    /// <summary>Loads an assembly from its bytes.</summary>
    public Assembly LoadCounted(byte[] image)
    {
        using var resolver = new DefaultAssemblyResolver();
        if (_folder != null) resolver.AddSearchDirectory(_folder);
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly = AssemblyDefinition.ReadAssembly(new MemoryStream(image), new ReaderParameters { AssemblyResolver = resolver });
        List<CountedBlock> blocks = Instrument(assembly.MainModule);
        using var instrumented = new MemoryStream();
        assembly.Write(instrumented);
        instrumented.Position = 0;
        Assembly loaded = LoadFromStream(instrumented);
        var counts = new long[blocks.Count];
        loaded.GetType(CounterType, throwOnError: true)!.GetField(CounterField)!.SetValue(null, counts);
        _modules.Add(new CountedModule(blocks, counts));
        return loaded;
    }

    protected override Assembly? Load(AssemblyName name)
    {
        if (DeviceAssemblies.Contains(name.Name))
            return LoadCounted(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll")));
        if (_folder == null || File.Exists(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll"))) return null;
        string beside = Path.Combine(_folder, name.Name + ".dll");
        return File.Exists(beside) ? LoadFromAssemblyPath(beside) : null;
    }

    private static List<CountedBlock> Instrument(ModuleDefinition module)
    {
        var counter = new TypeDefinition(
            "", CounterType, Mono.Cecil.TypeAttributes.Public | Mono.Cecil.TypeAttributes.Abstract | Mono.Cecil.TypeAttributes.Sealed, module.TypeSystem.Object);
        var field = new FieldDefinition(
            CounterField, Mono.Cecil.FieldAttributes.Public | Mono.Cecil.FieldAttributes.Static, new ArrayType(module.TypeSystem.Int64));
        counter.Fields.Add(field);
        var blocks = new List<CountedBlock>();
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody))
            Instrument(method, field, blocks);
        module.Types.Add(counter);
        return blocks;
    }

    private static void Instrument(MethodDefinition method, FieldDefinition counts, List<CountedBlock> blocks)
    {
        MethodBody body = method.Body;
        // Names of opcodes are those of the code as it was compiled.
        string[] names = body.Instructions.Select(instruction => instruction.OpCode.Name).ToArray();
        body.SimplifyMacros();
        string?[] operations = Operation.Of(body);
        List<Instruction> original = body.Instructions.ToList();
        HashSet<Instruction> leaders = BasicBlocks.FindLeaders(body);
        ILProcessor il = body.GetILProcessor();
        for (int i = 0; i < original.Count;)
        {
            int end = i + 1;
            while (end < original.Count && !leaders.Contains(original[end])) end++;
            BasicBlocks.InsertBefore(
                body, original[i],
                il.Create(OpCodes.Ldsfld, counts), il.Create(OpCodes.Ldc_I4, blocks.Count), il.Create(OpCodes.Ldelema, method.Module.TypeSystem.Int64),
                il.Create(OpCodes.Dup), il.Create(OpCodes.Ldind_I8), il.Create(OpCodes.Ldc_I8, 1L), il.Create(OpCodes.Add), il.Create(OpCodes.Stind_I8));
            blocks.Add(new CountedBlock($"{method.DeclaringType.FullName}.{method.Name}", names[i..end], operations[i..end]));
            i = end;
        }
        body.OptimizeMacros();
    }

    private sealed record CountedModule(List<CountedBlock> Blocks, long[] Counts);
}

/// <summary>A basic block.</summary>
/// <param name="Method">The method it stands in.</param>
/// <param name="OpCodes">Names of its instructions, as compiled.</param>
/// <param name="Operations">What each of them costs like; null for nothing.</param>
internal sealed record CountedBlock(string Method, string[] OpCodes, string?[] Operations);

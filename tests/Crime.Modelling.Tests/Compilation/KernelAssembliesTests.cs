using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Code;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Crime.Packages;
using Mono.Cecil;
using Mono.Cecil.Cil;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Compilation;

/// <summary>Assemblies for boards against what the C# compiler makes of the same kernel's source, instruction by instruction.</summary>
public sealed class KernelAssembliesTests
{
    /// <summary>Models of all shapes that emitted code has.</summary>
    internal static IEnumerable<TestCaseData> Models()
    {
        TestCaseData Case(
            string name, CellKind kind, int inputs, int[] hidden, int vocabulary = 0, double scale = 0.5, double pruned = 0, int bits = 16, float maxCell = 20) =>
            new TestCaseData(Make(kind, inputs, hidden, vocabulary, scale, pruned, bits, maxCell)).SetArgDisplayNames(name);
        yield return Case("LSTM", CellKind.Lstm, 3, [16]);
        yield return Case("LSTM, cell of 7 fraction bits", CellKind.Lstm, 4, [6], maxCell: 170);
        yield return Case("LSTM, cell of 32 bits", CellKind.Lstm, 4, [6], maxCell: 200);
        yield return Case("LSTM, cell of 32 bits, wild", CellKind.Lstm, 4, [6], maxCell: 200, scale: 10);
        yield return Case("two parts, cell of 32 bits", CellKind.Lstm, 13, [32], maxCell: 200);
        yield return Case("LSTM, narrow cell", CellKind.Lstm, 4, [6], maxCell: 0.6f);
        yield return Case("LSTM, tame", CellKind.Lstm, 4, [6], scale: 0.01);
        yield return Case("LSTM, wild", CellKind.Lstm, 4, [6], scale: 10);
        yield return Case("GRU", CellKind.Gru, 12, [16]);
        yield return Case("GRU, odd, wild", CellKind.Gru, 3, [7], scale: 10);
        yield return Case("GRU, tame", CellKind.Gru, 3, [7], scale: 0.01);
        yield return Case("stacked", CellKind.Lstm, 6, [9, 7, 5]);
        yield return Case("stacked GRU", CellKind.Gru, 6, [9, 8]);
        yield return Case("pruned", CellKind.Lstm, 12, [16], pruned: 0.5);
        yield return Case("empty", CellKind.Lstm, 2, [4], pruned: 1);
        yield return Case("tokens, 4 bits", CellKind.Lstm, 8, [10], vocabulary: 30, bits: 4);
        yield return Case("one unit", CellKind.Lstm, 1, [1]);
        yield return Case("two units, GRU", CellKind.Gru, 1, [2]);
        yield return Case("many columns", CellKind.Gru, 230, [8]);
        yield return Case("two parts", CellKind.Lstm, 13, [32]);
        yield return Case("three parts, GRU", CellKind.Gru, 20, [48]);
        yield return Case("parts of stacked layers", CellKind.Lstm, 10, [30, 20, 8]);
    }

    private static ModelFile Make(CellKind kind, int inputs, int[] hidden, int vocabulary, double scale, double pruned, int bits, float maxCell)
    {
        TrainedModel trained = TestModels.Make(inputs, hidden.Select(units => (kind, units)).ToArray(), 3, vocabulary, 11, scale);
        Calibration calibration = Calibration.FromDefaults with { MaxCells = [maxCell] };
        return ModelLoading.Parse(TestModels.Write(Pruner.Prune(trained, pruned), bits, calibration), "random");
    }

    [TestCaseSource(nameof(Models))]
    public void EveryInstructionIsTheCompilers(ModelFile model)
    {
        KernelProgram program = KernelAssemblies.Build(model, "TestedKernel");
        AssertSame(Compiled(KernelEmitter.Source(model, program)), KernelAssemblies.Write(model, program, DeviceTarget.Default).Parts);
    }

    [TestCaseSource(nameof(Models))]
    public void TheSourceOfTheFirmwareIsWhatTheAssemblyComputes(ModelFile model)
    {
        // One assembly whatever its size: the same classes as in the source that goes into the firmware.
        EmittedKernel emitted = KernelEmitter.Emit(model, "TestedKernel");
        KernelProgram program = KernelEmitter.Build(model, "TestedKernel", areApart: false, layer => layer.Emit());
        Assert.That(KernelEmitter.Source(model, program), Is.EqualTo(emitted.Source));
        using AssemblyDefinition compiled = Compiled(emitted.Source);
        foreach (KernelClass written in program.Layers.Prepend(program.Model))
        {
            TypeDefinition type = compiled.MainModule.GetTypes().Single(found => found.Name == written.Name.Name);
            foreach (KernelMethod method in written.Methods)
                Assert.That(
                    IlWriter.Write(method).Instructions.Select(instruction => instruction.Code.Name),
                    Is.EqualTo(type.Methods.Single(found => found.Name == method.Name.Name).Body.Instructions.Select(instruction => instruction.OpCode.Name)));
        }
    }

    private static void AssertSame(AssemblyDefinition compiled, IReadOnlyList<byte[]> parts)
    {
        using AssemblyDefinition disposed = compiled;
        PeReader[] readers = parts.Select(part => new PeReader(part)).ToArray();
        PeType[] types = readers.SelectMany(reader => reader.Types).ToArray();
        TypeDefinition[] expected = compiled.MainModule.GetTypes().Where(type => type.Namespace.Length > 0 || type.DeclaringType != null)
            .Where(type => !type.FullName.StartsWith("Microsoft.") && !type.FullName.StartsWith("System.")).ToArray();
        Assert.That(types.Select(type => type.Name), Is.EquivalentTo(expected.Select(Name)));
        foreach (TypeDefinition type in expected)
        {
            PeType written = types.Single(found => found.Name == Name(type));
            Assert.That(written.Base, Is.EqualTo(Name(type.BaseType)));
            Assert.That(written.Outer, Is.EqualTo(type.DeclaringType == null ? "" : Name(type.DeclaringType)));
            int visibility = type.IsPublic ? 1 : 3, kind = type.IsAbstract ? 0x40 : 0x80;
            Assert.That(written.Flags, Is.EqualTo(visibility | kind | 0x1000));
            Assert.That(written.Fields, Is.EqualTo(type.Fields.Select(field => $"{field.Name} short[] ffff {(field.IsPrivate ? 0x21 : 0x24):x}")));
            int virtualCount = type.Methods.Count(method => method.IsVirtual);
            Assert.That((written.VirtualCount, written.OwnCount), Is.EqualTo((virtualCount, type.Methods.Count - virtualCount)));
            Assert.That(written.Methods.Take(written.VirtualCount).All(method => (method.Flags & 0x40) != 0), Is.True);
            foreach (MethodDefinition method in type.Methods) AssertSame(method, written.Methods.Single(found => found.Name == $"{Name(type)}::{method.Name}"));
        }
    }

    private static void AssertSame(MethodDefinition method, PeMethod written)
    {
        uint access = method.IsPrivate ? 1u : method.IsFamily ? 4u : 6u;
        uint kind = (method.IsVirtual ? 0x40u : 0) | (method.IsHideBySig ? 0x80u : 0) | (method.IsSpecialName ? 0x400u : 0) | (method.IsConstructor ? 0x1000u : 0);
        Assert.That(written.Flags, Is.EqualTo(access | kind), method.FullName);
        Assert.That(written.ArgumentCount, Is.EqualTo(method.Parameters.Count + 1));
        Assert.That(written.Signature, Is.EqualTo(Signature(method)));
        Assert.That(written.Locals, Is.EqualTo(method.Body.Variables.Select(variable => Name(variable.VariableType))), method.FullName);
        Assert.That(written.Instructions, Is.EqualTo(method.Body.Instructions.Select(Text)), method.FullName);
        Assert.That(written.StackSize, Is.EqualTo(method.Body.MaxStackSize).Or.EqualTo(method.Body.MaxStackSize - Unused(method)), method.FullName);
    }

    // The compiler never says less than 8 in a short header.
    private static int Unused(MethodDefinition method) => method.Body.MaxStackSize == 8 ? 8 - StackSize(method) : 0;

    private static int StackSize(MethodDefinition method)
    {
        int depth = 0, most = 0;
        foreach (Instruction instruction in method.Body.Instructions)
        {
            depth += Change(instruction);
            most = Math.Max(most, depth);
            if (instruction.OpCode == OpCodes.Ret) depth = 0;
        }
        return most;
    }

    private static int Change(Instruction instruction)
    {
        if (instruction.Operand is MethodReference called)
        {
            int makes = instruction.OpCode == OpCodes.Newobj || called.ReturnType.FullName != "System.Void" ? 1 : 0;
            return makes - called.Parameters.Count - (called.HasThis && instruction.OpCode != OpCodes.Newobj ? 1 : 0);
        }
        int pops = instruction.OpCode.StackBehaviourPop switch
        {
            StackBehaviour.Pop0 or StackBehaviour.Varpop => 0,
            StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
            StackBehaviour.Popref_popi_popi => 3,
            _ => 2,
        };
        int pushes = instruction.OpCode.StackBehaviourPush switch { StackBehaviour.Push0 => 0, StackBehaviour.Push1_push1 => 2, _ => 1 };
        return pushes - pops;
    }

    [TestCaseSource(nameof(Models))]
    public void EveryPartFitsAnArrayAndRefersToTheLibraryAndEarlierPartsOnly(ModelFile model)
    {
        KernelAssemblies assemblies = KernelAssemblies.Compile(model);
        PeReader[] parts = assemblies.Parts.Select(part => new PeReader(part)).ToArray();
        Assert.That(assemblies.Parts.Select(part => part.Length), Has.All.AtMost(KernelPackageFormat.MaxPartSize));
        Assert.That(assemblies.Parts.Select(part => part.Length % 4), Has.All.Zero);
        for (int part = 0; part < parts.Length; part++)
        {
            string[] known = [DeviceTarget.Default.Assembly, .. parts[..part].Select(earlier => earlier.Name)];
            Assert.That(parts[part].References.Select(reference => reference.Name), Is.SubsetOf(known));
            Assert.That(parts[part].References.Select(reference => reference.Version), Has.All.EqualTo(DeviceTarget.Default.Version));
            Assert.That(parts[part].Name, Does.Contain(model.FixedPointChecksum().ToString("x8")));
        }
        Assert.That(parts[^1].Types.Select(type => type.Name), Does.Contain(assemblies.FullName));
        Assert.That(parts.Select(part => part.Name), Is.Unique);
    }

    [TestCase(CellKind.Lstm, 13, 32, 2)]
    [TestCase(CellKind.Gru, 20, 48, 3)]
    [TestCase(CellKind.Lstm, 3, 16, 1)]
    public void AKernelHasAsFewPartsAsItNeeds(CellKind kind, int inputs, int hidden, int parts)
    {
        ModelFile model = Make(kind, inputs, [hidden], 0, 0.5, 0, 16, 20);
        Assert.That(KernelAssemblies.Compile(model).Parts, Has.Count.EqualTo(parts));
    }

    [Test]
    public void AnotherLibraryIsReferredToByItsNames()
    {
        var target = new DeviceTarget("Other.Device", "Other.Device.Kernel", new Version(3, 4, 5, 6));
        KernelAssemblies assemblies = KernelAssemblies.Compile(Make(CellKind.Lstm, 2, [3], 0, 0.5, 0, 16, 20), "Mine", target);
        var part = new PeReader(assemblies.Parts.Single());
        Assert.That(part.References, Is.EqualTo(new[] { ("Other.Device", new Version(3, 4, 5, 6)) }));
        Assert.That(assemblies.FullName, Is.EqualTo("Other.Device.Kernel.Compiled.Mine"));
        Assert.That(part.Types[0].Base, Is.EqualTo("Other.Device.Kernel.CompiledModel"));
        Assert.That(part.ExternalMembers(), Has.All.StartsWith("Other.Device.Kernel."));
    }

    [Test]
    public void TheLibraryHasEveryMemberThatAKernelRefersTo()
    {
        Assert.That(DeviceTarget.Default.Assembly, Is.EqualTo(typeof(CompiledModel).Assembly.GetName().Name));
        Assert.That(DeviceTarget.Default.KernelNamespace, Is.EqualTo(typeof(CompiledModel).Namespace));
        using var device = AssemblyDefinition.ReadAssembly(typeof(CompiledModel).Assembly.Location);
        var members = new HashSet<string>();
        foreach (TypeDefinition type in device.MainModule.GetTypes())
        {
            foreach (FieldDefinition field in type.Fields.Where(field => !field.IsPrivate)) members.Add($"{Name(type)}::{field.Name} {Name(field.FieldType)}");
            foreach (MethodDefinition method in type.Methods.Where(method => !method.IsPrivate))
                members.Add($"{Name(type)}::{method.Name}{Signature(method)}");
        }
        foreach (TestCaseData model in Models())
            foreach (byte[] part in KernelAssemblies.Compile((ModelFile)model.Arguments[0]!).Parts)
            {
                var reader = new PeReader(part);
                string[] external = reader.ExternalMembers()
                    .Where(member => reader.AssemblyOf(member[..member.IndexOf("::", StringComparison.Ordinal)]) == DeviceTarget.Default.Assembly).ToArray();
                Assert.That(external, Is.Not.Empty.And.SubsetOf(members));
            }
    }

    [Test]
    public void TheSameModelGivesTheSameBytes()
    {
        byte[] Bytes() => KernelAssemblies.Compile(Make(CellKind.Gru, 20, [48], 0, 0.5, 0, 16, 20)).Parts.SelectMany(part => part).ToArray();
        byte[] first = Bytes(), second = Bytes();
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void AModelThatNoBoardHoldsIsRefused()
    {
        ModelFile model = Make(CellKind.Lstm, 40, [100], 0, 0.1, 0, 16, 20);
        Assert.That(() => KernelAssemblies.Compile(model), Throws.TypeOf<UserInputException>().With.Message.Contains("56000 weights").And.Message.Contains("30000"));
    }

    [TestCase(40, 100)]
    [TestCase(8, 512)]
    public void ARefusedModelTakesLittleMemory(int inputs, int hidden)
    {
        // A gateway compiles whatever lies in its folder. One emission of the smaller model, with 28 000 terms, takes 31 MB.
        const long maxBytes = 40_000_000;
        ModelFile model = Make(CellKind.Lstm, inputs, [hidden], 0, 0.1, 0, 16, 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => KernelAssemblies.Compile(model), Throws.TypeOf<UserInputException>().With.Message.Contains("too large"));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Out.WriteLine($"{allocated} bytes");
        Assert.That(allocated, Is.LessThan(maxBytes));
    }

    private static AssemblyDefinition Compiled(string source) => AssemblyDefinition.ReadAssembly(new MemoryStream(DeviceCompiler.Compile("Tested", source)));

    private static string Text(Instruction instruction) => $"{instruction.OpCode.Name} {Operand(instruction)}".TrimEnd();

    private static string Operand(Instruction instruction) => instruction.Operand switch
    {
        null => "",
        Instruction target => $"@{Index(target)}",
        VariableDefinition variable => variable.Index.ToString(),
        ParameterDefinition parameter => (parameter.Index + 1).ToString(),
        MemberReference member => $"{Name(member.DeclaringType)}::{member.Name}",
        object literal => literal.ToString()!,
    };

    private static int Index(Instruction instruction)
    {
        int index = 0;
        for (Instruction at = instruction; at.Previous != null; at = at.Previous) index++;
        return index;
    }

    private static string Signature(MethodDefinition method) =>
        $"({(method.IsStatic ? "static " : "")}{string.Join(", ", method.Parameters.Select(parameter => Name(parameter.ParameterType)))}): {Name(method.ReturnType)}";

    private static string Name(TypeReference type) => type.FullName switch
    {
        "System.Void" => "void",
        "System.Int16[]" => "short[]",
        "System.Int32" => "int",
        "System.UInt32" => "uint",
        "System.Int64" => "long",
        _ => type.Namespace.Length == 0 ? type.Name : type.FullName,
    };
}

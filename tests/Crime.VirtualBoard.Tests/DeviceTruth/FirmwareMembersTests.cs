using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>Device code refers to nothing that the real assemblies lack.</summary>
[TestFixture("Crime.Firmware")]
[TestFixture("Crime.Shared")]
public sealed class FirmwareMembersTests(string assemblyName)
{
    private AssemblyDefinition _assembly = null!;

    [OneTimeSetUp]
    public void Open() =>
        _assembly = AssemblyDefinition.ReadAssembly(Path.Combine(TestContext.CurrentContext.TestDirectory, assemblyName + ".dll"));

    [OneTimeTearDown]
    public void Close() => _assembly.Dispose();

    [Test]
    public void EveryMemberExistsOnTheRealDevice()
    {
        DeviceApi api = DeviceApi.LoadOrIgnore();
        var foreign = new SortedSet<string>();
        foreach (var (id, user) in DeviceReferences.Of(DeviceTypes()))
            if (!api.Contains(id)) foreign.Add($"{id} (in {user})");
        Assert.That(foreign, Is.Empty);
    }

    private IEnumerable<TypeDefinition> DeviceTypes() => DeviceReferences.TypesOf(_assembly);

    /// <summary>C# that compiles and then fails on the device's CLR; each line says what was seen there.</summary>
    [Test]
    public void NothingIsUsedThatTheClrLacks()
    {
        var found = new List<string>();
        foreach (TypeDefinition type in DeviceTypes())
        {
            if (type.HasGenericParameters) found.Add($"{type}: generic types crash the CLR");
            if (type.IsInterface && type.Methods.Any(method => method.HasBody)) found.Add($"{type}: default interface methods fail");
            if (type.Fields.Count(field => field.IsStatic && !field.HasConstant) > 254) found.Add($"{type}: more than 254 static fields");
            if (type.Methods.Count(method => method.IsStatic) > 254) found.Add($"{type}: more than 254 static methods");
            foreach (FieldDefinition field in type.Fields)
            {
                if (field.IsStatic && !field.IsInitOnly && !field.HasConstant) found.Add($"{field}: mutable static state would be shared by all virtual boards");
                if (field.FieldType is ArrayType { Rank: > 1 }) found.Add($"{field}: multi-dimensional arrays crash the CLR");
            }
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody)) found.AddRange(Problems(method));
        }
        Assert.That(found, Is.Empty);
    }

    private static IEnumerable<string> Problems(MethodDefinition method)
    {
        if (method.HasGenericParameters) yield return $"{method}: generic methods crash the CLR";
        if (method.Body.Variables.Count > 250) yield return $"{method}: more than 250 locals crash the CLR";
        foreach (Instruction instruction in method.Body.Instructions)
        {
            if (instruction.OpCode.Code == Code.Localloc) yield return $"{method}: stackalloc fails";
            if (instruction.OpCode.Name.EndsWith(".ovf") || instruction.OpCode.Name.Contains(".ovf.")) yield return $"{method}: checked arithmetic never throws";
            if (instruction.OpCode.Code == Code.Volatile) yield return $"{method}: there is no volatile";
            if (instruction.Operand is ArrayType { Rank: > 1 }) yield return $"{method}: multi-dimensional arrays crash the CLR";
            if (instruction.Operand is Instruction target && System.Math.Abs(target.Offset - instruction.Offset) > 29_000)
                yield return $"{method}: a branch over more than 29 KB of IL";
            if (instruction.Operand is Instruction[] { Length: > 255 }) yield return $"{method}: a switch with more than 255 cases";
        }
    }
}

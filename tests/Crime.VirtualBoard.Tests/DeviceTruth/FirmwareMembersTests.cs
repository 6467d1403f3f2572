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
    /// <summary>
    /// Where the same source line binds to another overload on .NET than on the device, because .NET has a newer one. The
    /// device's own is on the right.
    /// </summary>
    private static readonly Dictionary<string, string> s_bindings = new()
    {
        ["M:System.Threading.EventWaitHandle.Set"] = "M:System.Threading.AutoResetEvent.Set",
        ["M:System.Threading.EventWaitHandle.Reset"] = "M:System.Threading.AutoResetEvent.Reset",
        ["T:System.Threading.EventWaitHandle"] = "T:System.Threading.AutoResetEvent",
        ["M:System.Threading.Monitor.Enter(System.Object,System.Boolean@)"] = "M:System.Threading.Monitor.Enter(System.Object)",
        ["M:System.IO.Hashing.Crc32.HashToUInt32(System.ReadOnlySpan{System.Byte})"] = "M:System.IO.Hashing.Crc32.HashToUInt32(System.SpanByte)",
        ["M:System.ReadOnlySpan{System.Byte}.op_Implicit(!0[])~System.ReadOnlySpan{!0}"] = "M:System.SpanByte.op_Implicit(System.Byte[])~System.SpanByte",
        ["T:System.ReadOnlySpan`1"] = "T:System.SpanByte",
        ["M:System.String.Split(System.Char,System.StringSplitOptions)"] = "M:System.String.Split(System.Char[])",
        ["T:System.StringSplitOptions"] = "T:System.String",
    };

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
        foreach (var (id, user) in References())
        {
            string bound = s_bindings.GetValueOrDefault(id, id);
            if (!api.Contains(bound)) foreign.Add($"{id} (in {user})");
        }
        Assert.That(foreign, Is.Empty);
    }

    /// <summary>Every member and type outside the device code, and who refers to it.</summary>
    private IEnumerable<(string Id, string User)> References()
    {
        foreach (TypeDefinition type in DeviceTypes())
        {
            IEnumerable<TypeReference?> shape = [type.BaseType, .. type.Interfaces.Select(item => item.InterfaceType), .. type.Fields.Select(field => field.FieldType)];
            foreach (TypeReference? used in shape)
                if (used != null && IsForeign(used)) yield return (DeviceApi.IdOf(used), type.FullName);
            foreach (MethodDefinition method in type.Methods)
            {
                IEnumerable<TypeReference> signature = [method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType)];
                if (method.HasBody) signature = signature.Concat(method.Body.Variables.Select(variable => variable.VariableType));
                foreach (TypeReference used in signature.Where(IsForeign)) yield return (DeviceApi.IdOf(used), method.FullName);
                if (!method.HasBody) continue;
                foreach (Instruction instruction in method.Body.Instructions)
                {
                    switch (instruction.Operand)
                    {
                        case MethodReference called when IsForeign(called.DeclaringType) && !called.DeclaringType.IsArray:
                            yield return (DeviceApi.IdOf(called), method.FullName);
                            break;
                        case FieldReference field when IsForeign(field.DeclaringType):
                            yield return (DeviceApi.IdOf(field), method.FullName);
                            break;
                        case TypeReference used when IsForeign(used):
                            yield return (DeviceApi.IdOf(used), method.FullName);
                            break;
                    }
                }
            }
        }
    }

    private IEnumerable<TypeDefinition> DeviceTypes() =>
        _assembly.MainModule.GetTypes().Where(type => type.FullName != "<Module>" && !type.FullName.StartsWith("Microsoft.CodeAnalysis"));

    private bool IsForeign(TypeReference type)
    {
        TypeReference element = type.GetElementType();
        return !element.IsGenericParameter && element.Scope != _assembly.MainModule && element.Scope.Name is not "Crime.Shared" and not "Crime.Firmware";
    }

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

using System.Collections.Generic;
using System.Linq;
using Crime.VirtualBoard.Loading;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>What device code refers to outside itself, as the device's compiler would bind it.</summary>
internal static class DeviceReferences
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

    /// <summary>The types that somebody wrote.</summary>
    public static IEnumerable<TypeDefinition> TypesOf(AssemblyDefinition assembly) =>
        assembly.MainModule.GetTypes().Where(type => type.FullName != "<Module>" && !type.FullName.StartsWith("Microsoft.CodeAnalysis"));

    /// <summary>Doc-comment ids of every member and type outside the device code, and who refers to it.</summary>
    public static IEnumerable<(string Id, string User)> Of(IEnumerable<TypeDefinition> types) =>
        References(types).Select(item => (s_bindings.GetValueOrDefault(item.Id, item.Id), item.User));

    private static IEnumerable<(string Id, string User)> References(IEnumerable<TypeDefinition> types)
    {
        foreach (TypeDefinition type in types)
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

    private static bool IsForeign(TypeReference type)
    {
        TypeReference element = type.GetElementType();
        return !element.IsGenericParameter && element is not TypeDefinition && !DeviceAssemblies.Contains(element.Scope.Name);
    }
}

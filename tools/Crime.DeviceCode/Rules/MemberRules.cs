// Device code may refer to what is on a device, and to what its project references, and to nothing else.

using System.Collections.Generic;
using System.Linq;
using Crime.DeviceCode.Api;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Rules;

/// <summary>What device code refers to outside itself.</summary>
internal static class MemberRules
{
    private const string ProductPrefix = "Crime.";

    /// <summary>Returns references to members that a device lacks, or that lie in an assembly which the project does not reference.</summary>
    /// <param name="type">A type of the code under check.</param>
    /// <param name="assemblies">The assemblies that the project references; null where there is no project.</param>
    public static IEnumerable<Fault> InType(TypeDefinition type, IReadOnlyCollection<string>? assemblies)
    {
        foreach (var (id, where, at) in References(type))
        {
            if (!DeviceApi.Bundled.Contains(id))
            {
                yield return new Fault(where, at, $"{id} does not exist on a device");
                continue;
            }
            IReadOnlyList<string> holders = DeviceApi.Bundled.AssembliesOf(DeviceApi.TypeOf(id));
            if (assemblies != null && !holders.Any(assemblies.Contains))
                yield return new Fault(where, at, $"{DeviceApi.TypeOf(id)[2..]} is in {string.Join(" or ", holders)}, which the project does not reference");
        }
    }

    private static IEnumerable<(string Id, IMemberDefinition Where, Instruction? At)> References(TypeDefinition type)
    {
        IEnumerable<TypeReference?> shape = [type.BaseType, .. type.Interfaces.Select(item => item.InterfaceType), .. type.Fields.Select(field => field.FieldType)];
        foreach (TypeReference? used in shape)
            if (used != null && IsForeign(used)) yield return (DocumentationId.Of(used), type, null);
        foreach (MethodDefinition method in type.Methods)
        {
            IEnumerable<TypeReference> signature = [method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType)];
            if (method.HasBody) signature = signature.Concat(method.Body.Variables.Select(variable => variable.VariableType));
            foreach (TypeReference used in signature.Where(IsForeign)) yield return (DocumentationId.Of(used), method, null);
            if (!method.HasBody) continue;
            foreach (Instruction instruction in method.Body.Instructions)
                if (IdOf(instruction) is { } id) yield return (id, method, instruction);
        }
    }

    private static string? IdOf(Instruction instruction) => instruction.Operand switch
    {
        MethodReference called when IsForeign(called.DeclaringType) && !called.DeclaringType.IsArray => DocumentationId.Of(called.GetElementMethod()),
        FieldReference field when IsForeign(field.DeclaringType) => DocumentationId.Of(field),
        TypeReference used when IsForeign(used) => DocumentationId.Of(used),
        _ => null,
    };

    private static bool IsForeign(TypeReference type)
    {
        TypeReference element = type.GetElementType();
        while (element is TypeSpecification inner) element = inner.ElementType;
        return !element.IsGenericParameter && element is not TypeDefinition && element.Scope is AssemblyNameReference scope
            && (!scope.Name.StartsWith(ProductPrefix) || scope.Name == "Crime.VirtualBoard.Device");
    }
}

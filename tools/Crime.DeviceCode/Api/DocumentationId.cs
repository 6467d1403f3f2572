// Names of members as the list of the device's members writes them.

using System.Linq;
using Mono.Cecil;

namespace Crime.DeviceCode.Api;

/// <summary>Documentation-comment ids of types and members of compiled code.</summary>
public static class DocumentationId
{
    /// <summary>Returns the id of a type, as in <c>T:System.Int32</c>; that of its elements for an array.</summary>
    /// <param name="type">The type.</param>
    public static string Of(TypeReference type) => "T:" + NameOf(type.GetElementType());

    /// <summary>Returns the id of a method, as in <c>M:System.String.Concat(System.String,System.String)</c>.</summary>
    /// <param name="method">The method.</param>
    public static string Of(MethodReference method) => Of(method, NameOf(method.DeclaringType));

    /// <summary>Returns the id that a method would have in another type.</summary>
    /// <param name="method">The method.</param>
    /// <param name="typeName">Name of that type.</param>
    public static string Of(MethodReference method, string typeName)
    {
        string name = method.Name.Replace('.', '#');
        string parameters = method.Parameters.Count == 0 ? "" : "(" + string.Join(",", method.Parameters.Select(p => NameOf(p.ParameterType))) + ")";
        string result = method.Name is "op_Implicit" or "op_Explicit" ? "~" + NameOf(method.ReturnType) : "";
        return $"M:{typeName}.{name}{parameters}{result}";
    }

    /// <summary>Returns the id of a field, as in <c>F:System.String.Empty</c>.</summary>
    /// <param name="field">The field.</param>
    public static string Of(FieldReference field) => $"F:{NameOf(field.DeclaringType)}.{field.Name}";

    /// <summary>Returns the name of a type as an id has it, without the prefix.</summary>
    /// <param name="type">The type.</param>
    public static string NameOf(TypeReference type) => type switch
    {
        ByReferenceType reference => NameOf(reference.ElementType) + "@",
        PointerType pointer => NameOf(pointer.ElementType) + "*",
        ArrayType array => NameOf(array.ElementType) + (array.Rank == 1 ? "[]" : "[" + new string(',', array.Rank - 1) + "]"),
        GenericInstanceType generic => NameOf(generic.ElementType).Split('`')[0] + "{" + string.Join(",", generic.GenericArguments.Select(NameOf)) + "}",
        RequiredModifierType modified => NameOf(modified.ElementType),
        GenericParameter parameter => (parameter.Type == GenericParameterType.Type ? "`" : "``") + parameter.Position,
        _ => type.FullName.Replace('/', '.'),
    };
}

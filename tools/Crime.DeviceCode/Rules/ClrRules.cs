// C# that compiles for a device and then fails there, or does something else than on .NET. Each reason says what was seen on the CLR.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Rules;

/// <summary>Rules about types, methods and single instructions.</summary>
internal static class ClrRules
{
    /// <summary>Returns what is wrong with an assembly as a whole.</summary>
    /// <param name="module">The assembly's module.</param>
    public static IEnumerable<Fault> InAssembly(ModuleDefinition module)
    {
        List<MethodDefinition> methods = module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody).ToList();
        int code = methods.Sum(ClrLimits.ByteCodeSizeOf), data = ClrLimits.StaticDataSizeOf(module), texts = ClrLimits.StringTableSizeOf(module);
        MethodDefinition? largest = methods.MaxBy(ClrLimits.ByteCodeSizeOf);
        if (code > ClrLimits.ByteCodeSizeMax)
            yield return new Fault(largest, null, TooLarge(code, "byte code", ClrLimits.ByteCodeSizeMax, "it does not build; this method is the largest"));
        if (data > ClrLimits.StaticDataSizeMax)
        {
            string reason = TooLarge(data, "static array data", ClrLimits.StaticDataSizeMax, "it does not load; this array is the largest");
            yield return LargestData(methods) with { Reason = reason };
        }
        if (texts > ClrLimits.StringTableSizeMax)
            yield return new Fault(largest, null, TooLarge(texts, "names and literals", ClrLimits.StringTableSizeMax, "it does not build; this method is the largest"));
    }

    private static string TooLarge(int size, string what, int max, string outcome) => $"the assembly has {size} bytes of {what}, more than {max}: {outcome}";

    /// <summary>Returns what is wrong with a type and its methods.</summary>
    /// <param name="type">The type.</param>
    public static IEnumerable<Fault> InType(TypeDefinition type)
    {
        if (type.HasGenericParameters) yield return new Fault(type, null, "a generic type ends the CLR");
        if (type.IsInterface && type.Methods.FirstOrDefault(method => method.HasBody && !method.IsStatic) is { } body)
            yield return new Fault(body, null, "a default interface method fails");
        int fields = type.Fields.Count(field => field.IsStatic && !field.HasConstant), methods = type.Methods.Count(method => method.IsStatic);
        if (fields > ClrLimits.StaticMemberCountMax)
            yield return new Fault(type, null, $"{fields} static fields in one class, more than {ClrLimits.StaticMemberCountMax}: ends the CLR");
        if (methods > ClrLimits.StaticMemberCountMax)
            yield return new Fault(type, null, $"{methods} static methods in one class, more than {ClrLimits.StaticMemberCountMax}: does not build");
        foreach (FieldDefinition field in type.Fields.Where(field => IsMultiDimensional(field.FieldType)))
            yield return new Fault(field, null, "a multi-dimensional array ends the CLR");
        foreach (MethodDefinition method in type.Methods)
            foreach (Fault fault in InMethod(method)) yield return fault;
    }

    /// <summary>
    /// Returns the mutable static fields of a type. A device runs them; virtual boards of one process would share them, so the product has none.
    /// </summary>
    /// <param name="type">The type.</param>
    public static IEnumerable<Fault> SharedState(TypeDefinition type) => type.Fields
        .Where(field => field.IsStatic && !field.IsInitOnly && !field.HasConstant && !field.Name.StartsWith('<'))
        .Select(field => new Fault(field, null, "mutable static state would be shared by all virtual boards"));

    private static IEnumerable<Fault> InMethod(MethodDefinition method)
    {
        if (method.HasGenericParameters) yield return new Fault(method, null, "a generic method ends the CLR");
        if (!method.HasBody) yield break;
        int locals = method.Body.Variables.Count;
        if (locals > ClrLimits.LocalCountMax)
            yield return new Fault(method, null, $"{locals} local variables, more than {ClrLimits.LocalCountMax}: ends the CLR without a message");
        bool hasUnsafeCode = method.Body.Variables.Any(variable => variable.VariableType is PointerType or PinnedType)
            || method.Parameters.Any(parameter => parameter.ParameterType is PointerType);
        if (hasUnsafeCode) yield return new Fault(method, null, "pointers and fixed: the metadata processor rejects them");
        foreach (Instruction instruction in method.Body.Instructions)
            if (ReasonOf(instruction) is { } reason) yield return new Fault(method, instruction, reason);
        foreach (Fault fault in DivisionRules.In(method)) yield return fault;
        if (method is { IsConstructor: true, IsStatic: true })
            foreach (Fault fault in InitialiserRules.In(method)) yield return fault;
    }

    private static string? ReasonOf(Instruction instruction) => (instruction.OpCode.Code, instruction.Operand) switch
    {
        (Code.Localloc, _) => "stackalloc fails",
        (Code.Volatile, _) => "there is no volatile",
        (Code.Box or Code.Constrained, TypeReference boxed) when IsEnum(boxed) && !IsPartOfFlagTest(instruction) => "the text of an enum is its number",
        (_, TypeReference type) when IsMultiDimensional(type) => "a multi-dimensional array ends the CLR",
        (_, MethodReference { DeclaringType: ArrayType { Rank: > 1 } }) => "a multi-dimensional array ends the CLR",
        (_, Instruction target) when Math.Abs(target.Offset - instruction.Offset) is var distance and > ClrLimits.BranchDistanceMax =>
            $"a branch over {distance} bytes of IL, more than {ClrLimits.BranchDistanceMax}: ends the CLR or gives a wrong result",
        (_, Instruction[] { Length: > ClrLimits.SwitchCaseCountMax } cases) =>
            $"a switch of {cases.Length} cases, more than {ClrLimits.SwitchCaseCountMax}: ends the CLR",
        var (code, _) when $"{code}_".Contains("_Ovf_") && !IsArrayLength(instruction) => "checked arithmetic and conversions never throw",
        _ => null,
    };

    private static bool IsEnum(TypeReference type) => type.Resolve() is { IsEnum: true };

    /// <summary>A 64-bit array length is converted with a check, whatever the source says.</summary>
    private static bool IsArrayLength(Instruction instruction) =>
        instruction.OpCode.Code is Code.Conv_Ovf_I or Code.Conv_Ovf_I_Un && instruction.Next?.OpCode.Code == Code.Newarr;

    /// <summary>Enum.HasFlag boxes both flags and returns what it does on .NET.</summary>
    private static bool IsPartOfFlagTest(Instruction instruction)
    {
        for (Instruction? at = instruction.Next; at != null && at.OpCode.FlowControl != FlowControl.Cond_Branch; at = at.Next)
            if (at.Operand is MethodReference called && at.OpCode.FlowControl == FlowControl.Call)
                return called is { DeclaringType.FullName: "System.Enum", Name: "HasFlag" };
        return false;
    }

    private static bool IsMultiDimensional(TypeReference type) => type is ArrayType array && (array.Rank > 1 || IsMultiDimensional(array.ElementType));

    private static Fault LargestData(List<MethodDefinition> methods) => methods
        .SelectMany(method => method.Body.Instructions.Select(at => (Fault: new Fault(method, at, ""), Size: DataSizeOf(at)))).MaxBy(item => item.Size).Fault;

    private static int DataSizeOf(Instruction at) => at is { OpCode.Code: Code.Ldtoken, Operand: FieldReference field } ? field.Resolve()?.InitialValue?.Length ?? 0 : 0;
}

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>C# that compiles and then fails on the device's CLR; each line says what was seen there.</summary>
internal static class ClrRules
{
    /// <summary>What of a type the device's CLR does not run as .NET does.</summary>
    public static IEnumerable<string> Problems(TypeDefinition type)
    {
        if (type.HasGenericParameters) yield return $"{type}: generic types crash the CLR";
        if (type.IsInterface && type.Methods.Any(method => method.HasBody)) yield return $"{type}: default interface methods fail";
        if (type.Fields.Count(field => field.IsStatic && !field.HasConstant) > 254) yield return $"{type}: more than 254 static fields";
        if (type.Methods.Count(method => method.IsStatic) > 254) yield return $"{type}: more than 254 static methods";
        foreach (FieldDefinition field in type.Fields)
        {
            if (field.IsStatic && !field.IsInitOnly && !field.HasConstant) yield return $"{field}: mutable static state would be shared by all virtual boards";
            if (field.FieldType is ArrayType { Rank: > 1 }) yield return $"{field}: multi-dimensional arrays crash the CLR";
        }
        foreach (string problem in type.Methods.Where(method => method.HasBody).SelectMany(Problems)) yield return problem;
    }

    private static IEnumerable<string> Problems(MethodDefinition method)
    {
        if (method.HasGenericParameters) yield return $"{method}: generic methods crash the CLR";
        if (method.Body.Variables.Count > 250) yield return $"{method}: more than 250 locals crash the CLR";
        foreach (Instruction instruction in method.Body.Instructions)
            if (Problem(instruction, method) is { } problem) yield return $"{method}: {problem}";
    }

    private static string? Problem(Instruction instruction, MethodDefinition method) => (instruction.OpCode.Code, instruction.Operand) switch
    {
        (Code.Localloc, _) => "stackalloc fails",
        (Code.Volatile, _) => "there is no volatile",
        (Code.Box or Code.Constrained, TypeReference boxed) when boxed.Resolve() is { IsEnum: true } => "the text of an enum is its number",
        (Code.Ldsfld, FieldReference field) when method is { IsConstructor: true, IsStatic: true } && IsAnothers(field, method) =>
            $"reads {field}; static initialisers run before Main, in the order of the types' names",
        (_, ArrayType { Rank: > 1 }) => "multi-dimensional arrays crash the CLR",
        (_, MethodReference { DeclaringType: ArrayType { Rank: > 1 } }) => "multi-dimensional arrays crash the CLR",
        (_, Instruction target) when Math.Abs(target.Offset - instruction.Offset) > 29_000 => "a branch over more than 29 KB of IL",
        (_, Instruction[] { Length: > 255 }) => "a switch with more than 255 cases",
        var (code, _) when $"{code}_".Contains("_Ovf_") => "checked arithmetic never throws",
        _ => null,
    };

    /// <summary>A field of another type of the device code; those of libraries are there before the application's.</summary>
    private static bool IsAnothers(FieldReference field, MethodDefinition initialiser) =>
        field.DeclaringType.FullName != initialiser.DeclaringType.FullName && (field.Resolve()?.Module.Name.StartsWith("Crime.") ?? false);
}

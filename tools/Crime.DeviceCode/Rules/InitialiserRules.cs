// All static initialisers run before Main, one type after another, and not when a type is first used.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Rules;

/// <summary>Finds static initialisers that depend on those of another type: the value that they read may not be there yet.</summary>
internal static class InitialiserRules
{
    /// <summary>Returns the places of a static constructor that read another type's static fields, themselves or through a call.</summary>
    /// <param name="initialiser">The static constructor.</param>
    public static IEnumerable<Fault> In(MethodDefinition initialiser)
    {
        foreach (Instruction at in initialiser.Body.Instructions)
        {
            FieldReference? read = at.Operand switch
            {
                FieldReference field when at.OpCode.Code is Code.Ldsfld or Code.Ldsflda => IsInitialisedElsewhere(field, initialiser) ? field : null,
                MethodReference called => FirstRead(called, initialiser, []),
                _ => null,
            };
            if (read == null) continue;
            yield return new Fault(
                initialiser, at, $"a static initialiser reads {read.DeclaringType.Name}.{read.Name}: initialisers run before Main, one type after another");
        }
    }

    private static FieldReference? FirstRead(MethodReference called, MethodDefinition initialiser, HashSet<MethodDefinition> seen)
    {
        if (called.Resolve() is not { HasBody: true } method || method.Module != initialiser.Module || !seen.Add(method)) return null;
        foreach (Instruction at in method.Body.Instructions)
        {
            FieldReference? read = at.Operand switch
            {
                FieldReference field when at.OpCode.Code is Code.Ldsfld or Code.Ldsflda => IsInitialisedElsewhere(field, initialiser) ? field : null,
                MethodReference next when at.OpCode.FlowControl == FlowControl.Call => FirstRead(next, initialiser, seen),
                _ => null,
            };
            if (read != null) return read;
        }
        return null;
    }

    /// <summary>A field of another type of the device code that has a static constructor to fill it; libraries are loaded before.</summary>
    private static bool IsInitialisedElsewhere(FieldReference field, MethodDefinition initialiser) =>
        field.DeclaringType.FullName != initialiser.DeclaringType.FullName
        && field.Resolve() is { } found && found.Module == initialiser.Module
        && found.DeclaringType.Methods.Any(method => method is { IsConstructor: true, IsStatic: true });
}

// Instructions that an interpreter does the same work for share a class, and a class has one cost. What the bench cannot tell
// apart is one class: `ldloc` and `stloc` only ever occur together, the cost of `ret` is in that of its call.

using System;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.Modelling.Counting;

/// <summary>Sorts instructions into classes of equal cost.</summary>
internal static class CostClasses
{
    /// <summary>Instructions whose cost is in that of others: no table has this class.</summary>
    public const string Included = "included";

    /// <summary>Where names of calls into libraries begin; the called method follows.</summary>
    public const string Library = "library ";

    /// <summary>Conditional branches; the loop's own jump is one.</summary>
    public const string Branch = "branch";

    /// <summary>The class of an instruction.</summary>
    /// <param name="instruction">With its macros simplified.</param>
    /// <param name="top">Width of what it works on.</param>
    /// <param name="module">The device code that it stands in; everything outside of the project is a library.</param>
    public static string Of(Instruction instruction, StackWidth top, ModuleDefinition module) => instruction.OpCode.Code switch
    {
        Code.Ldloc or Code.Stloc or Code.Ldarg or Code.Starg or Code.Ldloca or Code.Ldarga or Code.Dup or Code.Pop => "local",
        Code.Ldc_I8 or Code.Ldc_R8 => "constant.i8",
        Code.Ldc_I4 or Code.Ldc_R4 or Code.Ldnull or Code.Ldstr => "constant",
        Code.Add or Code.Sub or Code.Neg => "add" + Suffix(top),
        Code.And or Code.Or or Code.Xor or Code.Not => "bits" + Suffix(top),
        Code.Mul => "mul" + Suffix(top),
        Code.Div or Code.Div_Un or Code.Rem or Code.Rem_Un => "div" + Suffix(top),
        Code.Conv_I1 or Code.Conv_I2 or Code.Conv_U1 or Code.Conv_U2 => "conv.narrow",
        Code.Conv_I4 or Code.Conv_U4 => "conv.i4",
        Code.Conv_I8 or Code.Conv_U8 => "conv.i8",
        Code.Ldelem_I1 or Code.Ldelem_U1 => "ldelem.i1",
        Code.Ldelem_I2 or Code.Ldelem_U2 => "ldelem.i2",
        Code.Ldelem_I8 => "ldelem.i8",
        Code.Ldelem_I4 or Code.Ldelem_U4 or Code.Ldelem_Ref or Code.Ldelem_R4 => "ldelem.i4",
        Code.Stelem_I1 or Code.Stelem_I2 or Code.Stelem_I4 or Code.Stelem_R4 => "stelem.i2",
        Code.Stelem_I8 or Code.Stelem_Ref or Code.Stelem_R8 => "stelem.i8",
        Code.Ldlen => "ldlen",
        Code.Ldfld or Code.Ldflda or Code.Ldsfld or Code.Ldsflda => "ldfld",
        Code.Stfld or Code.Stsfld => "stfld",
        Code.Newobj => "newobj",
        Code.Newarr => "newarr",
        Code.Call or Code.Callvirt => Call((MethodReference)instruction.Operand, module),
        Code.Ret or Code.Nop or Code.Endfinally or Code.Leave => Included,
        _ => Other(instruction, top),
    };

    private static string Other(Instruction instruction, StackWidth top)
    {
        if (instruction.OpCode.Code is Code.Shl or Code.Shr or Code.Shr_Un) return "shift" + Suffix(top);
        return instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch ? Branch : instruction.OpCode.Name;
    }

    private static string Suffix(StackWidth width) => width switch
    {
        StackWidth.Long => ".i8",
        StackWidth.Float => ".r4",
        _ => ".i4",
    };

    private static string Call(MethodReference method, ModuleDefinition module)
    {
        if (method.DeclaringType.Scope != module && !method.DeclaringType.Scope.Name.StartsWith("Crime.", StringComparison.Ordinal))
            return $"{Library}{method.DeclaringType.Name}.{method.Name}";
        MethodDefinition? called = method.Resolve();
        if (called is { DeclaringType.IsInterface: true }) return "call.interface";
        if (called is { IsVirtual: true }) return "call.virtual";
        return method.HasThis ? "call.instance" : "call.static";
    }
}

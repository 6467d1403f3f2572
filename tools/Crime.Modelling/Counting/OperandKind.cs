// What kind of numbers an instruction works on. IL's own names do not say: one `mul` multiplies 32 bits, the same `mul` 64. Types
// follow from a walk over the method with the evaluation stack in hand, as ECMA-335 III.1.7.5 lets a one-pass compiler do it.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.Modelling.Counting;

/// <summary>Kind of a value on the evaluation stack.</summary>
internal enum OperandKind
{
    /// <summary>32-bit integers and what is widened to them; native integers, which the device has in 32 bits.</summary>
    Int,

    /// <summary>64-bit integers.</summary>
    Long,

    /// <summary>Floating point of either width.</summary>
    Float,

    /// <summary>References, addresses and structs.</summary>
    Other,
}

/// <summary>Walks over a method.</summary>
internal static class OperandKinds
{
    /// <summary>The kind that each instruction of a method works on: of two operands the first, of one that one.</summary>
    /// <param name="body">A method, its macros simplified.</param>
    public static OperandKind[] Of(MethodBody body)
    {
        var kinds = new OperandKind[body.Instructions.Count];
        var arrivals = new Dictionary<Instruction, OperandKind[]>();
        foreach (ExceptionHandler handler in body.ExceptionHandlers)
            if (handler.HandlerType == ExceptionHandlerType.Catch) arrivals[handler.HandlerStart] = [OperandKind.Other];
        var stack = new List<OperandKind>();
        bool falls = true;
        for (int i = 0; i < kinds.Length; i++)
        {
            Instruction instruction = body.Instructions[i];
            if (!falls) stack = [.. arrivals.GetValueOrDefault(instruction, [])];
            // Never more than there is: an unreachable block may begin with less than it takes.
            int taken = Math.Min(Taken(instruction, body, stack.Count), stack.Count);
            kinds[i] = taken > 0 ? stack[^taken] : OperandKind.Other;
            OperandKind? left = Left(instruction, body, kinds[i]);
            bool doubles = instruction.OpCode.Code == Code.Dup;
            stack.RemoveRange(stack.Count - taken, taken);
            if (left is { } kind) stack.AddRange(Enumerable.Repeat(kind, doubles ? 2 : 1));
            foreach (Instruction target in Targets(instruction)) arrivals.TryAdd(target, [.. stack]);
            falls = instruction.OpCode.FlowControl is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw);
        }
        return kinds;
    }

    private static IEnumerable<Instruction> Targets(Instruction instruction) => instruction.Operand switch
    {
        Instruction target => [target],
        Instruction[] targets => targets,
        _ => [],
    };

    private static int Taken(Instruction instruction, MethodBody body, int depth)
    {
        if (instruction.Operand is MethodReference called && instruction.OpCode.FlowControl == FlowControl.Call)
            return called.Parameters.Count + (called.HasThis && instruction.OpCode.Code != Code.Newobj ? 1 : 0);
        if (instruction.OpCode.Code == Code.Ret) return IsVoid(body.Method.ReturnType) ? 0 : 1;
        return instruction.OpCode.StackBehaviourPop switch
        {
            StackBehaviour.Pop0 => 0,
            StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
            StackBehaviour.Pop1_pop1 or StackBehaviour.Popi_pop1 or StackBehaviour.Popi_popi or StackBehaviour.Popi_popi8 or StackBehaviour.Popi_popr4
                or StackBehaviour.Popi_popr8 or StackBehaviour.Popref_pop1 or StackBehaviour.Popref_popi => 2,
            StackBehaviour.PopAll => depth,
            _ => 3,
        };
    }

    /// <summary>What an instruction leaves on the stack; null for nothing.</summary>
    private static OperandKind? Left(Instruction instruction, MethodBody body, OperandKind taken)
    {
        Code code = instruction.OpCode.Code;
        if (instruction.OpCode.FlowControl == FlowControl.Call && instruction.Operand is MethodReference called)
            return code == Code.Newobj ? OperandKind.Other : IsVoid(called.ReturnType) ? null : KindOf(called.ReturnType);
        if (code is Code.Ldloc) return KindOf(((VariableDefinition)instruction.Operand).VariableType);
        if (code is Code.Ldarg) return KindOf(((ParameterDefinition)instruction.Operand).ParameterType);
        if (code is Code.Ldfld or Code.Ldsfld) return KindOf(((FieldReference)instruction.Operand).FieldType);
        if (code is Code.Ldelem_Any or Code.Ldobj or Code.Unbox_Any) return KindOf((TypeReference)instruction.Operand);
        // Comparisons say so themselves; whatever else takes numbers and leaves one leaves its kind.
        return instruction.OpCode.StackBehaviourPush switch
        {
            StackBehaviour.Push0 => null,
            StackBehaviour.Push1 or StackBehaviour.Push1_push1 => taken,
            StackBehaviour.Pushi => OperandKind.Int,
            StackBehaviour.Pushi8 => OperandKind.Long,
            StackBehaviour.Pushr4 or StackBehaviour.Pushr8 => OperandKind.Float,
            _ => OperandKind.Other,
        };
    }

    private static bool IsVoid(TypeReference type) => type.MetadataType == MetadataType.Void;

    private static OperandKind KindOf(TypeReference type) => type.MetadataType switch
    {
        MetadataType.Boolean or MetadataType.Char or MetadataType.SByte or MetadataType.Byte or MetadataType.Int16 or MetadataType.UInt16
            or MetadataType.Int32 or MetadataType.UInt32 or MetadataType.IntPtr or MetadataType.UIntPtr => OperandKind.Int,
        MetadataType.Int64 or MetadataType.UInt64 => OperandKind.Long,
        MetadataType.Single or MetadataType.Double => OperandKind.Float,
        MetadataType.ValueType when type.Resolve() is { IsEnum: true } => OperandKind.Int,
        _ => OperandKind.Other,
    };
}

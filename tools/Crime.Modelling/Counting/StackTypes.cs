// What lies on the evaluation stack before each instruction: `mul` is one opcode for 32 bits, 64 bits and floats, which cost
// an interpreter on a 32-bit CPU different times. Only the widths are followed, not the types themselves.

using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using MethodBody = Mono.Cecil.Cil.MethodBody;

namespace Crime.Modelling.Counting;

/// <summary>Width of a value on the evaluation stack.</summary>
internal enum StackWidth
{
    /// <summary>32 bits, a reference, or nothing that is known.</summary>
    Word,

    /// <summary>64 bits.</summary>
    Long,

    /// <summary>Floating point.</summary>
    Float,
}

/// <summary>Follows widths through a method in the order of its instructions.</summary>
internal sealed class StackTypes
{
    private readonly MethodBody _body;
    private readonly Stack<StackWidth> _stack = new();

    // What lies on the stack where a forward branch leads to: the two arms of a condition leave the same.
    private readonly Dictionary<Instruction, StackWidth[]> _atTargets = [];

    private StackTypes(MethodBody body) => _body = body;

    /// <summary>The width of what each instruction works on: the top of the stack, for a shift what is shifted.</summary>
    public static Dictionary<Instruction, StackWidth> Before(MethodBody body)
    {
        var types = new StackTypes(body);
        var tops = new Dictionary<Instruction, StackWidth>();
        HashSet<Instruction> handlers = [.. body.ExceptionHandlers.SelectMany(handler => new[] { handler.HandlerStart, handler.FilterStart }).OfType<Instruction>()];
        foreach (Instruction instruction in body.Instructions)
        {
            if (types._atTargets.TryGetValue(instruction, out StackWidth[]? known)) types.Replace(known);
            // A handler starts with its exception.
            if (handlers.Contains(instruction)) types.Replace([StackWidth.Word]);
            tops[instruction] = types.Operand(instruction);
            types.Execute(instruction);
        }
        return tops;
    }

    /// <summary>Width of a type.</summary>
    public static StackWidth Of(TypeReference type) => type.MetadataType switch
    {
        MetadataType.Int64 or MetadataType.UInt64 => StackWidth.Long,
        MetadataType.Single or MetadataType.Double => StackWidth.Float,
        _ => StackWidth.Word,
    };

    private void Replace(StackWidth[] widths)
    {
        _stack.Clear();
        foreach (StackWidth width in widths) _stack.Push(width);
    }

    private void Execute(Instruction instruction)
    {
        StackWidth pushed = Result(instruction);
        if (IsShift(instruction)) pushed = Operand(instruction);
        int popCount = PopCount(instruction);
        for (int i = 0; i < popCount && _stack.Count > 0; i++) _stack.Pop();
        int pushCount = PushCount(instruction);
        for (int i = 0; i < pushCount; i++) _stack.Push(pushed);

        if (instruction.Operand is Instruction target) _atTargets.TryAdd(target, Content());
        if (instruction.Operand is Instruction[] targets)
            foreach (Instruction each in targets) _atTargets.TryAdd(each, Content());
        if (instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Return or FlowControl.Throw) _stack.Clear();
    }

    private static bool IsShift(Instruction instruction) => instruction.OpCode.Code is Code.Shl or Code.Shr or Code.Shr_Un;

    private StackWidth Operand(Instruction instruction)
    {
        int depth = IsShift(instruction) ? 1 : 0;
        return _stack.Count > depth ? _stack.ElementAt(depth) : StackWidth.Word;
    }

    private StackWidth[] Content() => _stack.Reverse().ToArray();

    private StackWidth Result(Instruction instruction)
    {
        StackWidth top = _stack.TryPeek(out StackWidth width) ? width : StackWidth.Word;
        switch (instruction.Operand)
        {
            case VariableDefinition variable: return Of(variable.VariableType);
            case ParameterDefinition parameter: return Of(parameter.ParameterType);
            case FieldReference field: return Of(field.FieldType);
            case MethodReference method: return instruction.OpCode.Code == Code.Newobj ? StackWidth.Word : Of(method.ReturnType);
        }
        string name = instruction.OpCode.Name;
        return instruction.OpCode.StackBehaviourPush switch
        {
            StackBehaviour.Pushi8 => StackWidth.Long,
            StackBehaviour.Pushr4 or StackBehaviour.Pushr8 => StackWidth.Float,
            // Arithmetic keeps the width, and so does dup.
            StackBehaviour.Push1 or StackBehaviour.Push1_push1 when !name.StartsWith("ld", System.StringComparison.Ordinal) => top,
            _ => StackWidth.Word,
        };
    }

    private int PopCount(Instruction instruction)
    {
        if (instruction.Operand is MethodReference called && instruction.OpCode.FlowControl == FlowControl.Call)
            return called.Parameters.Count + (called.HasThis && instruction.OpCode.Code != Code.Newobj ? 1 : 0);
        return instruction.OpCode.StackBehaviourPop switch
        {
            StackBehaviour.Pop0 => 0,
            StackBehaviour.Popi or StackBehaviour.Pop1 or StackBehaviour.Popref => 1,
            StackBehaviour.Popi_popi_popi or StackBehaviour.Popref_popi_popi or StackBehaviour.Popref_popi_popi8
                or StackBehaviour.Popref_popi_popr4 or StackBehaviour.Popref_popi_popr8 or StackBehaviour.Popref_popi_popref => 3,
            StackBehaviour.PopAll => _stack.Count,
            StackBehaviour.Varpop => _body.Method.ReturnType.MetadataType == MetadataType.Void ? 0 : 1,
            _ => 2,
        };
    }

    private static int PushCount(Instruction instruction)
    {
        if (instruction.Operand is MethodReference called && instruction.OpCode.FlowControl == FlowControl.Call)
            return instruction.OpCode.Code == Code.Newobj || called.ReturnType.MetadataType != MetadataType.Void ? 1 : 0;
        return instruction.OpCode.StackBehaviourPush switch
        {
            StackBehaviour.Push0 => 0,
            StackBehaviour.Push1_push1 => 2,
            _ => 1,
        };
    }
}

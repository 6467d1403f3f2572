// Where the IL of a method can be entered and left, and how to put something at the start of such a block. Counting and
// charging instructions both rest on it.

using System.Collections.Generic;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Loading;

/// <summary>Basic blocks of a method whose branches are in their long form.</summary>
internal static class BasicBlocks
{
    /// <summary>First instructions of basic blocks: targets of branches, what follows a branch, starts of handlers.</summary>
    public static HashSet<Instruction> FindLeaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction>();
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.Operand is Instruction target) leaders.Add(target);
            if (instruction.Operand is Instruction[] targets) leaders.UnionWith(targets);
            bool ends = instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw;
            if (ends && instruction.Next != null) leaders.Add(instruction.Next);
        }
        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.TryStart);
            leaders.Add(handler.HandlerStart);
            if (handler.FilterStart != null) leaders.Add(handler.FilterStart);
        }
        return leaders;
    }

    /// <summary>Puts instructions before another and lets everything that led to that one lead to the first of them.</summary>
    public static void InsertBefore(MethodBody body, Instruction first, params Instruction[] inserted)
    {
        ILProcessor il = body.GetILProcessor();
        foreach (Instruction instruction in inserted) il.InsertBefore(first, instruction);
        Instruction start = inserted[0];
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.Operand == first) instruction.Operand = start;
            if (instruction.Operand is Instruction[] targets)
                for (int k = 0; k < targets.Length; k++)
                    if (targets[k] == first) targets[k] = start;
        }
        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            if (handler.TryStart == first) handler.TryStart = start;
            if (handler.TryEnd == first) handler.TryEnd = start;
            if (handler.HandlerStart == first) handler.HandlerStart = start;
            if (handler.HandlerEnd == first) handler.HandlerEnd = start;
            if (handler.FilterStart == first) handler.FilterStart = start;
        }
    }
}

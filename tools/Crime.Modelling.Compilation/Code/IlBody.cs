// A method as the evaluation stack sees it.

using System.Collections.Generic;
using System.Reflection.Emit;

namespace Crime.Modelling.Compilation.Code;

/// <summary>An instruction.</summary>
/// <param name="Code">What it does.</param>
/// <param name="Operand">A literal (int or long), the index of a local variable or argument (byte), a member, or null.</param>
/// <param name="Skips">Instructions that a branch skips; 0 for any other instruction.</param>
internal readonly record struct IlInstruction(OpCode Code, object? Operand = null, int Skips = 0)
{
    /// <summary>Bytes in a board's assembly: tokens and long branches take two.</summary>
    public int Size => Code.Size + Code.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineBrTarget or OperandType.InlineField or OperandType.InlineMethod => 2,
        OperandType.InlineI => 4,
        _ => 8,
    };
}

/// <summary>The instructions of a method.</summary>
/// <param name="Instructions">In their order.</param>
/// <param name="Locals">What the local variables hold.</param>
/// <param name="MaxStack">Most values on the evaluation stack.</param>
internal sealed record IlBody(IReadOnlyList<IlInstruction> Instructions, IReadOnlyList<ValueKind> Locals, int MaxStack)
{
    /// <summary>Bytes of the method in a board's assembly.</summary>
    public int Size
    {
        get
        {
            int size = 0;
            foreach (IlInstruction instruction in Instructions) size += instruction.Size;
            return size;
        }
    }
}

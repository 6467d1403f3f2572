// Instructions of nanoFramework as instructions of .NET. They differ in their operands: tokens have 16 bits, and so have long branches. Only
// the instructions that the compiler of kernels writes are known; branches lead forward, so every method ends.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Compilation.Pe;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>Translates the bodies of an assembly's methods.</summary>
/// <param name="image">The assembly.</param>
/// <param name="signatures">Its signatures.</param>
/// <param name="methods">Its methods, in the order of the table.</param>
/// <param name="fields">Its fields, in the order of the table.</param>
/// <param name="references">What it refers to.</param>
internal sealed class MethodTranslator(
    PeImage image, PeSignature signatures, IReadOnlyList<MethodDefinition> methods, IReadOnlyList<FieldDefinition> fields, PeReferences references)
{
    private static readonly OpCode?[] s_known = Known();

    private static readonly Dictionary<byte, string> s_names = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!)
        .Where(code => code.Size == 1).ToDictionary(code => (byte)code.Value, code => code.Name);

    /// <summary>Gives a method its body.</summary>
    /// <param name="index">Index of the method.</param>
    /// <exception cref="NotSupportedException">The method has an instruction, operand or use of the stack that no kernel has.</exception>
    public void Translate(int index)
    {
        MethodDefinition method = methods[index];
        PeRow row = image.Row(PeTable.Methods, index);
        int start = row.UInt16(2), end = index + 1 < methods.Count ? image.Row(PeTable.Methods, index + 1).UInt16(2) : image.ByteCode.Length;
        if (start >= end || end > image.ByteCode.Length) throw LoadRefusal.NotPlayed($"the instructions of {method.Name} leave their table");
        method.Body = new MethodBody(method) { InitLocals = true };
        foreach (TypeReference local in signatures.Locals(row.UInt16(12), row.Byte(10))) method.Body.Variables.Add(new VariableDefinition(local));
        Decode(method.Body, image.ByteCode[start..end]);
        new StackCheck(method, row.Byte(11)).Run();
    }

    private void Decode(MethodBody body, ReadOnlySpan<byte> code)
    {
        var byOffset = new Dictionary<int, Instruction>();
        var branches = new List<(Instruction Branch, int Target)>();
        for (int at = 0; at < code.Length;)
        {
            OpCode known = s_known[code[at]] ?? throw LoadRefusal.NotPlayed(
                $"{body.Method.Name} has the instruction {s_names.GetValueOrDefault(code[at], "0x" + code[at].ToString("x2"))}");
            int operandSize = OperandSize(known);
            if (at + 1 + operandSize > code.Length) throw LoadRefusal.NotPlayed($"the last instruction of {body.Method.Name} is cut off");
            ReadOnlySpan<byte> operand = code.Slice(at + 1, operandSize);
            Instruction instruction = Create(body, known, operand);
            byOffset.Add(at, instruction);
            body.Instructions.Add(instruction);
            at += 1 + operandSize;
            if (known.FlowControl != FlowControl.Cond_Branch) continue;
            int distance = operandSize == 1 ? (sbyte)operand[0] : BinaryPrimitives.ReadInt16LittleEndian(operand);
            if (distance < 0) throw LoadRefusal.NotPlayed($"{body.Method.Name} has a loop");
            branches.Add((instruction, at + distance));
        }
        foreach ((Instruction branch, int target) in branches)
            branch.Operand = byOffset.GetValueOrDefault(target) ?? throw LoadRefusal.NotPlayed($"a branch of {body.Method.Name} leads to no instruction");
    }

    private Instruction Create(MethodBody body, OpCode code, ReadOnlySpan<byte> operand) => code.Code switch
    {
        >= Code.Ldarg_0 and <= Code.Ldarg_3 => Instruction.Create(OpCodes.Ldarg, Argument(body, code.Code - Code.Ldarg_0)),
        Code.Ldarg_S => Instruction.Create(OpCodes.Ldarg, Argument(body, operand[0])),
        >= Code.Ldloc_0 and <= Code.Ldloc_3 => Instruction.Create(OpCodes.Ldloc, Local(body, code.Code - Code.Ldloc_0)),
        Code.Ldloc_S => Instruction.Create(OpCodes.Ldloc, Local(body, operand[0])),
        >= Code.Stloc_0 and <= Code.Stloc_3 => Instruction.Create(OpCodes.Stloc, Local(body, code.Code - Code.Stloc_0)),
        Code.Stloc_S => Instruction.Create(OpCodes.Stloc, Local(body, operand[0])),
        Code.Ldc_I4_S => Instruction.Create(OpCodes.Ldc_I4, (int)(sbyte)operand[0]),
        Code.Ldc_I4 => Instruction.Create(OpCodes.Ldc_I4, BinaryPrimitives.ReadInt32LittleEndian(operand)),
        Code.Ldc_I8 => Instruction.Create(OpCodes.Ldc_I8, BinaryPrimitives.ReadInt64LittleEndian(operand)),
        Code.Brtrue_S or Code.Brtrue => Branch(OpCodes.Brtrue),
        Code.Brfalse_S or Code.Brfalse => Branch(OpCodes.Brfalse),
        Code.Bne_Un_S or Code.Bne_Un => Branch(OpCodes.Bne_Un),
        Code.Blt_Un_S or Code.Blt_Un => Branch(OpCodes.Blt_Un),
        Code.Call or Code.Callvirt or Code.Newobj => Instruction.Create(
            code, body.Method.Module.ImportReference(Member(BinaryPrimitives.ReadUInt16LittleEndian(operand), methods, references.Methods))),
        Code.Ldfld or Code.Stfld => Instruction.Create(
            code, body.Method.Module.ImportReference(Member(BinaryPrimitives.ReadUInt16LittleEndian(operand), fields, references.Fields))),
        _ => Instruction.Create(code),
    };

    /// <summary>Its target is set when all instructions are there.</summary>
    private static Instruction Branch(OpCode code) => Instruction.Create(code, Instruction.Create(OpCodes.Nop));

    private static ParameterDefinition Argument(MethodBody body, int index)
    {
        if (index > body.Method.Parameters.Count) throw LoadRefusal.NotPlayed($"{body.Method.Name} has no argument {index}");
        return index == 0 ? body.ThisParameter : body.Method.Parameters[index - 1];
    }

    private static VariableDefinition Local(MethodBody body, int index) =>
        index < body.Variables.Count ? body.Variables[index] : throw LoadRefusal.NotPlayed($"{body.Method.Name} has no local variable {index}");

    private static T Member<T>(ushort token, IReadOnlyList<T> own, IReadOnlyList<T> other)
    {
        int index = token & ~PeFormat.External;
        IReadOnlyList<T> all = (token & PeFormat.External) != 0 ? other : own;
        return index < all.Count ? all[index] : throw LoadRefusal.NotPlayed($"token 0x{token:x4} means no member");
    }

    private static int OperandSize(OpCode code) => code.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar or OperandType.ShortInlineArg => 1,
        OperandType.InlineBrTarget or OperandType.InlineField or OperandType.InlineMethod => 2,
        OperandType.InlineI => sizeof(int),
        _ => sizeof(long),
    };

    private static OpCode?[] Known()
    {
        OpCode[] codes =
        [
            OpCodes.Ldarg_0, OpCodes.Ldarg_1, OpCodes.Ldarg_2, OpCodes.Ldarg_3, OpCodes.Ldarg_S,
            OpCodes.Ldloc_0, OpCodes.Ldloc_1, OpCodes.Ldloc_2, OpCodes.Ldloc_3, OpCodes.Ldloc_S,
            OpCodes.Stloc_0, OpCodes.Stloc_1, OpCodes.Stloc_2, OpCodes.Stloc_3, OpCodes.Stloc_S,
            OpCodes.Ldc_I4_M1, OpCodes.Ldc_I4_0, OpCodes.Ldc_I4_1, OpCodes.Ldc_I4_2, OpCodes.Ldc_I4_3, OpCodes.Ldc_I4_4, OpCodes.Ldc_I4_5,
            OpCodes.Ldc_I4_6, OpCodes.Ldc_I4_7, OpCodes.Ldc_I4_8, OpCodes.Ldc_I4_S, OpCodes.Ldc_I4, OpCodes.Ldc_I8,
            OpCodes.Dup, OpCodes.Pop, OpCodes.Ret, OpCodes.Call, OpCodes.Callvirt, OpCodes.Newobj, OpCodes.Ldfld, OpCodes.Stfld,
            OpCodes.Brfalse_S, OpCodes.Brtrue_S, OpCodes.Bne_Un_S, OpCodes.Blt_Un_S, OpCodes.Brfalse, OpCodes.Brtrue, OpCodes.Bne_Un, OpCodes.Blt_Un,
            OpCodes.Add, OpCodes.Sub, OpCodes.Mul, OpCodes.And, OpCodes.Xor, OpCodes.Shr, OpCodes.Shr_Un,
            OpCodes.Conv_I2, OpCodes.Conv_I4, OpCodes.Conv_I8, OpCodes.Conv_U4, OpCodes.Conv_U8, OpCodes.Ldelem_I2, OpCodes.Stelem_I2,
        ];
        var known = new OpCode?[256];
        foreach (OpCode code in codes) known[code.Op2] = code;
        return known;
    }
}

// Limits of the device's CLR, as seen on it; docs/decisions/0010-device-gate.md.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Rules;

/// <summary>What one assembly, class or method may hold.</summary>
public static class ClrLimits
{
    /// <summary>Byte code of an assembly, in bytes. Its table is addressed with 16 bits; more is a build error.</summary>
    public const int ByteCodeSizeMax = 65_535;

    /// <summary>Data of static arrays in an assembly, in bytes. An assembly with more does not load, or fails when the data is used.</summary>
    public const int StaticDataSizeMax = 65_535;

    /// <summary>Names and literals of an assembly, in bytes: 60 KB build, 72 KB do not.</summary>
    public const int StringTableSizeMax = 60 * 1024;

    /// <summary>Bytes of IL that one branch spans. 29.6 KB run, 35.6 KB end the CLR, 42.9 KB give a wrong result without a message.</summary>
    public const int BranchDistanceMax = 29_000;

    /// <summary>Local variables of a method. 250 run, 300 end the CLR without a message.</summary>
    public const int LocalCountMax = 250;

    /// <summary>Static fields of a class, and static methods of a class. 254 run, 300 do not.</summary>
    public const int StaticMemberCountMax = 254;

    /// <summary>Cases of a switch. 255 run, 256 end the CLR.</summary>
    public const int SwitchCaseCountMax = 255;

    /// <summary>Returns the byte code of a method in a device's assembly, in bytes.</summary>
    /// <param name="method">A method with a body.</param>
    public static int ByteCodeSizeOf(MethodDefinition method) => method.Body.Instructions.Sum(SizeOf);

    /// <summary>Returns the data of the static arrays of an assembly, in bytes.</summary>
    /// <param name="module">The assembly's module.</param>
    public static int StaticDataSizeOf(ModuleDefinition module) =>
        module.GetTypes().SelectMany(type => type.Fields).Where(field => field.InitialValue is { Length: > 0 }).Sum(field => field.InitialValue.Length);

    /// <summary>Returns the string table of an assembly, in bytes, as far as its own names and literals make it.</summary>
    /// <param name="module">The assembly's module.</param>
    public static int StringTableSizeOf(ModuleDefinition module)
    {
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (TypeDefinition type in module.GetTypes())
        {
            texts.Add(type.Namespace);
            texts.Add(type.Name);
            foreach (FieldDefinition field in type.Fields) texts.Add(field.Name);
            foreach (MethodDefinition method in type.Methods)
            {
                texts.Add(method.Name);
                if (!method.HasBody) continue;
                foreach (Instruction instruction in method.Body.Instructions)
                    if (instruction.Operand is string literal) texts.Add(literal);
            }
        }
        foreach (TypeReference used in module.GetTypeReferences())
        {
            texts.Add(used.Namespace);
            texts.Add(used.Name);
        }
        foreach (MemberReference used in module.GetMemberReferences()) texts.Add(used.Name);
        return texts.Sum(text => System.Text.Encoding.UTF8.GetByteCount(text) + 1);
    }

    /// <summary>The device's metadata has two-byte tokens and branches.</summary>
    private static int SizeOf(Instruction instruction) => instruction.OpCode.OperandType switch
    {
        OperandType.InlineBrTarget or OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineString
            or OperandType.InlineTok or OperandType.InlineType => instruction.GetSize() - 2,
        _ => instruction.GetSize(),
    };
}

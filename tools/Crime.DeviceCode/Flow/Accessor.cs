// Properties that do no more than a field does.

using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

/// <summary>Recognises methods that only load or only store a field.</summary>
internal static class Accessor
{
    /// <summary>Returns the field that a method returns and does nothing else; null where it does more.</summary>
    public static FieldReference? Loads(MethodDefinition method) => Codes(method) switch
    {
        [{ OpCode.Code: Code.Ldarg_0 }, { OpCode.Code: Code.Ldfld, Operand: FieldReference field }, { OpCode.Code: Code.Ret }] => field,
        [{ OpCode.Code: Code.Ldsfld, Operand: FieldReference field }, { OpCode.Code: Code.Ret }] => field,
        _ => null,
    };

    /// <summary>Returns the field that a method stores its argument in and does nothing else; null where it does more.</summary>
    public static FieldReference? Stores(MethodDefinition method) => Codes(method) switch
    {
        [{ OpCode.Code: Code.Ldarg_0 }, { OpCode.Code: Code.Ldarg_1 }, { OpCode.Code: Code.Stfld, Operand: FieldReference field }, { OpCode.Code: Code.Ret }] => field,
        [{ OpCode.Code: Code.Ldarg_0 }, { OpCode.Code: Code.Stsfld, Operand: FieldReference field }, { OpCode.Code: Code.Ret }] => field,
        _ => null,
    };

    private static Instruction[] Codes(MethodDefinition method) => method.Body.Instructions.Where(instruction => instruction.OpCode.Code != Code.Nop).ToArray();
}

// Classes of instructions that cost alike on an interpreter. A board's table of costs has a line per class; the bench's statements
// are made of the same classes, so that one can be worked out from the other.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.VirtualBoard.Loading;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.Modelling.Counting;

/// <summary>Names the class of an instruction's cost.</summary>
public static class Operation
{
    /// <summary>Moves between locals, arguments and the evaluation stack.</summary>
    public const string Move = "move";

    /// <summary>Constants of up to 32 bits.</summary>
    public const string Constant = "constant";

    /// <summary>Constants of 64 bits.</summary>
    public const string LongConstant = "long_constant";

    /// <summary>Sums, bit operations and comparisons of 32 bits.</summary>
    public const string IntArithmetic = "int_arithmetic";

    /// <summary>Products of 32 bits.</summary>
    public const string IntMultiply = "int_multiply";

    /// <summary>Quotients and remainders of 32 bits.</summary>
    public const string IntDivide = "int_divide";

    /// <summary>Shifts of 32 bits.</summary>
    public const string IntShift = "int_shift";

    /// <summary>Sums, bit operations and comparisons of 64 bits.</summary>
    public const string LongArithmetic = "long_arithmetic";

    /// <summary>Products of 64 bits.</summary>
    public const string LongMultiply = "long_multiply";

    /// <summary>Quotients and remainders of 64 bits.</summary>
    public const string LongDivide = "long_divide";

    /// <summary>Shifts of 64 bits.</summary>
    public const string LongShift = "long_shift";

    /// <summary>Floating point.</summary>
    public const string FloatArithmetic = "float_arithmetic";

    /// <summary>Conversions to 8 or 16 bits.</summary>
    public const string ToShort = "to_short";

    /// <summary>Conversions to 32 bits.</summary>
    public const string ToInt = "to_int";

    /// <summary>Conversions to 64 bits.</summary>
    public const string ToLong = "to_long";

    /// <summary>Branches, taken or not.</summary>
    public const string Branch = "branch";

    /// <summary>Loads from arrays, of up to 32 bits.</summary>
    public const string ArrayLoad = "array_load";

    /// <summary>Loads of 64 bits from arrays.</summary>
    public const string LongArrayLoad = "long_array_load";

    /// <summary>Stores to arrays, of up to 32 bits.</summary>
    public const string ArrayStore = "array_store";

    /// <summary>Stores of 64 bits to arrays.</summary>
    public const string LongArrayStore = "long_array_store";

    /// <summary>Lengths of arrays.</summary>
    public const string ArrayLength = "array_length";

    /// <summary>Loads of fields.</summary>
    public const string FieldLoad = "field_load";

    /// <summary>Stores to fields.</summary>
    public const string FieldStore = "field_store";

    /// <summary>Calls of static methods; the return is part of it, here and below.</summary>
    public const string StaticCall = "static_call";

    /// <summary>Calls of instance methods that are not virtual.</summary>
    public const string InstanceCall = "instance_call";

    /// <summary>Calls of virtual methods and delegates.</summary>
    public const string VirtualCall = "virtual_call";

    /// <summary>Calls through interfaces.</summary>
    public const string InterfaceCall = "interface_call";

    /// <summary>Calls into libraries, most of which are native on the device.</summary>
    public const string LibraryCall = "library_call";

    /// <summary>New objects.</summary>
    public const string NewObject = "new_object";

    /// <summary>New arrays.</summary>
    public const string NewArray = "new_array";

    /// <summary>All classes.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Move, Constant, LongConstant, IntArithmetic, IntMultiply, IntDivide, IntShift, LongArithmetic, LongMultiply, LongDivide, LongShift,
        FloatArithmetic, ToShort, ToInt, ToLong, Branch, ArrayLoad, LongArrayLoad, ArrayStore, LongArrayStore, ArrayLength, FieldLoad, FieldStore,
        StaticCall, InstanceCall, VirtualCall, InterfaceCall, LibraryCall, NewObject, NewArray,
    ];

    /// <summary>What instructions of a method belong to; null for those that cost nothing of their own.</summary>
    /// <param name="body">The method, its macros simplified, nothing inserted yet.</param>
    internal static string?[] Of(MethodBody body)
    {
        OperandKind[] kinds = OperandKinds.Of(body);
        return body.Instructions.Select((instruction, index) => Of(instruction, kinds[index])).ToArray();
    }

    private static string? Of(Instruction instruction, OperandKind kind)
    {
        OpCode opCode = instruction.OpCode;
        switch (opCode.Code)
        {
            // A release build has no nop; a return belongs to its call; a prefix is part of what follows.
            case Code.Nop or Code.Ret or Code.Volatile or Code.Constrained or Code.Readonly or Code.Tail or Code.Unaligned:
                return null;
            case Code.Ldc_I8 or Code.Ldc_R8:
                return LongConstant;
            case Code.Ldc_I4 or Code.Ldc_R4 or Code.Ldnull or Code.Ldstr or Code.Ldtoken:
                return Constant;
            case Code.Mul or Code.Mul_Ovf or Code.Mul_Ovf_Un:
                return ByKind(kind, IntMultiply, LongMultiply);
            case Code.Div or Code.Div_Un or Code.Rem or Code.Rem_Un:
                return ByKind(kind, IntDivide, LongDivide);
            case Code.Shl or Code.Shr or Code.Shr_Un:
                return ByKind(kind, IntShift, LongShift);
            case Code.Add or Code.Sub or Code.And or Code.Or or Code.Xor or Code.Neg or Code.Not or Code.Ceq or Code.Cgt or Code.Cgt_Un or Code.Clt or Code.Clt_Un:
                return ByKind(kind, IntArithmetic, LongArithmetic);
            case Code.Newobj:
                return NewObject;
            case Code.Newarr:
                return NewArray;
            case Code.Ldlen:
                return ArrayLength;
            case Code.Ldfld or Code.Ldsfld or Code.Ldflda or Code.Ldsflda:
                return FieldLoad;
            case Code.Stfld or Code.Stsfld:
                return FieldStore;
            case Code.Call or Code.Callvirt or Code.Calli:
                return OfCall(instruction);
        }
        if (opCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw) return Branch;
        return OfFamily(opCode.Name);
    }

    /// <summary>The class of what comes in many widths, by the beginning of its name.</summary>
    private static string OfFamily(string name)
    {
        bool isLong = name.EndsWith(".i8", StringComparison.Ordinal) || name.EndsWith(".u8", StringComparison.Ordinal);
        if (name.StartsWith("conv", StringComparison.Ordinal))
        {
            if (isLong) return ToLong;
            if (name.Contains(".r")) return FloatArithmetic;
            return name.EndsWith('1') || name.EndsWith('2') ? ToShort : ToInt;
        }
        if (name.StartsWith("ldelem", StringComparison.Ordinal) || name.StartsWith("ldind", StringComparison.Ordinal)) return isLong ? LongArrayLoad : ArrayLoad;
        if (name.StartsWith("stelem", StringComparison.Ordinal) || name.StartsWith("stind", StringComparison.Ordinal)) return isLong ? LongArrayStore : ArrayStore;
        // ldloc, stloc, ldarg, starg, their addresses, dup, pop; and what no kernel has: casts, boxes, structs as a whole.
        return Move;
    }

    private static string ByKind(OperandKind kind, string ofInt, string ofLong) => kind switch
    {
        OperandKind.Long => ofLong,
        OperandKind.Float => FloatArithmetic,
        _ => ofInt,
    };

    private static string OfCall(Instruction instruction)
    {
        if (instruction.Operand is not MethodReference called) return StaticCall;
        if (IsLibrary(called.DeclaringType)) return LibraryCall;
        if (!called.HasThis) return StaticCall;
        if (instruction.OpCode.Code == Code.Call) return InstanceCall;
        MethodDefinition? method = called.Resolve();
        if (method is null or { IsVirtual: false }) return InstanceCall;
        return method.DeclaringType.IsInterface ? InterfaceCall : VirtualCall;
    }

    /// <summary>Whether a type lies outside the device code.</summary>
    private static bool IsLibrary(TypeReference type) =>
        !type.IsArray && type.GetElementType().Scope is AssemblyNameReference scope && !DeviceAssemblies.Contains(scope.Name);
}

// Neither the board's CLR nor .NET checks that an instruction finds values of its types on the stack. A board would compute nonsense or
// end; the process that plays it must not. So each method is checked when it is loaded.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>Kinds of values on the evaluation stack.</summary>
internal enum StackKind
{
    /// <summary>32 bits.</summary>
    Int,

    /// <summary>64 bits.</summary>
    Long,

    /// <summary>An array of short.</summary>
    Array,

    /// <summary>An object of a class.</summary>
    Object,
}

/// <summary>Follows the evaluation stack through a method whose branches lead forward.</summary>
/// <param name="method">The method, with long branches.</param>
/// <param name="maxDepth">Values for which the CLR makes room.</param>
internal sealed class StackCheck(MethodDefinition method, int maxDepth)
{
    private readonly Dictionary<Instruction, Cell?> _arriving = [];
    private Cell? _top;

    /// <summary>Checks the method.</summary>
    /// <exception cref="NotSupportedException">An instruction does not find what it needs, or the method does not end.</exception>
    public void Run()
    {
        bool isReached = true;
        foreach (Instruction instruction in method.Body.Instructions)
        {
            bool isTarget = _arriving.Remove(instruction, out Cell? arriving);
            if (!isReached && !isTarget) throw Refuse("has instructions that nothing reaches");
            if (isReached && isTarget && !Cell.IsSame(_top, arriving)) throw Refuse("joins two different stacks");
            if (isTarget) _top = arriving;
            Execute(instruction);
            isReached = instruction.OpCode.Code != Code.Ret;
            if (instruction.Operand is not Instruction target) continue;
            if (_arriving.TryGetValue(target, out Cell? other) && !Cell.IsSame(_top, other)) throw Refuse("joins two different stacks");
            _arriving[target] = _top;
        }
        if (isReached) throw Refuse("runs beyond its end");
    }

    private void Execute(Instruction instruction)
    {
        switch (instruction.OpCode.Code)
        {
            case Code.Ldarg:
                var parameter = (ParameterDefinition)instruction.Operand;
                Push(parameter == method.Body.ThisParameter ? new StackValue(StackKind.Object, method.DeclaringType) : StackValue.Of(parameter.ParameterType));
                break;
            case Code.Ldloc:
                Push(StackValue.Of(((VariableDefinition)instruction.Operand).VariableType));
                break;
            case Code.Stloc:
                Pop(((VariableDefinition)instruction.Operand).VariableType);
                break;
            case Code.Dup:
                Push((_top ?? throw Refuse("takes a value from an empty stack")).Value);
                break;
            case Code.Pop:
                Pop();
                break;
            case Code.Ret:
                if (method.ReturnType.MetadataType != MetadataType.Void) Pop(method.ReturnType);
                if (_top != null) throw Refuse("leaves values on the stack");
                break;
            case Code.Call or Code.Callvirt or Code.Newobj:
                Call(instruction.OpCode.Code, ((MethodReference)instruction.Operand).Resolve());
                break;
            case Code.Ldfld or Code.Stfld:
                UseField(instruction.OpCode.Code, ((FieldReference)instruction.Operand).Resolve());
                break;
            default:
                Compute(instruction.OpCode.Code);
                break;
        }
    }

    private void Compute(Code code)
    {
        switch (code)
        {
            case Code.Ldc_I8:
                Push(StackKind.Long);
                break;
            case Code.Brtrue or Code.Brfalse:
                Pop();
                break;
            case Code.Bne_Un or Code.Blt_Un:
                PopTwoNumbers();
                break;
            case Code.Add or Code.Sub or Code.Mul or Code.And or Code.Xor:
                Push(PopTwoNumbers());
                break;
            case Code.Shr or Code.Shr_Un:
                Pop(StackKind.Int);
                Push(PopNumber());
                break;
            case Code.Conv_I2 or Code.Conv_I4 or Code.Conv_U4:
                PopNumber();
                Push(StackKind.Int);
                break;
            case Code.Conv_I8 or Code.Conv_U8:
                PopNumber();
                Push(StackKind.Long);
                break;
            case Code.Ldelem_I2:
                Pop(StackKind.Int);
                Pop(StackKind.Array);
                Push(StackKind.Int);
                break;
            case Code.Stelem_I2:
                Pop(StackKind.Int);
                Pop(StackKind.Int);
                Pop(StackKind.Array);
                break;
            default:
                // What is left are the constants of 32 bits.
                Push(StackKind.Int);
                break;
        }
    }

    private void Call(Code code, MethodDefinition called)
    {
        foreach (ParameterDefinition parameter in called.Parameters.Reverse()) Pop(parameter.ParameterType);
        bool makes = code == Code.Newobj;
        if (makes && (!called.IsConstructor || called.DeclaringType.IsAbstract)) throw Refuse($"makes an object with {called.FullName}");
        if (!makes && called.IsConstructor && !(method.IsConstructor && code == Code.Call)) throw Refuse($"calls {called.FullName}");
        if (called.IsAbstract && code == Code.Call) throw Refuse($"calls {called.FullName}, which has no body");
        if (called.IsStatic && code != Code.Call) throw Refuse($"calls {called.FullName} as if it had an object");
        TypeDefinition? on = called.IsStatic ? null : makes ? called.DeclaringType : PopObject(called.DeclaringType);
        CheckAccess(called.FullName, called.DeclaringType, called.IsPublic, called.IsFamily, called.IsConstructor && !makes ? null : on);
        if (makes) Push(new StackValue(StackKind.Object, called.DeclaringType));
        else if (called.ReturnType.MetadataType != MetadataType.Void) Push(StackValue.Of(called.ReturnType));
    }

    private void UseField(Code code, FieldDefinition field)
    {
        if (code == Code.Stfld) Pop(field.FieldType);
        TypeDefinition on = PopObject(field.DeclaringType);
        CheckAccess(field.FullName, field.DeclaringType, field.IsPublic, field.IsFamily, on);
        if (code == Code.Ldfld) Push(StackValue.Of(field.FieldType));
        else if (field.IsInitOnly) throw Refuse($"sets {field.FullName}");
    }

    /// <summary>The CLR lets any code use any member, .NET does not.</summary>
    private void CheckAccess(string member, TypeDefinition owner, bool isPublic, bool isFamily, TypeDefinition? on)
    {
        bool isDerived = isFamily && StackValue.Derives(method.DeclaringType, owner) && (on == null || StackValue.Derives(on, method.DeclaringType));
        if (!isPublic && owner != method.DeclaringType && !isDerived) throw Refuse($"uses {member}, which is not for it");
    }

    private void Push(StackKind kind) => Push(new StackValue(kind, null));

    private void Push(StackValue value)
    {
        _top = new Cell(value, _top);
        if (_top.Depth > maxDepth) throw Refuse($"has more than {maxDepth} values on the stack");
    }

    private StackValue Pop()
    {
        Cell top = _top ?? throw Refuse("takes a value from an empty stack");
        _top = top.Below;
        return top.Value;
    }

    private void Pop(StackKind kind)
    {
        if (Pop().Kind != kind) throw Refuse("finds another value than it needs");
    }

    private void Pop(TypeReference type)
    {
        StackValue wanted = StackValue.Of(type);
        if (wanted.Class == null) Pop(wanted.Kind);
        else PopObject(wanted.Class);
    }

    private TypeDefinition PopObject(TypeDefinition wanted) => Pop().Class is { } found && StackValue.Derives(found, wanted)
        ? found : throw Refuse($"finds no {wanted.Name} where it needs one");

    private StackKind PopNumber() => Pop().Kind is var kind and (StackKind.Int or StackKind.Long) ? kind : throw Refuse("computes with a reference");

    private StackKind PopTwoNumbers()
    {
        StackKind kind = PopNumber();
        return PopNumber() == kind ? kind : throw Refuse("computes with numbers of different sizes");
    }

    private NotSupportedException Refuse(string what) => LoadRefusal.NotPlayed($"method {method.DeclaringType.Name}.{method.Name} {what}");

    /// <summary>A value on the stack.</summary>
    /// <param name="Kind">What it is.</param>
    /// <param name="Class">The class of an object, otherwise null.</param>
    private readonly record struct StackValue(StackKind Kind, TypeDefinition? Class)
    {
        public static StackValue Of(TypeReference type) => type.MetadataType switch
        {
            MetadataType.Array => new StackValue(StackKind.Array, null),
            MetadataType.Int64 or MetadataType.UInt64 => new StackValue(StackKind.Long, null),
            MetadataType.Int16 or MetadataType.Int32 or MetadataType.UInt32 => new StackValue(StackKind.Int, null),
            _ => new StackValue(StackKind.Object, type.Resolve()),
        };

        public static bool Derives(TypeDefinition type, TypeDefinition from)
        {
            for (TypeDefinition? at = type; at != null; at = at.BaseType?.Resolve())
                if (at == from) return true;
            return false;
        }
    }

    /// <summary>The stack down from a value. Branches share what lies below.</summary>
    private sealed class Cell(StackValue value, Cell? below)
    {
        public StackValue Value { get; } = value;

        public Cell? Below { get; } = below;

        public int Depth { get; } = below == null ? 1 : below.Depth + 1;

        public static bool IsSame(Cell? left, Cell? right)
        {
            for (; left != right; left = left.Below, right = right.Below)
                if (left == null || right == null || left.Value != right.Value) return false;
            return true;
        }
    }
}

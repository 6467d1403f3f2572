// Expressions and statements of a kernel as IL: what the C# compiler's optimised build makes of the same kernel's C#. A test
// compares the two instruction by instruction; what is counted and budgeted on one holds for the other.

using System;
using System.Collections.Generic;
using System.Reflection.Emit;

namespace Crime.Modelling.Compilation.Code;

/// <summary>Writes one method as IL.</summary>
internal sealed class IlWriter
{
    private readonly List<IlInstruction> _instructions = [];
    private readonly List<ValueKind> _locals = [];
    private readonly Dictionary<string, byte> _indexes = [];

    // The variable that stays on the evaluation stack, and how many of its uses are still to come.
    private readonly Variable? _kept;
    private int _usesLeft;

    private int _depth;
    private int _maxStack;

    private IlWriter(Variable? kept = null, int uses = 0)
    {
        _kept = kept;
        _usesLeft = uses;
    }

    /// <summary>Writes a method.</summary>
    public static IlBody Write(KernelMethod method)
    {
        // As the C# compiler does: an array that is only needed where a statement begins is never stored.
        (Variable? kept, int uses) = StatementStarts.FindOnly(method.Body);
        return new IlWriter(kept, uses).Finish(method.Body);
    }

    /// <summary>Writes a constructor: the base class's first, with the same arguments.</summary>
    public static IlBody WriteConstructor(KernelMethod method, MethodName baseConstructor)
    {
        var writer = new IlWriter();
        for (int argument = 0; argument <= baseConstructor.Parameters.Count; argument++) writer.LoadArgument(argument);
        writer.Add(OpCodes.Call, -1 - baseConstructor.Parameters.Count, baseConstructor);
        return writer.Finish(method.Body);
    }

    private IlBody Finish(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body) Write(statement);
        if (body.Count == 0 || body[^1] is not Return) Add(OpCodes.Ret, 0);
        if (_depth != 0) throw new InvalidOperationException($"{_depth} values are left on the stack");
        return new IlBody(_instructions, _locals, _maxStack);
    }

    private void Write(Statement statement)
    {
        switch (statement)
        {
            case Remark:
                break;
            case Declaration declaration:
                Write(declaration);
                break;
            case Store store:
                Write(store);
                break;
            case Guard guard:
                Write(guard);
                break;
            case CallStatement call:
                Write(call.Call);
                if (call.Call.Kind != ValueKind.Void) Add(OpCodes.Pop, -1);
                break;
            case Return value:
                Write(value.Value);
                Add(OpCodes.Ret, -1);
                break;
            default:
                throw new ArgumentException(statement.ToString());
        }
    }

    private void Write(Declaration declaration)
    {
        foreach ((Variable variable, Expression? value) in declaration.Items)
        {
            if (variable == _kept)
            {
                Write(value!);
                continue;
            }
            _indexes.Add(variable.Name, checked((byte)_locals.Count));
            _locals.Add(variable.Kind);
            if (value == null) continue;
            WriteAs(variable.Kind, value);
            StoreLocal(variable);
        }
    }

    private void Write(Store store)
    {
        switch (store.Target)
        {
            case Variable variable:
                Write(store.Value);
                StoreLocal(variable);
                break;
            case Element element:
                Write(element.Array);
                Write(element.Index);
                Write(store.Value);
                Add(OpCodes.Stelem_I2, -3);
                break;
            case OwnField field:
                LoadArgument(0);
                Write(store.Value);
                Add(OpCodes.Stfld, -2, field.Field);
                break;
            default:
                throw new ArgumentException(store.Target.ToString());
        }
    }

    private void Write(Guard guard)
    {
        Write(guard.Left);
        bool againstZero = guard.Right is Literal { Value: 0 };
        if (!againstZero) Write(guard.Right);
        int branch = _instructions.Count;
        _depth -= againstZero ? 1 : 2;
        _instructions.Add(default);
        Write(guard.Then);
        int skipped = _instructions.Count - branch - 1, size = 0;
        for (int i = branch + 1; i < _instructions.Count; i++) size += _instructions[i].Size;
        bool isShort = size <= sbyte.MaxValue;
        OpCode code = guard.Comparison switch
        {
            Comparison.NotZero => isShort ? OpCodes.Brfalse_S : OpCodes.Brfalse,
            Comparison.Equal when againstZero => isShort ? OpCodes.Brtrue_S : OpCodes.Brtrue,
            Comparison.Equal => isShort ? OpCodes.Bne_Un_S : OpCodes.Bne_Un,
            _ => isShort ? OpCodes.Blt_Un_S : OpCodes.Blt_Un,
        };
        _instructions[branch] = new IlInstruction(code, null, skipped);
    }

    private void Write(Expression expression)
    {
        switch (expression)
        {
            case Literal literal:
                Write(literal);
                break;
            case Variable { Argument: > 0 } argument:
                LoadArgument(argument.Argument);
                break;
            case Variable variable:
                LoadLocal(variable);
                break;
            case OwnField field:
                LoadArgument(0);
                Add(OpCodes.Ldfld, 0, field.Field);
                break;
            case Element element:
                Write(element.Array);
                Write(element.Index);
                Add(OpCodes.Ldelem_I2, -1);
                break;
            case Cast cast:
                Write(cast.Value);
                Convert(cast.Value.Kind, cast.To);
                break;
            case Operation operation:
                Write(operation.Left);
                Write(operation.Right);
                Add(CodeOf(operation), -1);
                break;
            case SumOfProducts sum:
                Write(sum);
                break;
            case Bracketed bracketed:
                Write(bracketed.Inner);
                break;
            case Assignment assignment:
                Write(assignment.Value);
                Add(OpCodes.Dup, 1);
                StoreLocal(assignment.Target);
                break;
            case Property property:
                LoadArgument(property.Owner.Argument);
                Add(OpCodes.Callvirt, 0, property.Getter);
                break;
            case Call call:
                if (!call.Method.IsStatic) LoadArgument(0);
                foreach (Expression argument in call.Arguments) Write(argument);
                Add(OpCodes.Call, (call.Kind == ValueKind.Void ? 0 : 1) - call.Arguments.Length - (call.Method.IsStatic ? 0 : 1), call.Method);
                break;
            case New made:
                foreach (Expression argument in made.Arguments) Write(argument);
                Add(OpCodes.Newobj, 1 - made.Arguments.Length, made.Constructor);
                break;
            default:
                throw new ArgumentException(expression.ToString());
        }
    }

    private void Write(SumOfProducts sum)
    {
        Write(Literal.Long(sum.Start));
        foreach (Product term in sum.Terms)
        {
            Write(Literal.Long(term.Weight));
            WriteAs(ValueKind.Int64, term.Operand);
            Add(OpCodes.Mul, -1);
            Add(OpCodes.Add, -1);
        }
    }

    private void WriteAs(ValueKind kind, Expression expression)
    {
        Write(expression);
        if (kind == ValueKind.Int64 && expression.Kind == ValueKind.Int32) Add(OpCodes.Conv_I8, 0);
    }

    private void Convert(ValueKind from, ValueKind to)
    {
        bool isWide = from is ValueKind.Int64 or ValueKind.UInt64;
        if (to == ValueKind.Int16) Add(OpCodes.Conv_I2, 0);
        else if (isWide && to == ValueKind.Int32) Add(OpCodes.Conv_I4, 0);
        else if (isWide && to == ValueKind.UInt32) Add(OpCodes.Conv_U4, 0);
    }

    private void Write(Literal literal)
    {
        if (literal.Kind != ValueKind.Int64)
        {
            LoadInt((int)literal.Value);
            return;
        }
        // A number of 32 bits is five bytes and a conversion instead of nine.
        bool isInt = literal.Value == (int)literal.Value;
        if (!isInt && literal.Value != (uint)literal.Value)
        {
            Add(OpCodes.Ldc_I8, 1, literal.Value);
            return;
        }
        LoadInt((int)literal.Value);
        Add(isInt ? OpCodes.Conv_I8 : OpCodes.Conv_U8, 0);
    }

    private void LoadInt(int value)
    {
        if (value is >= -1 and <= 8) Add(s_smallNumbers[value + 1], 1);
        else if (value == (sbyte)value) Add(OpCodes.Ldc_I4_S, 1, value);
        else Add(OpCodes.Ldc_I4, 1, value);
    }

    private void LoadArgument(int index)
    {
        if (index < s_arguments.Length) Add(s_arguments[index], 1);
        else Add(OpCodes.Ldarg_S, 1, (byte)index);
    }

    private void LoadLocal(Variable variable)
    {
        if (variable == _kept)
        {
            if (--_usesLeft > 0) Add(OpCodes.Dup, 1);
            return;
        }
        byte index = _indexes[variable.Name];
        if (index < s_loads.Length) Add(s_loads[index], 1);
        else Add(OpCodes.Ldloc_S, 1, index);
    }

    private void StoreLocal(Variable variable)
    {
        byte index = _indexes[variable.Name];
        if (index < s_stores.Length) Add(s_stores[index], -1);
        else Add(OpCodes.Stloc_S, -1, index);
    }

    private void Add(OpCode code, int change, object? operand = null)
    {
        _instructions.Add(new IlInstruction(code, operand));
        _depth += change;
        // A call may need more than it leaves: its arguments were counted as they were loaded.
        _maxStack = Math.Max(_maxStack, _depth);
    }

    private static OpCode CodeOf(Operation operation) => operation.Operator switch
    {
        Operator.Multiply => OpCodes.Mul,
        Operator.Add => OpCodes.Add,
        Operator.Subtract => OpCodes.Sub,
        Operator.ShiftRight => operation.Kind is ValueKind.UInt32 or ValueKind.UInt64 ? OpCodes.Shr_Un : OpCodes.Shr,
        Operator.And => OpCodes.And,
        _ => OpCodes.Xor,
    };

    private static readonly OpCode[] s_smallNumbers =
    [
        OpCodes.Ldc_I4_M1, OpCodes.Ldc_I4_0, OpCodes.Ldc_I4_1, OpCodes.Ldc_I4_2, OpCodes.Ldc_I4_3, OpCodes.Ldc_I4_4, OpCodes.Ldc_I4_5,
        OpCodes.Ldc_I4_6, OpCodes.Ldc_I4_7, OpCodes.Ldc_I4_8,
    ];

    private static readonly OpCode[] s_arguments = [OpCodes.Ldarg_0, OpCodes.Ldarg_1, OpCodes.Ldarg_2, OpCodes.Ldarg_3];

    private static readonly OpCode[] s_loads = [OpCodes.Ldloc_0, OpCodes.Ldloc_1, OpCodes.Ldloc_2, OpCodes.Ldloc_3];

    private static readonly OpCode[] s_stores = [OpCodes.Stloc_0, OpCodes.Stloc_1, OpCodes.Stloc_2, OpCodes.Stloc_3];
}

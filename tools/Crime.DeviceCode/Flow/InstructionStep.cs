// What one instruction does to what is known.

using System.Collections.Immutable;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

/// <summary>Changes a state as instructions do.</summary>
internal sealed partial class InstructionStep(ProgramFlow program, MethodDefinition method, FieldUse fields, FlowState state)
{
    public FlowState State => state;

    /// <summary>Executes an instruction that does not branch.</summary>
    public void Run(Instruction at)
    {
        if (at.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj)
        {
            Call(at, (MethodReference)at.Operand);
            return;
        }
        if (RunConstant(at) || RunVariable(at) || RunField(at) || RunArray(at) || RunArithmetic(at)) return;
        int pops = StackEffect.Pops(at, method);
        if (pops < 0) state.Stack = [];
        for (int i = 0; i < pops; i++) Use(Pop(), at);
        for (int i = StackEffect.Pushes(at); i > 0; i--) Push(null);
    }

    /// <summary>Executes the end of the method.</summary>
    public MethodSummary Return(Instruction at)
    {
        if (StackEffect.Pops(at, method) == 1)
        {
            Value? value = Pop();
            Use(value, at);
            if (value is ArrayValue array) Pass(array, program.Site(SiteKind.Returned, method, method.ReturnType));
        }
        foreach (var (stored, holder) in state.Stored)
        {
            if (state.FactsOf(stored).IsFull) continue;
            if (holder.Kind == SiteKind.Field)
            {
                program.AddEdge(stored, program.Site(SiteKind.FieldAtExit, (method, holder), null));
                if (program.IsOnlyCalledHere(method)) continue;
            }
            program.AddEdge(stored, holder);
        }
        int first = method.HasThis ? 1 : 0;
        var arguments = method.Parameters.Where(parameter => Site.IsFollowed(parameter.ParameterType)).Select(parameter => parameter.Index + first)
            .Where(index => state.FactsOf(MethodFlow.ArgumentSite(program, method, index)).IsFull).ToImmutableHashSet();
        return new MethodSummary(arguments, FilledFields(), fields.Assigned.ToImmutableHashSet());
    }

    private ImmutableHashSet<string> FilledFields() => fields.Touched
        .Where(field => state.LoadField(field) is ArrayValue { IsExact: true } value && value.Sites.All(site => state.FactsOf(site).IsFull)).ToImmutableHashSet();

    private void Push(Value? value) => state.Stack = state.Stack.Add(value);

    private Value? Pop()
    {
        if (state.Stack.IsEmpty) return null;
        Value? value = state.Stack[^1];
        state.Stack = state.Stack.RemoveAt(state.Stack.Count - 1);
        return value;
    }

    private Number? PopNumber(Instruction at)
    {
        Value? value = Pop();
        Use(value, at);
        return (value as NumberValue)?.Number;
    }

    /// <summary>An element that may be unset is used for more than a branch on null.</summary>
    private void Use(Value? value, Instruction at)
    {
        if (value is not ElementValue element) return;
        foreach (Site array in element.Array.Sites) program.AddRead(new ElementRead(method, element.At, array, NameOfUse(at)));
    }

    private static string NameOfUse(Instruction at) => (at.OpCode.Code, at.Operand) switch
    {
        (Code.Call or Code.Callvirt or Code.Newobj, MethodReference called) => $"passed to {called.DeclaringType.Name}.{called.Name}",
        (Code.Ceq or Code.Cgt_Un, _) => "compared, and the outcome stored",
        (Code.Ret, _) => "returned",
        (Code.Stelem_Ref or Code.Stelem_Any or Code.Stind_Ref, _) => "copied into an array or a variable",
        (Code.Stfld or Code.Stsfld, _) => "copied into a field",
        _ => "used",
    };

    private bool RunConstant(Instruction at)
    {
        switch (at.OpCode.Code)
        {
            case Code.Ldnull:
                Push(new NullValue());
                return true;
            case Code.Ldtoken when at.Operand is TypeReference type:
                Push(new TypeValue(type));
                return true;
            case Code.Dup:
                Value? value = Pop();
                Push(value);
                Push(value);
                return true;
            case Code.Pop:
                Pop();
                return true;
            // An element keeps its kind: a cast does not look at it.
            case Code.Castclass or Code.Isinst:
                return true;
        }
        if (ConstantOf(at) is not { } constant) return false;
        Push(new NumberValue(Number.Constant(constant)));
        return true;
    }

    private static int? ConstantOf(Instruction at) => at.OpCode.Code switch
    {
        Code.Ldc_I4 => (int)at.Operand,
        Code.Ldc_I4_S => (sbyte)at.Operand,
        Code.Ldc_I8 when (long)at.Operand is >= int.MinValue and <= int.MaxValue => (int)(long)at.Operand,
        Code.Ldc_R4 when (float)at.Operand == 0 => 0,
        Code.Ldc_R8 when (double)at.Operand == 0 => 0,
        Code.Ldc_I4_M1 => -1,
        >= Code.Ldc_I4_0 and <= Code.Ldc_I4_8 => at.OpCode.Code - Code.Ldc_I4_0,
        _ => null,
    };

    private bool RunVariable(Instruction at)
    {
        if (SlotOf(at) is not { } slot) return false;
        switch (at.OpCode.Code)
        {
            case Code.Ldloca or Code.Ldloca_S or Code.Ldarga or Code.Ldarga_S:
                Push(new SlotAddress(slot));
                break;
            case Code.Stloc or Code.Stloc_S or Code.Stloc_0 or Code.Stloc_1 or Code.Stloc_2 or Code.Stloc_3 or Code.Starg or Code.Starg_S:
                state.Store(slot, Pop());
                break;
            default:
                Push(state.Load(slot));
                break;
        }
        return true;
    }

    private Slot? SlotOf(Instruction at) => (at.OpCode.Code, at.Operand) switch
    {
        ( >= Code.Ldarg_0 and <= Code.Ldarg_3, _) => new Slot(true, at.OpCode.Code - Code.Ldarg_0),
        ( >= Code.Ldloc_0 and <= Code.Ldloc_3, _) => new Slot(false, at.OpCode.Code - Code.Ldloc_0),
        ( >= Code.Stloc_0 and <= Code.Stloc_3, _) => new Slot(false, at.OpCode.Code - Code.Stloc_0),
        (_, VariableDefinition variable) => new Slot(false, variable.Index),
        (_, ParameterDefinition parameter) => new Slot(true, parameter.Index < 0 ? 0 : parameter.Index + (method.HasThis ? 1 : 0)),
        _ => null,
    };

    private bool RunArithmetic(Instruction at)
    {
        switch (at.OpCode.Code)
        {
            case Code.Add or Code.Sub:
                Number? right = PopNumber(at), left = PopNumber(at);
                Push(Sum(at.OpCode.Code, left, right) is { } sum ? new NumberValue(sum) : null);
                return true;
            case Code.Div or Code.Div_Un or Code.Rem or Code.Rem_Un:
                if (PopNumber(at) == Number.Constant(0)) program.AddZeroDivisor(method, at);
                PopNumber(at);
                Push(null);
                return true;
            // The lengths and indices that count here fit into 31 bits.
            case Code.Conv_I4 or Code.Conv_U4 or Code.Conv_I8 or Code.Conv_U8 or Code.Conv_I or Code.Conv_U or Code.Conv_Ovf_I or Code.Conv_Ovf_I_Un:
                return state.Stack.LastOrDefault() is NumberValue;
            case Code.Conv_R4 or Code.Conv_R8:
                return state.Stack.LastOrDefault() is NumberValue { Number: { IsConstant: true, Offset: 0 } };
            default:
                return false;
        }
    }

    private static Number? Sum(Code code, Number? left, Number? right) => (left, right) switch
    {
        ({ } sum, { IsConstant: true } constant) => sum + (code == Code.Add ? constant.Offset : -constant.Offset),
        ({ IsConstant: true } constant, { } sum) when code == Code.Add => sum + constant.Offset,
        _ => null,
    };
}

// What a branch says about the values that it looks at.

using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

internal sealed partial class InstructionStep
{
    /// <summary>Executes a conditional branch.</summary>
    /// <returns>What is known where the branch is taken, and where it is not.</returns>
    public (FlowState Taken, FlowState NotTaken) Branch(Instruction at)
    {
        if (at.OpCode.Code is Code.Brtrue or Code.Brtrue_S or Code.Brfalse or Code.Brfalse_S) return BranchOnNull(at);
        Number? right = PopNumber(at), left = PopNumber(at);
        FlowState taken = state.Clone(), notTaken = state.Clone();
        if (left is { } first && right is { } second)
        {
            Assume(taken, at.OpCode.Code, first, second);
            Assume(notTaken, Opposite(at.OpCode.Code), first, second);
        }
        return (taken, notTaken);
    }

    private (FlowState Taken, FlowState NotTaken) BranchOnNull(Instruction at)
    {
        Value? value = Pop();
        FlowState taken = state.Clone(), notTaken = state.Clone();
        bool isTakenWhenSet = at.OpCode.Code is Code.Brtrue or Code.Brtrue_S;
        FlowState whenSet = isTakenWhenSet ? taken : notTaken, whenZero = isTakenWhenSet ? notTaken : taken;
        if (value is ElementValue element) whenSet.AssumeSet(element);
        if (value is NumberValue { Number: var number }) Assume(whenZero, Code.Beq, number, Number.Constant(0));
        return (taken, notTaken);
    }

    private static void Assume(FlowState state, Code comparison, Number left, Number right)
    {
        switch (comparison)
        {
            case Code.Blt or Code.Blt_S or Code.Blt_Un or Code.Blt_Un_S:
                AssumeLess(state, left, right);
                break;
            case Code.Bgt or Code.Bgt_S or Code.Bgt_Un or Code.Bgt_Un_S:
                AssumeLess(state, right, left);
                break;
            case Code.Ble or Code.Ble_S or Code.Ble_Un or Code.Ble_Un_S:
                AssumeLess(state, left, right + 1);
                break;
            case Code.Bge or Code.Bge_S or Code.Bge_Un or Code.Bge_Un_S:
                AssumeLess(state, right, left + 1);
                break;
            case Code.Beq or Code.Beq_S:
                state.AssumeAtLeast(left, right);
                state.AssumeAtLeast(right, left);
                break;
        }
    }

    private static void AssumeLess(FlowState state, Number low, Number high)
    {
        state.AssumeLess(low, high);
        state.AssumeAtLeast(high, low + 1);
        state.AssumeAtLeast(high + -1, low);
    }

    private static Code Opposite(Code comparison) => comparison switch
    {
        Code.Blt or Code.Blt_S or Code.Blt_Un or Code.Blt_Un_S => Code.Bge,
        Code.Bge or Code.Bge_S or Code.Bge_Un or Code.Bge_Un_S => Code.Blt,
        Code.Bgt or Code.Bgt_S or Code.Bgt_Un or Code.Bgt_Un_S => Code.Ble,
        Code.Ble or Code.Ble_S or Code.Ble_Un or Code.Ble_Un_S => Code.Bgt,
        Code.Beq or Code.Beq_S => Code.Bne_Un,
        _ => Code.Beq,
    };
}

// Runs through one method until nothing new is known anywhere in it.

using System.Collections.Generic;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

/// <summary>The flow analysis of one method.</summary>
internal sealed class MethodFlow
{
    private const int VisitsMax = 60;

    private readonly ProgramFlow _program;
    private readonly MethodDefinition _method;
    private readonly Dictionary<Instruction, FlowState> _known = [];
    private readonly Dictionary<Instruction, int> _visits = [];
    private readonly SortedSet<(int Offset, Instruction At)> _open = new(Comparer<(int Offset, Instruction At)>.Create((left, right) => left.Offset - right.Offset));
    private readonly HashSet<Instruction> _leaders = [];
    private readonly FieldUse _fields = new();
    private MethodSummary? _summary;

    public MethodFlow(ProgramFlow program, MethodDefinition method)
    {
        _program = program;
        _method = method;
        foreach (Instruction instruction in method.Body.Instructions)
        {
            if (instruction.Operand is Instruction target) _leaders.Add(target);
            if (instruction.Operand is Instruction[] targets) _leaders.UnionWith(targets);
        }
        foreach (ExceptionHandler handler in method.Body.ExceptionHandlers)
        {
            _leaders.Add(handler.TryStart);
            _leaders.Add(handler.HandlerStart);
            if (handler.FilterStart != null) _leaders.Add(handler.FilterStart);
        }
    }

    /// <summary>Analyses the method; reads and ways of arrays go to the program.</summary>
    public MethodSummary Run()
    {
        var entry = new FlowState { FieldOnEntry = field => new ArrayValue(_program.FieldSite(field, null)) };
        int first = _method.HasThis ? 1 : 0;
        foreach (ParameterDefinition parameter in _method.Parameters)
        {
            if (!Site.IsFollowed(parameter.ParameterType)) continue;
            Site site = ArgumentSite(_program, _method, parameter.Index + first);
            entry.Store(new Slot(true, parameter.Index + first), new ArrayValue(site));
            entry.Notice(site);
        }
        Reach(_method.Body.Instructions[0], entry);
        while (_open.Count > 0)
        {
            var (_, start) = _open.Min;
            _open.Remove(_open.Min);
            RunFrom(start, _known[start].Clone());
        }
        return _summary ?? MethodSummary.None;
    }

    public static Site ArgumentSite(ProgramFlow program, MethodDefinition method, int index)
    {
        int parameter = method.HasThis ? index - 1 : index;
        return program.Site(SiteKind.Argument, (method, index), parameter < 0 ? null : method.Parameters[parameter].ParameterType);
    }

    private void RunFrom(Instruction start, FlowState state)
    {
        var step = new InstructionStep(_program, _method, _fields, state);
        for (Instruction? at = start; at != null; at = at.Next)
        {
            if (at != start && _leaders.Contains(at))
            {
                Reach(at, state);
                return;
            }
            ReachHandlers(at, state);
            switch (at.OpCode.FlowControl)
            {
                case FlowControl.Cond_Branch:
                    RunBranch(at, step);
                    return;
                case FlowControl.Branch:
                    if (at.OpCode.Code is Code.Leave or Code.Leave_S) state.Stack = [];
                    Reach((Instruction)at.Operand, state);
                    return;
                case FlowControl.Throw:
                    return;
                case FlowControl.Return:
                    if (at.OpCode.Code == Code.Ret) RunReturn(at, step);
                    return;
                default:
                    step.Run(at);
                    break;
            }
        }
    }

    private void RunBranch(Instruction at, InstructionStep step)
    {
        if (at.OpCode.Code == Code.Switch)
        {
            step.Run(at);
            foreach (Instruction target in (Instruction[])at.Operand) Reach(target, step.State.Clone());
            if (at.Next != null) Reach(at.Next, step.State);
            return;
        }
        var (taken, notTaken) = step.Branch(at);
        Reach((Instruction)at.Operand, taken);
        if (at.Next != null) Reach(at.Next, notTaken);
    }

    private void RunReturn(Instruction at, InstructionStep step)
    {
        MethodSummary summary = step.Return(at);
        _summary = _summary == null ? summary : new MethodSummary(
            _summary.FilledArguments.Intersect(summary.FilledArguments),
            _summary.FilledFields.Intersect(summary.FilledFields),
            _summary.AssignedFields.Union(summary.AssignedFields));
    }

    /// <summary>An exception may leave a guarded region anywhere: its handlers begin with what is known at each of its instructions.</summary>
    private void ReachHandlers(Instruction at, FlowState state)
    {
        foreach (ExceptionHandler handler in _method.Body.ExceptionHandlers)
        {
            if (at.Offset < handler.TryStart.Offset || at.Offset >= handler.TryEnd.Offset) continue;
            FlowState entry = state.Clone();
            bool hasException = handler.HandlerType is ExceptionHandlerType.Catch or ExceptionHandlerType.Filter;
            entry.Stack = hasException ? [null] : [];
            if (handler.FilterStart != null) Reach(handler.FilterStart, entry.Clone());
            Reach(handler.HandlerStart, entry);
        }
    }

    private void Reach(Instruction at, FlowState state)
    {
        if (!_known.TryGetValue(at, out FlowState? known))
        {
            _known[at] = state.Clone();
            _leaders.Add(at);
        }
        else
        {
            FlowState joined = FlowState.Join(known, state);
            int visits = _visits[at] = _visits.GetValueOrDefault(at) + 1;
            if (visits > VisitsMax) joined.ForgetFacts();
            if (joined.SameAs(known)) return;
            _known[at] = joined;
        }
        _open.Add((at.Offset, at));
    }
}

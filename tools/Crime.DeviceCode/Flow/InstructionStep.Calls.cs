// Calls: of methods under check, by their summaries; of the library's, by what they do to arrays.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

internal sealed partial class InstructionStep
{
    /// <summary>Copies of more elements are followed by their end alone.</summary>
    private const int TrackedElementsMax = 256;

    private void Call(Instruction at, MethodReference called)
    {
        var arguments = new Value?[StackEffect.Pops(at, method)];
        for (int i = arguments.Length - 1; i >= 0; i--) arguments[i] = Pop();
        bool hasInstance = called.HasThis && at.OpCode.Code != Code.Newobj;
        for (int i = 0; i < arguments.Length; i++)
        {
            Use(arguments[i], at);
            int parameter = hasInstance ? i - 1 : i;
            PassAddress(at, arguments[i], parameter >= 0 && called.Parameters[parameter] is { IsOut: true });
        }
        bool isGetter = hasInstance && called.Name.StartsWith("get_", StringComparison.Ordinal);
        if (!isGetter) ForgetReadings(arguments);
        IReadOnlyList<MethodDefinition> targets = program.TargetsOf(called);
        Value? result = targets switch
        {
            [var own] when Accessor.Loads(own) is { } field && Site.IsFollowed(field.FieldType) => LoadField(field),
            [var own] when Accessor.Stores(own) is { } field && Site.IsFollowed(field.FieldType) => StoreField(field, arguments[^1]),
            [] => CallLibrary(at, called, arguments, hasInstance),
            _ => CallOwn(at, targets, arguments),
        };
        if (at.OpCode.Code == Code.Newobj) Push(null);
        else if (called.ReturnType.FullName != "System.Void") Push(result ?? (isGetter && arguments.Length == 1 ? Read(arguments[0], called.Name) : null));
    }

    private void ForgetReadings(Value?[] arguments)
    {
        foreach (Value? argument in arguments)
            if (argument is NumberValue { Number.Base: { } handed }) state.ForgetReadingsOf(handed);
    }

    private void PassAddress(Instruction at, Value? argument, bool isOut)
    {
        switch (argument)
        {
            case SlotAddress address:
                state.Store(address.Slot, null);
                break;
            case FieldAddress address:
                state.StoreField(address.Field, null);
                fields.Assigned.Add(address.Field);
                break;
            case ElementAddress address:
                if (!isOut) Use(ReadElement(at, address.Array, address.Index), at);
                if (address.Array.Single is { } array && address.Index is { } index) state.Set(array, index);
                break;
        }
    }

    private Value? CallOwn(Instruction at, IReadOnlyList<MethodDefinition> targets, Value?[] arguments)
    {
        bool makesObject = at.OpCode.Code == Code.Newobj;
        List<MethodSummary> summaries = targets.Select(program.SummaryOf).ToList();
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is not ArrayValue array) continue;
            int index = makesObject ? i + 1 : i;
            foreach (MethodDefinition target in targets) Pass(array, MethodFlow.ArgumentSite(program, target, index));
            if (array.Single is { } site && summaries.All(summary => summary.FilledArguments.Contains(index))) state.Fill(site);
        }
        if (!makesObject) CallOnFields(at, targets, summaries);
        CallOnReferences(at, targets, arguments, makesObject || !targets[0].HasThis ? 0 : 1);
        TypeReference returned = targets[0].ReturnType;
        if (!Site.IsFollowed(returned)) return null;
        Site result = program.Site(SiteKind.CallResult, (method, at), returned);
        state.Reset(result, ArrayFacts.None);
        foreach (MethodDefinition target in targets)
        {
            Site left = program.Site(SiteKind.Returned, target, returned);
            program.Unite(left, result);
            program.AddEdge(left, result);
        }
        return new ArrayValue(result);
    }

    /// <summary>Variables are as the called methods leave them.</summary>
    private void CallOnReferences(Instruction at, IReadOnlyList<MethodDefinition> targets, Value?[] arguments, int first)
    {
        for (int i = first; i < arguments.Length; i++)
        {
            if (arguments[i] is not SlotAddress { Slot: var slot }) continue;
            if (targets[0].Parameters[i - first].ParameterType is not ByReferenceType { ElementType: var type } || !Site.IsFollowed(type)) continue;
            Site site = program.Site(SiteKind.CallResult, (method, at, i), type);
            state.Reset(site, ArrayFacts.None);
            foreach (MethodDefinition target in targets)
            {
                Site left = ReferenceSite(program, target, i - first);
                program.Unite(left, site);
                program.AddEdge(left, site);
            }
            state.Store(slot, new ArrayValue(site));
        }
    }

    /// <summary>Fields are as the called methods leave them.</summary>
    private void CallOnFields(Instruction at, IReadOnlyList<MethodDefinition> targets, List<MethodSummary> summaries)
    {
        foreach (string field in summaries.SelectMany(summary => summary.AssignedFields).Distinct())
        {
            Site holder = program.FieldSite(field, null);
            Site after = program.Site(SiteKind.FieldAfterCall, (method, at, field), holder.Type);
            program.Unite(after, holder);
            state.Reset(after, summaries.All(summary => summary.FilledFields.Contains(field)) ? ArrayFacts.Full : ArrayFacts.None);
            foreach (MethodDefinition target in targets) program.AddEdge(program.Site(SiteKind.FieldAtExit, (target, holder), null), after);
            state.StoreField(field, new ArrayValue(after));
            state.Stored = state.Stored.Add((after, holder));
            fields.Touched.Add(field);
            fields.Assigned.Add(field);
        }
        foreach (string field in summaries[0].FilledFields.Where(field => summaries.All(summary => summary.FilledFields.Contains(field))))
        {
            fields.Touched.Add(field);
            if (state.LoadField(field) is ArrayValue { Single: { } site }) state.Fill(site);
        }
    }

    private Value? CallLibrary(Instruction at, MethodReference called, Value?[] arguments, bool hasInstance)
    {
        switch (called.DeclaringType.FullName, called.Name)
        {
            case ("System.Array", "Copy"):
                Copy(at, arguments);
                return null;
            case ("System.Array", "CopyTo") when arguments.Length == 3:
                Copy(at, arguments[0], new NumberValue(Number.Constant(0)), arguments[1], arguments[2], LengthOf(arguments[0]));
                return null;
            case ("System.Array", "Clear"):
                Clear(at, arguments[0]);
                return null;
            case ("System.Array", "CreateInstance") when arguments is [TypeValue type, var length]:
                return Create(at, new ArrayType(type.Type), (length as NumberValue)?.Number);
            case ("System.Array", "get_Length"):
                return LengthOf(arguments[0]);
            // A copy has the elements that the array has; the analysis takes it for the array itself.
            case ("System.Array", "Clone"):
                return arguments[0];
            case ("System.Array", "GetValue"):
                return arguments[0] is ArrayValue read ? ReadElement(at, read, (arguments[1] as NumberValue)?.Number) : null;
            case ("System.Array", "SetValue"):
                StoreElement(at, arguments[0], (arguments[2] as NumberValue)?.Number, arguments[1]);
                return null;
            case ("System.Type", "GetTypeFromHandle"):
                return arguments[0];
        }
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is not ArrayValue array) continue;
            if (ReadsElements(called, hasInstance ? i - 1 : i)) UseAll(at, array, called);
            // A collection copies all that it has; how much that is, is not known.
            else if (called.Name == "CopyTo" && array.Single is { } filled) state.Fill(filled);
        }
        return null;
    }

    /// <summary>Cleared elements are as they were before they were first set.</summary>
    private void Clear(Instruction at, Value? cleared)
    {
        if (cleared is not ArrayValue array) return;
        foreach (Site site in array.Sites)
        {
            state.Reset(site, ArrayFacts.None with { Length = state.FactsOf(site).Length });
            program.AddEdge(program.Site(SiteKind.Created, (method, at), site.Type), site);
        }
    }

    /// <summary>A method of the library that takes an array of strings or objects looks at the elements.</summary>
    private static bool ReadsElements(MethodReference called, int parameter) =>
        called.DeclaringType.FullName == "System.Array" || (parameter >= 0 && called.Parameters[parameter].ParameterType is ArrayType);

    private void UseAll(Instruction at, ArrayValue array, MethodReference called)
    {
        foreach (Site site in array.Sites.Where(site => !site.HoldsArrays && !state.FactsOf(site).IsFull))
            program.AddRead(new ElementRead(method, at, site, $"read by {called.DeclaringType.Name}.{called.Name}"));
    }

    private NumberValue? LengthOf(Value? array) => array is ArrayValue { Single: { } site } ? new NumberValue(state.LengthOf(site)) : null;

    private void Copy(Instruction at, Value?[] arguments)
    {
        Value zero = new NumberValue(Number.Constant(0));
        if (arguments is [var from, var to, var length]) Copy(at, from, zero, to, zero, length);
        else if (arguments is [var source, var sourceIndex, var target, var targetIndex, var count]) Copy(at, source, sourceIndex, target, targetIndex, count);
    }

    /// <summary>The elements that are copied have to be set before, and are set afterwards.</summary>
    private void Copy(Instruction at, Value? source, Value? sourceIndex, Value? target, Value? targetIndex, Value? count)
    {
        if (target is not ArrayValue { Sites: var targets } written) return;
        foreach (Site to in targets.Where(to => to.HoldsArrays))
            if (source is ArrayValue arrays)
                foreach (Site from in arrays.Sites) program.Unite(from, to);
        Number? length = (count as NumberValue)?.Number;
        if (source is ArrayValue { Sites: var sources })
            foreach (Site from in sources.Where(from => !from.HoldsArrays && !IsFilledSource(from, sourceIndex, length)))
                program.AddRead(new ElementRead(method, at, from, "copied by Array.Copy"));
        if (written.Single is not { } single || length is not { } end || targetIndex is not NumberValue { Number: var start }) return;
        if (end.IsConstant && start.IsConstant && !state.IsPrefix(single, start))
            for (int i = 0; i < end.Offset && i < TrackedElementsMax; i++) state.Set(single, start + i);
        else if (state.IsPrefix(single, start) && Total(start, end) is { } total) state.SetBelow(single, total);
    }

    private bool IsFilledSource(Site from, Value? sourceIndex, Number? length) =>
        state.FactsOf(from).IsFull
        || (length is { } end && sourceIndex is NumberValue { Number: var start } && Total(start, end) is { } total && state.IsPrefix(from, total));

    private static Number? Total(Number start, Number length) =>
        start.IsConstant ? length + start.Offset : length.IsConstant ? start + length.Offset : null;
}

// Fields that hold arrays, and elements.

using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

internal sealed partial class InstructionStep
{
    private bool RunField(Instruction at)
    {
        if (at.Operand is not FieldReference field) return false;
        bool isFollowed = Site.IsFollowed(field.FieldType);
        string name = field.FullName;
        switch (at.OpCode.Code)
        {
            case Code.Ldfld or Code.Ldsfld:
                Value? owner = at.OpCode.Code == Code.Ldfld ? Pop() : null;
                Use(owner, at);
                if (isFollowed) Push(LoadField(field));
                else Push(at.OpCode.Code == Code.Ldsfld || IsThis(owner) ? new NumberValue(new Number(new FieldNumber(name), 0)) : Read(owner, name));
                return true;
            case Code.Ldflda or Code.Ldsflda:
                if (at.OpCode.Code == Code.Ldflda) Use(Pop(), at);
                Push(isFollowed ? new FieldAddress(name) : null);
                if (!isFollowed) state.ForgetFieldNumber(name);
                return true;
            case Code.Stfld or Code.Stsfld:
                Value? value = Pop();
                Use(value, at);
                if (at.OpCode.Code == Code.Stfld) Use(Pop(), at);
                if (isFollowed)
                {
                    StoreField(field, value);
                    return true;
                }
                state.ForgetFieldNumber(name);
                state.ForgetReadings(name);
                if (method.HasThis) state.ForgetReadingsOf(new Slot(true, 0));
                return true;
            default:
                return false;
        }
    }

    /// <summary>What a field or a property of an object is, where the object is known.</summary>
    private static NumberValue? Read(Value? owner, string member) =>
        owner is NumberValue { Number: { Base: not null } number } ? new NumberValue(new Number(new Reading(number, member), 0)) : null;

    private bool IsThis(Value? value) => method.HasThis && value is NumberValue { Number: { Base: Slot { IsArgument: true, Index: 0 }, Offset: 0 } };

    private Value? LoadField(FieldReference field)
    {
        program.FieldSite(field.FullName, field.FieldType);
        fields.Touched.Add(field.FullName);
        Value? value = state.LoadField(field.FullName);
        foreach (Site site in (value as ArrayValue)?.Sites ?? []) state.Notice(site);
        return value;
    }

    private Value? StoreField(FieldReference field, Value? value)
    {
        Site holder = program.FieldSite(field.FullName, field.FieldType);
        fields.Touched.Add(field.FullName);
        fields.Assigned.Add(field.FullName);
        state.StoreField(field.FullName, value);
        Keep(value, holder);
        return null;
    }

    /// <summary>An array is stored where other methods find it.</summary>
    private void Keep(Value? value, Site holder)
    {
        if (value is not ArrayValue array) return;
        foreach (Site site in array.Sites)
        {
            program.Unite(site, holder);
            if (site != holder) state.Stored = state.Stored.Add((site, holder));
        }
    }

    /// <summary>An array is handed to other code now, as it is.</summary>
    private void Pass(ArrayValue array, Site to)
    {
        foreach (Site site in array.Sites)
        {
            program.Unite(site, to);
            if (!state.FactsOf(site).IsFull) program.AddEdge(site, to);
        }
    }

    private bool RunArray(Instruction at)
    {
        switch (at.OpCode.Code)
        {
            case Code.Newarr:
                Number? length = PopNumber(at);
                Push(Create(at, new ArrayType((TypeReference)at.Operand), length));
                return true;
            case Code.Ldlen:
                Value? measured = Pop();
                Use(measured, at);
                Push(measured is ArrayValue { Single: { } array } ? new NumberValue(state.LengthOf(array)) : Read(measured, "Length"));
                return true;
            case Code.Ldelem_Ref or Code.Ldelem_Any:
                LoadElement(at);
                return true;
            case Code.Stelem_Ref or Code.Stelem_Any:
                Value? stored = Pop();
                Number? index = PopNumber(at);
                StoreElement(at, Pop(), index, stored);
                return true;
            case Code.Ldelema:
                Number? place = PopNumber(at);
                Push(Pop() is ArrayValue addressed ? new ElementAddress(addressed, place) : null);
                return true;
            case Code.Ldind_Ref:
                Push(Pop() switch
                {
                    ElementAddress from => ReadElement(at, from.Array, from.Index),
                    { } address when FollowedReference(address) is { } reference => state.LoadField(KeyOf(reference)),
                    _ => null,
                });
                return true;
            case Code.Stind_Ref:
                StoreIndirect(at);
                return true;
            default:
                return false;
        }
    }

    private void StoreIndirect(Instruction at)
    {
        Value? value = Pop(), address = Pop();
        if (address is ElementAddress to)
        {
            StoreElement(at, to.Array, to.Index, value);
            return;
        }
        Use(value, at);
        if (FollowedReference(address) is not { } reference) return;
        state.StoreField(KeyOf(reference), value);
        Keep(value, ReferenceSite(program, method, reference.Index));
    }

    /// <summary>The argument that an address is, where it is a reference to an array that is followed.</summary>
    private ParameterDefinition? FollowedReference(Value? address)
    {
        if (address is not NumberValue { Number: { Base: Slot { IsArgument: true } slot, Offset: 0 } }) return null;
        int index = slot.Index - (method.HasThis ? 1 : 0);
        if (index < 0 || method.Parameters[index].ParameterType is not ByReferenceType { ElementType: var type }) return null;
        return Site.IsFollowed(type) ? method.Parameters[index] : null;
    }

    /// <summary>What a reference refers to is kept as a field is.</summary>
    private static string KeyOf(ParameterDefinition reference) => "&" + reference.Index;

    /// <summary>The arrays that a method stores through an argument.</summary>
    private static Site ReferenceSite(ProgramFlow program, MethodDefinition method, int parameter) =>
        program.Site(SiteKind.Returned, (method, parameter), (method.Parameters[parameter].ParameterType as ByReferenceType)?.ElementType);

    private ArrayValue? Create(Instruction at, ArrayType type, Number? length)
    {
        if (!Site.IsFollowed(type)) return null;
        Site site = program.Site(SiteKind.Created, (method, at), type);
        state.Reset(site, ArrayFacts.None with { Length = length, IsFull = length == Number.Constant(0) });
        return new ArrayValue(site);
    }

    private void LoadElement(Instruction at)
    {
        Number? index = PopNumber(at);
        Value? array = Pop();
        Use(array, at);
        Push(array is ArrayValue known ? ReadElement(at, known, index) : null);
    }

    private Value? ReadElement(Instruction at, ArrayValue array, Number? index)
    {
        if (array.Sites.Any(site => site.HoldsText) || array.Sites.Any(site => site.ElementType == null))
        {
            var unset = array.Sites.Where(site => !site.HoldsArrays && !state.IsSet(site, index)).ToList();
            return unset.Count == 0 ? null : new ElementValue(at, array.Single != null ? array : new ArrayValue(unset, isExact: false), index);
        }
        if (array.Single is { } owner && index is { } number)
        {
            if (state.Element(owner, number) is { } known) return known;
            ArrayValue loaded = Loaded(at, array);
            state.RememberElement(owner, number, loaded);
            return loaded;
        }
        return Loaded(at, array);
    }

    /// <summary>An array out of an array of arrays.</summary>
    private ArrayValue Loaded(Instruction at, ArrayValue array)
    {
        Site loaded = program.Site(SiteKind.LoadedElement, (method, at), array.Sites[0].ElementType);
        state.Reset(loaded, ArrayFacts.None);
        foreach (Site owner in array.Sites)
        {
            program.AddEdge(program.ElementsOf(owner), loaded);
            program.Unite(loaded, program.ElementsOf(owner));
        }
        return new ArrayValue(loaded);
    }

    private void StoreElement(Instruction at, Value? array, Number? index, Value? value)
    {
        Use(array, at);
        Use(value, at);
        if (array is not ArrayValue { Sites: var sites } known) return;
        if (sites.Any(site => site.HoldsArrays))
        {
            foreach (Site owner in sites) Keep(value, program.ElementsOf(owner));
            if (known.Single is { } single && index is { } place) state.StoreElement(single, place, value as ArrayValue);
        }
        else if (known.Single is { } single && index is { } place && value is not ElementValue)
        {
            state.Set(single, place);
        }
    }
}

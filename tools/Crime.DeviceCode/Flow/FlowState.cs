// What is known before an instruction executes.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace Crime.DeviceCode.Flow;

/// <summary>
/// The state of the flow analysis at one place of a method. Facts about elements are certain: they hold on every way to the place. Sources of arrays
/// are possible: they are there on some way.
/// </summary>
internal sealed class FlowState
{
    private ImmutableDictionary<Slot, Value> _slots = ImmutableDictionary<Slot, Value>.Empty;
    private ImmutableDictionary<string, Value?> _fields = ImmutableDictionary<string, Value?>.Empty;
    private ImmutableDictionary<Site, ArrayFacts> _arrays = ImmutableDictionary<Site, ArrayFacts>.Empty;
    private ImmutableDictionary<(Site Array, Number Index), Value> _elements = ImmutableDictionary<(Site Array, Number Index), Value>.Empty;
    private ImmutableHashSet<(Number Low, Number High)> _less = [];

    /// <summary>Returns what a field holds when the method begins.</summary>
    public required Func<string, Value> FieldOnEntry { get; init; }

    /// <summary>The stack of the method, the newest value last.</summary>
    public ImmutableList<Value?> Stack { get; set; } = [];

    /// <summary>Arrays that were stored where other methods find them, and where: judged when the method ends.</summary>
    public ImmutableHashSet<(Site Stored, Site Holder)> Stored { get; set; } = [];

    public IEnumerable<string> AssignedFields => _fields.Keys;

    public FlowState Clone() => (FlowState)MemberwiseClone();

    public bool SameAs(FlowState other) =>
        Stack.SequenceEqual(other.Stack) && Same(_slots, other._slots) && Same(_fields, other._fields) && Same(_arrays, other._arrays)
        && Same(_elements, other._elements) && _less.SetEquals(other._less) && Stored.SetEquals(other.Stored);

    /// <summary>Returns the value of a variable; a variable of unknown value stands for itself.</summary>
    public Value Load(Slot slot) => _slots.GetValueOrDefault(slot) ?? new NumberValue(new Number(slot, 0));

    /// <summary>Returns the value of a variable where it is known.</summary>
    public Value? Peek(Slot slot) => _slots.GetValueOrDefault(slot);

    public void Store(Slot slot, Value? value)
    {
        if (value is NumberValue { Number: var number } && Equals(number.Base, slot))
        {
            Rewrite(found => Equals(found.Base, slot) ? found + -number.Offset : found);
            return;
        }
        Forget(slot);
        _slots = value == null ? _slots.Remove(slot) : _slots.SetItem(slot, value);
    }

    public Value? LoadField(string field) => _fields.TryGetValue(field, out Value? value) ? value : FieldOnEntry(field);

    public void StoreField(string field, Value? value) => _fields = _fields.SetItem(field, value);

    public void ForgetFieldNumber(string field) => Forget(new FieldNumber(field));

    /// <summary>An object may have changed: what was read from it no longer holds.</summary>
    public void ForgetReadingsOf(object numberBase) => Rewrite(found => !Equals(found.Base, numberBase) && Reading.DependsOn(found.Base, numberBase) ? null : found);

    /// <summary>A field was assigned in some object.</summary>
    public void ForgetReadings(string member) => Rewrite(found => found.Base is Reading reading && reading.Member == member ? null : found);

    public ArrayFacts FactsOf(Site array) => _arrays.GetValueOrDefault(array) ?? ArrayFacts.None;

    /// <summary>An array is new, or no longer what it was.</summary>
    public void Reset(Site array, ArrayFacts facts)
    {
        Forget(new LengthOf(array));
        foreach (var key in _elements.Keys.Where(key => key.Array == array)) _elements = _elements.Remove(key);
        _arrays = _arrays.SetItem(array, facts);
    }

    /// <summary>An array that the method did not make is in use: what branches say about it counts from here.</summary>
    public void Notice(Site array)
    {
        if (!_arrays.ContainsKey(array)) _arrays = _arrays.SetItem(array, ArrayFacts.None);
    }

    public void Fill(Site array) => _arrays = _arrays.SetItem(array, FactsOf(array) with { IsFull = true });

    /// <summary>An element has been set.</summary>
    public void Set(Site array, Number index)
    {
        ArrayFacts facts = FactsOf(array);
        bool extends = IsPrefix(array, index);
        facts = facts with { Set = facts.Set.Add(index), Prefixes = extends ? facts.Prefixes.Add(index + 1) : facts.Prefixes };
        _arrays = _arrays.SetItem(array, facts);
        CloseIfFull(array);
    }

    /// <summary>All elements below an index have been set.</summary>
    public void SetBelow(Site array, Number index)
    {
        ArrayFacts facts = FactsOf(array);
        _arrays = _arrays.SetItem(array, facts with { Prefixes = facts.Prefixes.Add(index) });
        CloseIfFull(array);
    }

    public Number LengthOf(Site array) => FactsOf(array).Length ?? new Number(new LengthOf(array), 0);

    public Value? Element(Site array, Number index) => _elements.GetValueOrDefault((array, Resolve(index)));

    public void StoreElement(Site array, Number index, Value? value)
    {
        // A variable index may be any other: what is known of that element may be out of date.
        foreach (var key in _elements.Keys.Where(key => key.Array == array && !(key.Index.IsConstant && Resolve(index).IsConstant)))
            _elements = _elements.Remove(key);
        _elements = _elements.Remove((array, Resolve(index)));
        if (value != null) RememberElement(array, index, value);
    }

    public void RememberElement(Site array, Number index, Value value) => _elements = _elements.SetItem((array, Resolve(index)), value);

    /// <summary>Returns whether all elements below an index have been set for certain.</summary>
    public bool IsPrefix(Site array, Number index)
    {
        ArrayFacts facts = FactsOf(array);
        if (facts.IsFull) return true;
        Number end = Resolve(index);
        if (end.IsConstant && facts.ConstantPrefix >= end.Offset) return true;
        return facts.Prefixes.Any(known => IsAtMost(index, known) || IsAtMost(end, Resolve(known)));
    }

    /// <summary>Returns whether an element has been set for certain.</summary>
    public bool IsSet(Site array, Number? index)
    {
        ArrayFacts facts = FactsOf(array);
        if (facts.IsFull) return true;
        if (index is not { } number) return false;
        Number at = Resolve(number);
        if (facts.Set.Any(known => known == number || Resolve(known) == at) || IsPrefix(array, number + 1)) return true;
        return _less.Any(bound => (bound.Low == number || bound.Low == at) && IsPrefix(array, bound.High));
    }

    /// <summary>One number is known to be less than another.</summary>
    public void AssumeLess(Number low, Number high) => _less = _less.Add((low, high));

    /// <summary>One number is known to be at least another.</summary>
    public void AssumeAtLeast(Number high, Number low)
    {
        foreach (Site array in _arrays.Keys.ToList())
            if (IsPrefix(array, high)) SetBelow(array, low);
    }

    /// <summary>A value is known not to be null.</summary>
    public void AssumeSet(ElementValue value)
    {
        if (value is { Array.Single: { } array, Index: { } index }) Set(array, index);
        Stack = Stack.ConvertAll(found => Equals(found, value) ? null : found);
        foreach (var (slot, found) in _slots)
            if (Equals(found, value)) _slots = _slots.Remove(slot);
    }

    /// <summary>Keeps only what does not grow: for loops that would not come to rest.</summary>
    public void ForgetFacts()
    {
        _arrays = _arrays.ToImmutableDictionary(pair => pair.Key, _ => ArrayFacts.None);
        _less = [];
        _elements = _elements.Clear();
    }

    /// <summary>Returns what holds where the ways from two places meet.</summary>
    public static FlowState Join(FlowState left, FlowState right)
    {
        var joined = new FlowState { FieldOnEntry = left.FieldOnEntry, Stored = left.Stored.Union(right.Stored) };
        int depth = Math.Min(left.Stack.Count, right.Stack.Count);
        for (int i = 0; i < depth; i++) joined.Stack = joined.Stack.Add(Value.Join(left.Stack[i], right.Stack[i]));
        foreach (Slot slot in left._slots.Keys.Union(right._slots.Keys))
            if (Value.Join(left.Peek(slot), right.Peek(slot)) is { } value) joined._slots = joined._slots.SetItem(slot, value);
        foreach (string field in left._fields.Keys.Union(right._fields.Keys))
            joined._fields = joined._fields.SetItem(field, Value.Join(left.LoadField(field), right.LoadField(field)));
        joined._less = left._less.Intersect(right._less);
        foreach (var (array, index) in left._elements.Keys.Union(right._elements.Keys))
            if (left.Element(array, index) is { } value && Equals(value, right.Element(array, index))) joined._elements = joined._elements.SetItem((array, index), value);
        foreach (Site array in left._arrays.Keys.Union(right._arrays.Keys)) joined._arrays = joined._arrays.SetItem(array, JoinFacts(array, left, right, joined));
        return joined;
    }

    private static ArrayFacts JoinFacts(Site array, FlowState left, FlowState right, FlowState joined)
    {
        ArrayFacts? first = left._arrays.GetValueOrDefault(array), second = right._arrays.GetValueOrDefault(array);
        if (array.IsFresh && (first ?? second) is { } only && (first == null || second == null)) return only;
        first ??= ArrayFacts.None;
        second ??= ArrayFacts.None;
        if (first.Equals(second)) return first;
        var candidates = first.Prefixes.Union(second.Prefixes).ToHashSet();
        // A variable that was a constant on one way and is another number now: the elements below it may have been set on both ways.
        foreach (Slot slot in left._slots.Keys.Union(right._slots.Keys).Where(slot => joined.Peek(slot) is null)) candidates.Add(new Number(slot, 0));
        foreach (int count in new[] { first.ConstantPrefix, second.ConstantPrefix }) candidates.Add(Number.Constant(count));
        var prefixes = candidates.Where(end => left.IsPrefix(array, end) && right.IsPrefix(array, end) && end != Number.Constant(0)).ToList();
        // Only the furthest number of a variable and only elements beyond it: otherwise a loop would add to the facts without end.
        var furthest = prefixes.Where(end => !prefixes.Any(other => other != end && IsAtMost(end, other))).ToImmutableHashSet();
        var set = first.Set.Union(second.Set).Where(index => left.IsSet(array, index) && right.IsSet(array, index))
            .Where(index => !furthest.Any(end => IsAtMost(index + 1, end)));
        return new ArrayFacts(first.IsFull && second.IsFull, first.Length == second.Length ? first.Length : null, set.ToImmutableHashSet(), furthest);
    }

    /// <summary>A variable's number in terms of what the variable holds.</summary>
    private Number Resolve(Number number) =>
        number.Base is Slot slot && _slots.GetValueOrDefault(slot) is NumberValue { Number: var known } && !Equals(known.Base, slot) ? known + number.Offset : number;

    private static bool IsAtMost(Number low, Number high) => Equals(low.Base, high.Base) && low.Offset <= high.Offset;

    private void CloseIfFull(Site array)
    {
        ArrayFacts facts = FactsOf(array);
        if (facts.IsFull) return;
        if (IsPrefix(array, new Number(new LengthOf(array), 0)) || (facts.Length is { } length && IsPrefix(array, length))) Fill(array);
    }

    private void Forget(object numberBase) => Rewrite(found => Reading.DependsOn(found.Base, numberBase) ? null : found);

    /// <summary>Replaces or removes numbers everywhere.</summary>
    private void Rewrite(Func<Number, Number?> change)
    {
        Stack = Stack.ConvertAll(value => Changed(value, change));
        foreach (var (slot, value) in _slots)
        {
            Value? changed = Changed(value, change);
            if (!Equals(changed, value)) _slots = changed == null ? _slots.Remove(slot) : _slots.SetItem(slot, changed);
        }
        foreach (var (array, facts) in _arrays)
        {
            _arrays = _arrays.SetItem(array, facts with
            {
                Length = facts.Length is { } length ? change(length) : null,
                Set = Changed(facts.Set, change),
                Prefixes = Changed(facts.Prefixes, change),
            });
        }
        _less = _less.Select(pair => (Low: change(pair.Low), High: change(pair.High))).Where(pair => pair.Low != null && pair.High != null)
            .Select(pair => (pair.Low!.Value, pair.High!.Value)).ToImmutableHashSet();
        foreach (var (key, value) in _elements)
        {
            Number? index = change(key.Index);
            if (index == key.Index) continue;
            _elements = _elements.Remove(key);
            if (index is { } moved) _elements = _elements.SetItem((key.Array, moved), value);
        }
    }

    private static ImmutableHashSet<Number> Changed(ImmutableHashSet<Number> numbers, Func<Number, Number?> change) =>
        numbers.Select(change).Where(number => number != null).Select(number => number!.Value).ToImmutableHashSet();

    private static Value? Changed(Value? value, Func<Number, Number?> change) => value switch
    {
        NumberValue { Number: var number } => change(number) is { } changed ? new NumberValue(changed) : null,
        ElementValue element => element with { Index = element.Index is { } index ? change(index) : null },
        ElementAddress address => address with { Index = address.Index is { } index ? change(index) : null },
        _ => value,
    };

    private static bool Same<TKey, TValue>(ImmutableDictionary<TKey, TValue> left, ImmutableDictionary<TKey, TValue> right)
        where TKey : notnull =>
        ReferenceEquals(left, right) || (left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out TValue? value) && Equals(pair.Value, value)));
}

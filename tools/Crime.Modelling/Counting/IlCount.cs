// Executed instructions.

using System;
using System.Collections.Generic;

namespace Crime.Modelling.Counting;

/// <summary>How many instructions executed, and which.</summary>
public sealed class IlCount
{
    private readonly SortedDictionary<string, long> _byOpCode = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _byOperation = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _byMethod = new(StringComparer.Ordinal);

    /// <summary>All instructions; a call into a library counts as one.</summary>
    public long Total { get; private set; }

    /// <summary>By name of the opcode, as in "ldelem.i2".</summary>
    public IReadOnlyDictionary<string, long> ByOpCode => _byOpCode;

    /// <summary>By class of cost: <see cref="Operation"/>.</summary>
    public IReadOnlyDictionary<string, long> ByOperation => _byOperation;

    /// <summary>By method, its class and namespace in front.</summary>
    public IReadOnlyDictionary<string, long> ByMethod => _byMethod;

    /// <summary>Adds another count.</summary>
    public void Add(IlCount other)
    {
        foreach (var (name, times) in other._byOpCode) _byOpCode[name] = _byOpCode.GetValueOrDefault(name) + times;
        foreach (var (name, times) in other._byOperation) _byOperation[name] = _byOperation.GetValueOrDefault(name) + times;
        foreach (var (name, times) in other._byMethod) _byMethod[name] = _byMethod.GetValueOrDefault(name) + times;
        Total += other.Total;
    }

    /// <summary>What this count has more than another.</summary>
    public IlCount Less(IlCount other)
    {
        var difference = new IlCount();
        difference.Add(this);
        foreach (var (name, times) in other._byOpCode) difference._byOpCode[name] = difference._byOpCode.GetValueOrDefault(name) - times;
        foreach (var (name, times) in other._byOperation) difference._byOperation[name] = difference._byOperation.GetValueOrDefault(name) - times;
        foreach (var (name, times) in other._byMethod) difference._byMethod[name] = difference._byMethod.GetValueOrDefault(name) - times;
        difference.Total -= other.Total;
        return difference;
    }

    /// <summary>Adds a block that executed some times. A no-operation is none: a release build has none.</summary>
    internal void Add(CountedBlock block, long times)
    {
        if (times == 0) return;
        foreach (string? operation in block.Operations)
            if (operation != null) _byOperation[operation] = _byOperation.GetValueOrDefault(operation) + times;
        foreach (string name in block.OpCodes)
        {
            if (name == "nop") continue;
            _byOpCode[name] = _byOpCode.GetValueOrDefault(name) + times;
            _byMethod[block.Method] = _byMethod.GetValueOrDefault(block.Method) + times;
            Total += times;
        }
    }
}

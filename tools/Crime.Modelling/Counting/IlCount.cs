// Executed instructions.

using System;
using System.Collections.Generic;

namespace Crime.Modelling.Counting;

/// <summary>How many instructions executed, and which.</summary>
public sealed class IlCount
{
    private readonly SortedDictionary<string, long> _byOpCode = new(StringComparer.Ordinal);

    /// <summary>All instructions; a call into a library counts as one.</summary>
    public long Total { get; private set; }

    /// <summary>Those in loops within loops: the multiply-accumulates of a kernel that loops over units and columns.</summary>
    public long InnermostLoops { get; private set; }

    /// <summary>By name of the opcode, as in "ldelem.i2".</summary>
    public IReadOnlyDictionary<string, long> ByOpCode => _byOpCode;

    /// <summary>Adds another count.</summary>
    public void Add(IlCount other)
    {
        foreach (var (name, times) in other._byOpCode) _byOpCode[name] = _byOpCode.GetValueOrDefault(name) + times;
        Total += other.Total;
        InnermostLoops += other.InnermostLoops;
    }

    /// <summary>Adds a block that executed some times. A no-operation is none: a release build has none.</summary>
    internal void Add(CountedBlock block, long times)
    {
        if (times == 0) return;
        foreach (string name in block.OpCodes)
        {
            if (name == "nop") continue;
            _byOpCode[name] = _byOpCode.GetValueOrDefault(name) + times;
            Total += times;
            if (block.IsInnermost) InnermostLoops += times;
        }
    }
}

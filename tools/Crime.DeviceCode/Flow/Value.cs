// Values of the flow analysis. Null stands for a value about which nothing is known; it is never the reason of a finding.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

/// <summary>What is known of a value on the stack, in a variable or in a field.</summary>
internal abstract record Value
{
    /// <summary>Returns what is known where one of two values is there.</summary>
    public static Value? Join(Value? left, Value? right)
    {
        if (Equals(left, right)) return left;
        if (left is ElementValue || right is ElementValue) return First(left as ElementValue, right as ElementValue);
        if (left is ArrayValue || right is ArrayValue)
        {
            if (left is NullValue) return right;
            if (right is NullValue) return left;
            return new ArrayValue(SitesOf(left).Union(SitesOf(right)), IsExact(left) && IsExact(right));
        }
        return null;
    }

    private static ElementValue? First(ElementValue? left, ElementValue? right) =>
        left == null || (right != null && right.At.Offset < left.At.Offset) ? right : left;

    private static IReadOnlyList<Site> SitesOf(Value? value) => (value as ArrayValue)?.Sites ?? [];

    private static bool IsExact(Value? value) => value is ArrayValue { IsExact: true };
}

/// <summary>The literal null.</summary>
internal sealed record NullValue : Value;

/// <summary>A known number.</summary>
internal sealed record NumberValue(Number Number) : Value;

/// <summary>A type, from <c>typeof</c>.</summary>
internal sealed record TypeValue(Mono.Cecil.TypeReference Type) : Value;

/// <summary>The address of a local variable or an argument.</summary>
internal sealed record SlotAddress(Slot Slot) : Value;

/// <summary>The address of a field that holds an array.</summary>
internal sealed record FieldAddress(string Field) : Value;

/// <summary>An array of strings, or of such arrays.</summary>
internal sealed record ArrayValue : Value
{
    public ArrayValue(IEnumerable<Site> sites, bool isExact)
    {
        Sites = sites.Distinct().OrderBy(site => site.Id).ToArray();
        IsExact = isExact;
    }

    public ArrayValue(Site site) : this([site], isExact: true)
    {
    }

    /// <summary>Where it may come from.</summary>
    public Site[] Sites { get; }

    /// <summary>It comes from nowhere else.</summary>
    public bool IsExact { get; }

    /// <summary>The only place that it can come from; null where there are several.</summary>
    public Site? Single => IsExact && Sites.Length == 1 ? Sites[0] : null;

    public bool Equals(ArrayValue? other) => other != null && IsExact == other.IsExact && Sites.AsSpan().SequenceEqual(other.Sites);

    public override int GetHashCode() => Sites.Aggregate(IsExact ? 1 : 0, HashCode.Combine);
}

/// <summary>An element of an array of strings that may not have been set.</summary>
/// <param name="At">Where it was read.</param>
/// <param name="Array">The array.</param>
/// <param name="Index">The element's index; null where it is not known.</param>
internal sealed record ElementValue(Instruction At, ArrayValue Array, Number? Index) : Value;

/// <summary>The address of an element.</summary>
/// <param name="Array">The array.</param>
/// <param name="Index">The element's index; null where it is not known.</param>
internal sealed record ElementAddress(ArrayValue Array, Number? Index) : Value;

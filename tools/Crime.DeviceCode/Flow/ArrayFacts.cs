// Which elements of an array have been set for certain.

using System.Collections.Immutable;
using System.Linq;

namespace Crime.DeviceCode.Flow;

/// <summary>Facts about the elements of one array.</summary>
/// <param name="IsFull">Every element has been set.</param>
/// <param name="Length">The array's length, where the code gave it.</param>
/// <param name="Set">Indices of elements that have been set.</param>
/// <param name="Prefixes">Numbers n for which all elements below n have been set.</param>
internal sealed record ArrayFacts(bool IsFull, Number? Length, ImmutableHashSet<Number> Set, ImmutableHashSet<Number> Prefixes)
{
    /// <summary>Nothing is known of the elements.</summary>
    public static ArrayFacts None { get; } = new(false, null, [], []);

    public static ArrayFacts Full { get; } = None with { IsFull = true };

    /// <summary>Number of leading elements that have been set, as far as constants tell.</summary>
    public int ConstantPrefix
    {
        get
        {
            int count = Prefixes.Where(number => number.IsConstant).Select(number => number.Offset).Append(0).Max();
            while (Set.Contains(Number.Constant(count))) count++;
            return count;
        }
    }

    public bool Equals(ArrayFacts? other) => other != null && IsFull == other.IsFull && Length == other.Length
        && Set.SetEquals(other.Set) && Prefixes.SetEquals(other.Prefixes);

    public override int GetHashCode() => (IsFull, Length, Set.Count, Prefixes.Count).GetHashCode();
}

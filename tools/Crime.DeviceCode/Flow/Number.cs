// Numbers that the flow analysis knows: constants, and sums of a variable and a constant.

namespace Crime.DeviceCode.Flow;

/// <summary>A number, exactly: the value of a variable, or nothing, plus a constant.</summary>
/// <param name="Base">A <see cref="Slot"/>, <see cref="LengthOf"/>, <see cref="FieldNumber"/> or <see cref="Reading"/>; null for a constant.</param>
/// <param name="Offset">What is added to it.</param>
internal readonly record struct Number(object? Base, int Offset)
{
    public bool IsConstant => Base == null;

    public static Number Constant(int value) => new(null, value);

    public static Number operator +(Number number, int offset) => number with { Offset = unchecked(number.Offset + offset) };
}

/// <summary>A local variable or an argument of the method under analysis.</summary>
internal sealed record Slot(bool IsArgument, int Index);

/// <summary>The length of an array.</summary>
internal sealed record LengthOf(Site Array);

/// <summary>The value of a field of the method's own object, or of a static one.</summary>
internal sealed record FieldNumber(string Field);

/// <summary>The value of a field or a property of an object, as in <c>list.Count</c>. It holds until the object is handed to other code.</summary>
internal sealed record Reading(Number Of, string Member)
{
    /// <summary>Returns whether a number is, or is read from, a variable or an object.</summary>
    public static bool DependsOn(object? number, object from) => Equals(number, from) || (number is Reading reading && DependsOn(reading.Of.Base, from));
}

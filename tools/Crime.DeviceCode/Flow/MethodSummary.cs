// What a call of a method means for its caller.

using System.Collections.Generic;
using System.Collections.Immutable;

namespace Crime.DeviceCode.Flow;

/// <summary>Effects of a method on arrays.</summary>
/// <param name="FilledArguments">Arguments whose arrays have all elements set when the method returns; the instance is argument 0.</param>
/// <param name="FilledFields">Fields whose arrays have all elements set when the method returns.</param>
/// <param name="AssignedFields">Fields that the method may assign an array to.</param>
internal sealed record MethodSummary(ImmutableHashSet<int> FilledArguments, ImmutableHashSet<string> FilledFields, ImmutableHashSet<string> AssignedFields)
{
    public static MethodSummary None { get; } = new([], [], []);

    public bool Equals(MethodSummary? other) => other != null && FilledArguments.SetEquals(other.FilledArguments)
        && FilledFields.SetEquals(other.FilledFields) && AssignedFields.SetEquals(other.AssignedFields);

    public override int GetHashCode() => (FilledArguments.Count, FilledFields.Count, AssignedFields.Count).GetHashCode();
}

/// <summary>The fields with arrays that a method uses.</summary>
internal sealed class FieldUse
{
    /// <summary>Fields that the method, or one that it calls, reads or assigns.</summary>
    public HashSet<string> Touched { get; } = [];

    /// <summary>Fields that the method, or one that it calls, assigns.</summary>
    public HashSet<string> Assigned { get; } = [];
}

/// <summary>A use of elements that a device's CLR does otherwise than .NET when they were never set.</summary>
/// <param name="Method">Where it is.</param>
/// <param name="At">The instruction.</param>
/// <param name="Array">Where the array comes from.</param>
/// <param name="Use">What is done with the element, or with the array.</param>
internal sealed record ElementRead(Mono.Cecil.MethodDefinition Method, Mono.Cecil.Cil.Instruction At, Site Array, string Use);

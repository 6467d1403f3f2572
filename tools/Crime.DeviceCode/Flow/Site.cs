// Where arrays come from.

using Mono.Cecil;

namespace Crime.DeviceCode.Flow;

/// <summary>Kinds of sources of arrays.</summary>
internal enum SiteKind
{
    /// <summary>An instruction that makes an array.</summary>
    Created,

    /// <summary>An argument, as the method receives it.</summary>
    Argument,

    /// <summary>A field, as it is between two calls from outside.</summary>
    Field,

    /// <summary>What a method returns.</summary>
    Returned,

    /// <summary>The outcome of one call.</summary>
    CallResult,

    /// <summary>A field as a method leaves it.</summary>
    FieldAtExit,

    /// <summary>A field after one call.</summary>
    FieldAfterCall,

    /// <summary>Any element of an array of arrays.</summary>
    Element,

    /// <summary>An element as one instruction loads it.</summary>
    LoadedElement,
}

/// <summary>A source of arrays. Two sources are the same only where they are the same object.</summary>
/// <param name="id">Its number, for a stable order.</param>
/// <param name="kind">Its kind.</param>
/// <param name="type">The type of the arrays; null where it is not known.</param>
internal sealed class Site(int id, SiteKind kind, TypeReference? type)
{
    public int Id => id;

    public SiteKind Kind => kind;

    public TypeReference? Type => type;

    /// <summary>An array of this source is new whenever the source is reached: without a record of it there is no array.</summary>
    public bool IsFresh => kind is SiteKind.Created or SiteKind.CallResult or SiteKind.FieldAfterCall or SiteKind.LoadedElement;

    /// <summary>The elements are strings: only those differ from null on a device before they are set.</summary>
    public bool HoldsText => type is ArrayType { ElementType.FullName: "System.String" };

    public bool HoldsArrays => type is ArrayType { ElementType: ArrayType };

    public TypeReference? ElementType => (type as ArrayType)?.ElementType;

    /// <summary>Returns whether values of a type are followed: arrays of strings, at any depth.</summary>
    public static bool IsFollowed(TypeReference type) => type switch
    {
        ArrayType { Rank: 1 } array => array.ElementType.FullName == "System.String" || IsFollowed(array.ElementType),
        _ => false,
    };
}
